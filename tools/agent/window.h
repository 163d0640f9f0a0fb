/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The window, where state is exchanged with the driver. There is one in a process.
 *
 * The driver takes its pages away when a migration ends, also while a plugin is at them:
 * then the plugin goes on with pages that are nobody's, and what it does is forgotten.
 */
#ifndef VFMIG_AGENT_WINDOW_H
#define VFMIG_AGENT_WINDOW_H

#include <stdint.h>

/* Maps the one of a migration that begins, in the place of another. 0 or a negative errno. */
int window_open(int fd, uint64_t len);
void window_close(void);
/* So many bytes from there on, or NULL: they are not in the window. */
uint8_t *window_piece(uint64_t offset, uint64_t len);

#endif /* VFMIG_AGENT_WINDOW_H */
