// SPDX-License-Identifier: GPL-2.0-only
/*
 * One arc, taken step by step.
 *
 * A step that fails is as if it had not been tried; the steps before it are
 * undone in reverse. Only where an undo fails too, the backend's own included
 * (-ENOTRECOVERABLE), does nobody know the device's state any more.
 *
 * All of this runs under the engine's lock.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>

#include "arc.h"
#include "backend.h"
#include "session.h"

/* What an arc has put aside, to be taken up again or freed for good. */
struct vfmig_arc {
	const struct vfmig_plan *plan;
	struct vfmig_window *window;
	struct vfmig_save *save;
	struct vfmig_load *load;
};

/* Under the engine's lock; looked at without. */
static void vfmig_session_over(struct vfmig_device *vm)
{
	WRITE_ONCE(vm->session, vm->session + 1);
	wake_up_all(&vm->wait);
}

/**
 * vfmig_end_session - whatever is under way is over
 * @vm: the device
 *
 * Context: under the engine lock.
 */
void vfmig_end_session(struct vfmig_device *vm)
{
	lockdep_assert_held(&vm->lock);
	vfmig_session_over(vm);
	vfmig_save_end(vm->save);
	vm->save = NULL;
	vfmig_load_end(vm->load);
	vm->load = NULL;
}

static int vfmig_leave_resuming(struct vfmig_device *vm, struct vfmig_arc *arc)
{
	if (!vfmig_load_may_leave(vm->load))
		return vfmig_fail(vm, -EINVAL,
				  "the device's data is incomplete or was refused, reset the device to abort");
	arc->load = vm->load;
	vm->load = NULL;
	return 0;
}

static int vfmig_start_saving(struct vfmig_device *vm, struct vfmig_arc *arc,
			      enum vfmig_phase phase)
{
	struct vfmig_save *save;

	if (vm->save)
		return vfmig_save_last_phase(vm->save);

	save = vfmig_save_begin(vm, arc->window, phase);
	if (IS_ERR(save))
		return PTR_ERR(save);
	vm->save = save;
	return 0;
}

static int vfmig_start_resuming(struct vfmig_device *vm, struct vfmig_arc *arc)
{
	struct vfmig_load *load = vfmig_load_begin(vm, arc->window);

	if (IS_ERR(load))
		return PTR_ERR(load);
	vm->load = load;
	return 0;
}

static int vfmig_take_step(struct vfmig_device *vm, struct vfmig_arc *arc,
			   enum vfmig_step step)
{
	switch (step) {
	case VFMIG_STEP_LEAVE_RESUMING:
		return vfmig_leave_resuming(vm, arc);
	case VFMIG_STEP_QUIESCE:
		return vfmig_backend_quiesce(vm);
	case VFMIG_STEP_FREEZE:
		return vfmig_backend_freeze(vm);
	case VFMIG_STEP_END_SAVING:
		arc->save = vm->save;
		vm->save = NULL;
		return 0;
	case VFMIG_STEP_PRE_COPY:
		return vfmig_start_saving(vm, arc, VFMIG_PRE_COPY);
	case VFMIG_STEP_STOP_COPY:
		return vfmig_start_saving(vm, arc, VFMIG_STOP_COPY);
	case VFMIG_STEP_RESUMING:
		return vfmig_start_resuming(vm, arc);
	case VFMIG_STEP_THAW:
		return vfmig_backend_thaw(vm);
	case VFMIG_STEP_RUN:
		return vfmig_backend_run(vm);
	case VFMIG_NR_STEPS:
		break;
	}
	WARN_ON_ONCE(1);
	return -EIO;
}

static int vfmig_undo_step(struct vfmig_device *vm, struct vfmig_arc *arc,
			   enum vfmig_step step)
{
	switch (step) {
	case VFMIG_STEP_LEAVE_RESUMING:
		vm->load = arc->load;
		arc->load = NULL;
		return 0;
	case VFMIG_STEP_QUIESCE:
		return vfmig_backend_run(vm);
	case VFMIG_STEP_FREEZE:
		return vfmig_backend_thaw(vm);
	case VFMIG_STEP_END_SAVING:
		vm->save = arc->save;
		arc->save = NULL;
		return 0;
	case VFMIG_STEP_PRE_COPY:
	case VFMIG_STEP_STOP_COPY:
		vfmig_save_end(vm->save);
		vm->save = NULL;
		return 0;
	case VFMIG_STEP_RESUMING:
		vfmig_load_end(vm->load);
		vm->load = NULL;
		return 0;
	case VFMIG_STEP_THAW:
		return vfmig_backend_freeze(vm);
	case VFMIG_STEP_RUN:
		return vfmig_backend_quiesce(vm);
	case VFMIG_NR_STEPS:
		break;
	}
	WARN_ON_ONCE(1);
	return -EIO;
}

static int vfmig_undo_steps(struct vfmig_device *vm, struct vfmig_arc *arc,
			    unsigned int taken)
{
	int ret = 0;

	vm->undoing = true;
	vfmig_access_start_clock(vm);
	/* A device that is reset on the way has nothing left to be undone. */
	while (!ret && taken-- && !vfmig_was_reset(vm))
		ret = vfmig_undo_step(vm, arc, arc->plan->step[taken]);
	vm->undoing = false;
	return ret;
}

static int vfmig_timed_step(struct vfmig_device *vm, struct vfmig_arc *arc,
			    enum vfmig_step step)
{
	ktime_t start = ktime_get();
	int ret = vfmig_take_step(vm, arc, step);

	vm->stats.step_ns[step] = ktime_to_ns(ktime_sub(ktime_get(), start));
	return ret;
}

/* A device that was reset meanwhile has nothing left to be undone. */
static enum vfmig_outcome vfmig_take_steps(struct vfmig_device *vm,
					   struct vfmig_arc *arc, u32 to)
{
	enum vfmig_step step;
	unsigned int taken;
	int ret = 0;

	for (taken = 0; taken < arc->plan->nr; taken++) {
		step = arc->plan->step[taken];
		ret = vfmig_was_reset(vm) ? -ECANCELED :
					    vfmig_timed_step(vm, arc, step);
		if (ret)
			break;
	}
	if (!ret)
		return VFMIG_ARC_TAKEN;

	vfmig_fail(vm, ret, "%s to %s: could not %s",
		   vfmig_state_name(vm->state), vfmig_state_name(to),
		   vfmig_step_name(step));

	if (vfmig_was_reset(vm))
		return VFMIG_ARC_UNDONE;
	/* The steps before are undone from where they have led, or not at all. */
	if (ret != -ENOTRECOVERABLE)
		ret = vfmig_undo_steps(vm, arc, taken);
	if (!ret || vfmig_was_reset(vm))
		return VFMIG_ARC_UNDONE;

	vfmig_fail(vm, ret, "rollback failed, the device is in the ERROR state, reset it");
	return VFMIG_ARC_LOST;
}

/**
 * vfmig_take_arc - take a device from its state to another one
 * @vm: the device
 * @plan: the steps, from vfmig_plan_arc()
 * @to: where they lead
 * @win: the window for a session that begins on the way
 *
 * What the arc ends for good (a save that was left, a load that is complete)
 * is freed, and its session is over. Does not change &vm->state.
 *
 * Context: under the engine lock; calls the backend.
 * Return: what has become of it; why it failed has been said.
 */
enum vfmig_outcome vfmig_take_arc(struct vfmig_device *vm,
				  const struct vfmig_plan *plan, u32 to,
				  struct vfmig_window *win)
{
	struct vfmig_arc arc = { .plan = plan, .window = win };
	enum vfmig_outcome outcome;

	lockdep_assert_held(&vm->lock);

	outcome = vfmig_take_steps(vm, &arc, to);
	if (arc.save || arc.load)
		vfmig_session_over(vm);
	vfmig_save_end(arc.save);
	vfmig_load_end(arc.load);
	return outcome;
}
