// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which state may follow which, and the ordered steps that lead there.
 *
 * Pure: no device, no lock, no allocation. Compiled into tests as it stands.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/types.h>

#include "transition.h"

#define TO(state)	BIT(VFMIG_STATE_##state)

/*
 * Refused are a save turned directly into a load, and stop-and-copy back to
 * pre-copy: both would drop a half-read stream without a word. The way from
 * one to the other is through RUNNING or STOP. P2P lies on the way between
 * what runs and what does not, and has no other neighbours.
 */
static const u16 allowed[VFMIG_NR_STATES] = {
	[VFMIG_STATE_STOP]	= TO(STOP) | TO(RUNNING) | TO(STOP_COPY) |
				  TO(PRE_COPY) | TO(RESUMING) |
				  TO(RUNNING_P2P),
	[VFMIG_STATE_RUNNING]	= TO(STOP) | TO(RUNNING) | TO(STOP_COPY) |
				  TO(PRE_COPY) | TO(RESUMING) |
				  TO(RUNNING_P2P),
	[VFMIG_STATE_STOP_COPY]	= TO(STOP) | TO(RUNNING) | TO(STOP_COPY),
	[VFMIG_STATE_PRE_COPY]	= TO(STOP) | TO(RUNNING) | TO(STOP_COPY) |
				  TO(PRE_COPY) | TO(PRE_COPY_P2P),
	[VFMIG_STATE_RESUMING]	= TO(STOP) | TO(RUNNING) | TO(STOP_COPY) |
				  TO(PRE_COPY) | TO(RESUMING),
	/* Nothing leads out of ERROR but a reset. */
	[VFMIG_STATE_ERROR]	= 0,
	[VFMIG_STATE_RUNNING_P2P] = TO(RUNNING_P2P) | TO(RUNNING) | TO(STOP) |
				    TO(PRE_COPY_P2P),
	[VFMIG_STATE_PRE_COPY_P2P] = TO(PRE_COPY_P2P) | TO(PRE_COPY) |
				     TO(STOP_COPY) | TO(RUNNING_P2P),
};

static bool vfmig_arc_allowed(u32 from, u32 to)
{
	return from < VFMIG_NR_STATES && to < VFMIG_NR_STATES &&
	       allowed[from] & BIT(to);
}

/* It may start DMA and interrupts. */
static bool vfmig_state_runs(u32 state)
{
	return state & VFMIG_STATE_RUNNING && !(state & VFMIG_STATE_P2P);
}

/* Its state may change, if only because somebody writes to its registers. */
static bool vfmig_state_lives(u32 state)
{
	return state & VFMIG_STATE_RUNNING;
}

static bool vfmig_state_saves(u32 state)
{
	return state & VFMIG_STATE_STOP_COPY;
}

static void vfmig_plan_add(struct vfmig_plan *plan, enum vfmig_step step)
{
	plan->step[plan->nr++] = step;
}

/**
 * vfmig_plan_arc - the steps that lead from one state to another
 * @from: the state the device is in, any value
 * @to: the state asked for, any value
 * @plan: filled with the steps in their order; none where @from is @to
 *
 * Derived from what changes, so that it holds for any two states: the stream
 * in is left first (it must be whole, or by v1 empty), then the device stops, then
 * the stream out ends, starts or goes on to its last phase, then the stream in
 * starts, and last the device starts. Going from pre-copy to stop-and-copy is
 * always the last step of its arc, so that it never has to be undone.
 *
 * Return: 0, or -EINVAL where the table refuses the arc.
 */
int vfmig_plan_arc(u32 from, u32 to, struct vfmig_plan *plan)
{
	plan->nr = 0;
	if (!vfmig_arc_allowed(from, to))
		return -EINVAL;
	if (from == to)
		return 0;

	if (from == VFMIG_STATE_RESUMING)
		vfmig_plan_add(plan, VFMIG_STEP_LEAVE_RESUMING);

	if (vfmig_state_runs(from) && !vfmig_state_runs(to))
		vfmig_plan_add(plan, VFMIG_STEP_QUIESCE);
	if (vfmig_state_lives(from) && !vfmig_state_lives(to))
		vfmig_plan_add(plan, VFMIG_STEP_FREEZE);

	if (vfmig_state_saves(from) && !vfmig_state_saves(to))
		vfmig_plan_add(plan, VFMIG_STEP_END_SAVING);
	else if (to == VFMIG_STATE_STOP_COPY)
		vfmig_plan_add(plan, VFMIG_STEP_STOP_COPY);
	else if (vfmig_state_saves(to) && !vfmig_state_saves(from))
		vfmig_plan_add(plan, VFMIG_STEP_PRE_COPY);

	if (to == VFMIG_STATE_RESUMING)
		vfmig_plan_add(plan, VFMIG_STEP_RESUMING);

	if (!vfmig_state_lives(from) && vfmig_state_lives(to))
		vfmig_plan_add(plan, VFMIG_STEP_THAW);
	if (!vfmig_state_runs(from) && vfmig_state_runs(to))
		vfmig_plan_add(plan, VFMIG_STEP_RUN);
	return 0;
}

/**
 * vfmig_state_name - what a state is called
 * @state: which, any value
 *
 * Return: the name, static.
 */
const char *vfmig_state_name(enum vfmig_state state)
{
	switch (state) {
	case VFMIG_STATE_STOP:
		return "stop";
	case VFMIG_STATE_RUNNING:
		return "running";
	case VFMIG_STATE_STOP_COPY:
		return "stop-and-copy";
	case VFMIG_STATE_PRE_COPY:
		return "pre-copy";
	case VFMIG_STATE_RESUMING:
		return "resuming";
	case VFMIG_STATE_ERROR:
		return "error";
	case VFMIG_STATE_RUNNING_P2P:
		return "running-p2p";
	case VFMIG_STATE_PRE_COPY_P2P:
		return "pre-copy-p2p";
	case VFMIG_NR_STATES:
		break;
	}
	return "invalid";
}

/**
 * vfmig_step_name - what a step is called
 * @step: which
 *
 * Return: the name, static.
 */
const char *vfmig_step_name(enum vfmig_step step)
{
	static const char * const names[VFMIG_NR_STEPS] = {
		[VFMIG_STEP_LEAVE_RESUMING]	= "leave resuming",
		[VFMIG_STEP_QUIESCE]		= "quiesce",
		[VFMIG_STEP_FREEZE]		= "freeze",
		[VFMIG_STEP_END_SAVING]		= "end saving",
		[VFMIG_STEP_PRE_COPY]		= "start pre-copy",
		[VFMIG_STEP_STOP_COPY]		= "start stop-and-copy",
		[VFMIG_STEP_RESUMING]		= "start resuming",
		[VFMIG_STEP_THAW]		= "thaw",
		[VFMIG_STEP_RUN]		= "run",
	};

	return names[step];
}
