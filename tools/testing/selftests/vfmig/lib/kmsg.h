/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's log, from a moment on.
 */
#ifndef VFMIG_KMSG_H
#define VFMIG_KMSG_H

#include <stdbool.h>

int kmsg_from_now(void);
unsigned int kmsg_count(int fd, const char *words, const char *more);
bool kmsg_await(int fd, const char *words, const char *more);

#endif /* VFMIG_KMSG_H */
