/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both protocols as ways to move a state, and tests of what both promise:
 *
 *	TEST_EACH(name, "the rule of both protocols")
 *	{
 *		way_go(by, &vf, TO_STOP);
 *	}
 *
 * is two tests, name_v1 and name_v2, of one body. What one of them alone has is a
 * TEST beside it.
 */
#ifndef VFMIG_WAYS_H
#define VFMIG_WAYS_H

#include <sys/types.h>

#include "tap.h"
#include "transfer.h"

/* The states that both have, and where a step that fails leaves the device. */
enum place {
	TO_STOP,
	TO_RUNNING,
	TO_STOP_COPY,
	TO_PRE_COPY,
	TO_RESUMING,
	IN_ERROR,
	/* On the way from RUNNING to STOP, or from PRE_COPY to STOP_COPY. */
	NOT_STOPPED,
	NOT_STOPPED_PRE_COPY,
	NR_PLACES,
};

/**
 * struct protocol - one way to move a state
 * @name: for messages, and as the core's debugfs calls it
 * @place: the states, in its own numbers
 * @step_failed: what setting a state fails with where a step of the backend does
 * @not_loaded: what leaving RESUMING fails with while the stream is not whole
 * @need_pre_copy: skips the test where there is none
 * @set: sets a state, by its own number
 * @get: the state, in its own numbers
 * @drain: reads all there is now to be said; 0, or the errno of what fails
 * @piece: reads the next piece of it; its bytes
 * @look: asks for the next piece and takes nothing
 * @left: how much is left to be said in pre-copy
 * @fill: writes a part of a stream; 0 or an errno
 * @expect_failed: a save that has failed says so as often as it is asked
 * @expect_ended: nothing can be read or written of the transfer that was
 */
struct protocol {
	const char *name;
	uint32_t place[NR_PLACES];
	int step_failed;
	int not_loaded;
	void (*need_pre_copy)(struct vf *vf);
	int (*set)(struct vf *vf, uint32_t state);
	uint32_t (*get)(struct vf *vf);
	int (*drain)(struct vf *vf, struct bytes *to);
	ssize_t (*piece)(struct vf *vf, struct bytes *to);
	void (*look)(struct vf *vf);
	uint64_t (*left)(struct vf *vf);
	int (*fill)(struct vf *vf, const void *from, size_t len);
	void (*expect_failed)(struct vf *vf, int err);
	void (*expect_ended)(struct vf *vf, const char *when);
};

enum { BY_V1, BY_V2, NR_WAYS };

extern const struct protocol ways[NR_WAYS];

#define TEST_EACH(fn, rule)						\
	static void fn(const struct protocol *by);			\
	static void fn##_v1(void)					\
	{								\
		fn(&ways[BY_V1]);					\
	}								\
	static void fn##_v2(void)					\
	{								\
		fn(&ways[BY_V2]);					\
	}								\
	static void __attribute__((constructor)) fn##_add(void)		\
	{								\
		tap_add(#fn "_v1", rule, fn##_v1);			\
		tap_add(#fn "_v2", rule, fn##_v2);			\
	}								\
	static void fn(const struct protocol *by)

/* The data fd that v2 has handed out last; as v2_begin() has it. */
int way_fd(void);

int way_try(const struct protocol *by, struct vf *vf, enum place to);
void way_go(const struct protocol *by, struct vf *vf, enum place to);
bool way_in(const struct protocol *by, struct vf *vf, enum place place);
void way_pre_copy(const struct protocol *by, struct vf *vf, struct bytes *to);
/* From RUNNING, from STOP or from pre-copy: all that is still to be said. */
void way_stop_copy(const struct protocol *by, struct vf *vf, struct bytes *to);
/* From RUNNING, and back. */
void way_save(const struct protocol *by, struct vf *vf, struct bytes *to);
/* From RUNNING to RESUMING, with the whole stream. */
void way_load(const struct protocol *by, struct vf *vf,
	      const struct bytes *from);
/* The device can still, or again, give its state away and take it back. */
void way_need_whole_transfer(const struct protocol *by);

/*
 * By both, paused first and stopped in one go: the same stream, of more bytes
 * than the state has. From RUNNING, and back.
 */
void expect_said_alike(struct vf *vf, size_t state, const char *what);
/* Moves a state, and has it said again where it came to. */
void move_and_compare(struct vf *from, struct vf *to,
		      const struct protocol *out, const struct protocol *in,
		      const char *what);
/* The same by each to each. */
void move_all_ways(struct vf *from, struct vf *to, const char *what);

#endif /* VFMIG_WAYS_H */
