/* SPDX-License-Identifier: GPL-2.0-only */
/* What a plugin is called in the identity of a device. */
#ifndef VFMIG_AGENT_NAME_H
#define VFMIG_AGENT_NAME_H

#include <stdbool.h>
#include <linux/vfmig_agent.h>

/* Printable ASCII without a space, 1 to VFMIG_AGENT_NAME_LEN characters. */
bool name_is_right(const char *name);
/* Of a file, without its directory or ".so"; of a long one the beginning and a hash. */
void name_of_file(const char *path, char name[VFMIG_AGENT_NAME_LEN + 1]);

#endif /* VFMIG_AGENT_NAME_H */
