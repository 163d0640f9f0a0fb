/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_TRANSITION_H
#define VFMIG_TRANSITION_H

#include <linux/types.h>

/*
 * A state is what runs (the device, or nothing) and what flows (out, in, or
 * nothing). The values are those of the v1 device_state register, and one bit
 * that v1 has not: a device in P2P is quiesced but not frozen.
 */
#define VFMIG_STATE_P2P		0x8

enum vfmig_state {
	VFMIG_STATE_STOP	= 0,
	VFMIG_STATE_RUNNING	= 1,
	VFMIG_STATE_STOP_COPY	= 2,
	VFMIG_STATE_PRE_COPY	= 3,
	VFMIG_STATE_RESUMING	= 4,
	VFMIG_STATE_ERROR	= 6,
	VFMIG_STATE_RUNNING_P2P	= VFMIG_STATE_RUNNING | VFMIG_STATE_P2P,
	VFMIG_STATE_PRE_COPY_P2P = VFMIG_STATE_PRE_COPY | VFMIG_STATE_P2P,
	VFMIG_NR_STATES,
};

/* In the order in which an arc takes them. */
enum vfmig_step {
	VFMIG_STEP_LEAVE_RESUMING,
	VFMIG_STEP_QUIESCE,
	VFMIG_STEP_FREEZE,
	VFMIG_STEP_END_SAVING,
	VFMIG_STEP_PRE_COPY,
	VFMIG_STEP_STOP_COPY,
	VFMIG_STEP_RESUMING,
	VFMIG_STEP_THAW,
	VFMIG_STEP_RUN,
	VFMIG_NR_STEPS,
};

/* No arc needs more: three to fall and to save, or four to load and to run. */
#define VFMIG_PLAN_MAX	4

struct vfmig_plan {
	unsigned int nr;
	enum vfmig_step step[VFMIG_PLAN_MAX];
};

int vfmig_plan_arc(u32 from, u32 to, struct vfmig_plan *plan);
const char *vfmig_state_name(enum vfmig_state state);
const char *vfmig_step_name(enum vfmig_step step);

#endif /* VFMIG_TRANSITION_H */
