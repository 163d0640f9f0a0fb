/* SPDX-License-Identifier: GPL-2.0-only */
/* Becomes the agent of a function. */
#ifndef VFMIG_AGENT_ATTACH_H
#define VFMIG_AGENT_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct attached {
	int channel;
	/* -1: the channel itself is mapped. */
	int window_fd;
	uint64_t generation;
};

/* False: why has the reason. */
bool attach(const char *device, struct attached *attached, char *why, size_t len);

#endif /* VFMIG_AGENT_ATTACH_H */
