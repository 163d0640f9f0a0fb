/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults that the kernel injects: an allocation finds no memory, a copy from or
 * to the user does not get through. One at a time, and in this thread only: at
 * the first place on a path where there can be one, at the second, and so on
 * until the path has no place left.
 *
 *	struct sweep sweep = SWEEP("reset", 100);
 *
 *	while (sweep_next(&sweep)) {
 *		sweep_arm(&sweep);
 *		ret = vf_reset(&vf);
 *		sweep_disarm(&sweep, ret);
 *		...
 *	}
 *	sweep_done(&sweep, 1);
 */
#ifndef VFMIG_FAULT_H
#define VFMIG_FAULT_H

#include <stdbool.h>

#include "transfer.h"

/**
 * struct sweep - one path, made to fail at each of its places
 * @path: which, for messages
 * @limit: more places than any kernel has on this path
 * @nth: the place of this turn
 * @injected: turns in which there was a fault
 * @felt: those of them in which the path failed; it went on without the rest
 * @calm: turns without a fault, in a row
 * @hit: there was a fault in this turn
 */
struct sweep {
	const char *path;
	unsigned int limit;
	unsigned int nth;
	unsigned int injected;
	unsigned int felt;
	unsigned int calm;
	bool hit;
};

/*
 * An allocation that others make in one turn and not in the next moves all places
 * behind it: what a sweep must meet is sought in so many.
 */
#define PASSES	3

#define SWEEP(path, limit) { path, limit, 0, 0, 0, 0, false }

void fault_need(void);
/*
 * For before_open() of what saves: several records, several pages, several chunks;
 * and for the stream the room that it needs, since there is none to be had later.
 */
void fault_prepare_save(struct bytes *room);
void fault_pages(bool wanting);
bool sweep_next(struct sweep *sweep);
void sweep_arm(const struct sweep *sweep);
void sweep_disarm(struct sweep *sweep, int ret);
void sweep_done(const struct sweep *sweep, unsigned int least);

/* No memory for this thread. Nothing may be asserted meanwhile. */
enum famine { FAMINE, FAMINE_BUT_PAGES };

void famine_begin(enum famine famine);
void famine_end(void);

/* An access that is tried once more where it fails; the first error is kept. */
int try_read(struct vf *vf, uint64_t at, void *buf, size_t len, int *err);
int try_write(struct vf *vf, uint64_t at, const void *buf, size_t len, int *err);
int try_state(struct vf *vf, uint32_t state, int *err);
int try_phase(struct vf *vf, struct bytes *to, int *err);

unsigned int mappings(void);

#endif /* VFMIG_FAULT_H */
