/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching that nobody waits for. The driver of a function may be on its way out and wait
 * for a VM: as long, it cannot be attached to, and other functions have agents as well.
 */
#ifndef VFMIG_AGENT_ATTACHING_H
#define VFMIG_AGENT_ATTACHING_H

#include "attach.h"
#include "status.h"

struct attaching {
	const char *device;
	/* Readable when it is done, and what is below is there. */
	int done;
	bool attached;
	struct attached as;
	char why[STATUS_WHY_LEN];
};

/* NULL: there is no memory. It is the caller's once it is done. */
struct attaching *attaching_start(const char *device);
void attaching_free(struct attaching *attaching);

#endif /* VFMIG_AGENT_ATTACHING_H */
