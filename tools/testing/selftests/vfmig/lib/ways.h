/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both protocols as ways to move a state.
 */
#ifndef VFMIG_WAYS_H
#define VFMIG_WAYS_H

#include "transfer.h"

/**
 * struct protocol - one way to move a state
 * @name: for messages
 * @stop: from RUNNING to STOP
 * @save: from STOP: the whole stream, and back in STOP
 * @load: from RUNNING: the whole stream, and then in STOP
 * @run: from STOP to RUNNING
 */
struct protocol {
	const char *name;
	void (*stop)(struct vf *vf);
	void (*save)(struct vf *vf, struct bytes *to);
	void (*load)(struct vf *vf, const struct bytes *from);
	void (*run)(struct vf *vf);
};

extern const struct protocol ways[];
extern const unsigned int nr_ways;

/* Moves a state, and has it said again where it came to. */
void move_and_compare(struct vf *from, struct vf *to,
		      const struct protocol *out, const struct protocol *in,
		      const char *what);

#endif /* VFMIG_WAYS_H */
