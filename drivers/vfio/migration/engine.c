// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine: the one state machine of a device, whoever drives it.
 *
 * The protocol that leads the device out of RUNNING drives it until it is back
 * there; to the other one it is busy. Where an arc has failed and could not be
 * undone nobody knows the device's state any more: ERROR, and a reset.
 *
 * A reset arrives under locks that are taken inside of the engine's lock (the
 * memory_lock of vfio) or from the PCI core. So it never waits: where it finds
 * the engine busy it leaves a note, which the engine reads on its way out, and
 * which vfmig_must_stop() shows to a backend that is at work.
 */
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

#include "arc.h"
#include "backend.h"
#include "engine.h"
#include "trace.h"

/**
 * vfmig_engine_init - a device runs, and nobody drives it
 * @vm: the device, zeroed; to be let go by vfmig_engine_put()
 */
void vfmig_engine_init(struct vfmig_device *vm)
{
	vm->state = VFMIG_STATE_RUNNING;
	/* What has begun no session has number 0. */
	vm->session = 1;
	kref_init(&vm->ref);
	mutex_init(&vm->lock);
	spin_lock_init(&vm->reset_lock);
	init_waitqueue_head(&vm->wait);
	init_waitqueue_head(&vm->backend_wait);
}

static void vfmig_device_free(struct kref *ref)
{
	struct vfmig_device *vm = container_of(ref, struct vfmig_device, ref);

	mutex_destroy(&vm->lock);
	kfree(vm);
}

/**
 * vfmig_engine_get - hold on to a device
 * @vm: the device; to be let go by vfmig_engine_put()
 */
void vfmig_engine_get(struct vfmig_device *vm)
{
	kref_get(&vm->ref);
}

/**
 * vfmig_engine_put - let go of a device; the last one frees it
 * @vm: the device
 *
 * Once the driver has let go of it, only its lock is of use.
 *
 * Context: may sleep; not under the engine lock.
 */
void vfmig_engine_put(struct vfmig_device *vm)
{
	kref_put(&vm->ref, vfmig_device_free);
}

/**
 * vfmig_protocol_name - what a protocol is called
 * @protocol: which
 *
 * Return: the name, static.
 */
const char *vfmig_protocol_name(enum vfmig_protocol protocol)
{
	switch (protocol) {
	case VFMIG_V1:
		return "v1";
	case VFMIG_V2:
		return "v2";
	default:
		return "none";
	}
}

static void vfmig_enter_state(struct vfmig_device *vm, enum vfmig_state to,
			      enum vfmig_protocol by)
{
	ktime_t now = ktime_get();
	int part = vfmig_part_of(vm->state);

	if (part >= 0)
		vm->stats.part[part].wall_ns +=
			ktime_to_ns(ktime_sub(now, vm->entered));
	vm->entered = now;
	WRITE_ONCE(vm->owner, to == VFMIG_STATE_RUNNING ? VFMIG_NOBODY : by);
	WRITE_ONCE(vm->state, to);
}

/**
 * vfmig_engine_state - the state of a device, for whoever looks on
 * @vm: the device
 *
 * A reset counts from the moment it is done, even if an access is still on its
 * way out of what the reset has ended.
 *
 * Context: any; waits for nobody.
 * Return: the state.
 */
enum vfmig_state vfmig_engine_state(const struct vfmig_device *vm)
{
	/* Pairs with vfmig_engine_unlock(). */
	if (smp_load_acquire(&vm->reset_pending))
		return VFMIG_STATE_RUNNING;
	return READ_ONCE(vm->state);
}

/* The device was reset: whatever was under way is over, and it runs. */
static void vfmig_handle_reset(struct vfmig_device *vm, enum vfmig_state from)
{
	trace_vfmig_reset(pci_name(vm->core->pdev), from);
	vfmig_end_session(vm);
	vfmig_backend_reset(vm);
	vm->resets++;
}

static void vfmig_report_failure(struct vfmig_device *vm)
{
	struct pci_dev *pdev;

	/* And then there may be no device behind it any more. */
	if (!vm->why[0])
		return;
	pdev = vm->core->pdev;
	scnprintf(vm->last_error, sizeof(vm->last_error), "%s (%pe)", vm->why,
		  ERR_PTR(vm->why_err));
	trace_vfmig_error(pci_name(pdev), vm->why_err, vm->why);
	vm->why[0] = '\0';
	vm->errors++;
	dev_warn_ratelimited(&pdev->dev, "vfmig: %s\n", vm->last_error);
}

/**
 * vfmig_engine_lock - begin an access
 * @vm: the device
 *
 * Return: 0, or -EINTR where the caller is being killed.
 */
int vfmig_engine_lock(struct vfmig_device *vm)
{
	if (mutex_lock_killable(&vm->lock))
		return -EINTR;
	vfmig_access_start_clock(vm);
	return 0;
}

/**
 * vfmig_engine_unlock - end an access
 * @vm: the device
 *
 * Says why the access has failed, if it has. A reset that came meanwhile takes
 * effect before the lock is released.
 */
void vfmig_engine_unlock(struct vfmig_device *vm)
{
	enum vfmig_state from;

	lockdep_assert_held(&vm->lock);

	vfmig_report_failure(vm);
	spin_lock(&vm->reset_lock);
	while (vm->reset_pending) {
		from = vm->state;
		vfmig_enter_state(vm, VFMIG_STATE_RUNNING, VFMIG_NOBODY);
		/* Pairs with vfmig_engine_state(). */
		smp_store_release(&vm->reset_pending, false);
		spin_unlock(&vm->reset_lock);
		vfmig_handle_reset(vm, from);
		spin_lock(&vm->reset_lock);
	}
	mutex_unlock(&vm->lock);
	spin_unlock(&vm->reset_lock);
}

/**
 * vfmig_engine_reset - the device has been reset
 * @vm: the device
 *
 * Context: process context, any locks of vfio and the PCI core; never waits
 * for the engine's lock.
 */
void vfmig_engine_reset(struct vfmig_device *vm)
{
	spin_lock(&vm->reset_lock);
	WRITE_ONCE(vm->reset_pending, true);
	if (!mutex_trylock(&vm->lock)) {
		spin_unlock(&vm->reset_lock);
		/* Whoever is at work may be waiting for somebody else. */
		vfmig_wake(vm);
		return;
	}
	spin_unlock(&vm->reset_lock);
	vfmig_engine_unlock(vm);
}

static bool vfmig_starts_transfer(enum vfmig_state from, u32 to)
{
	return vfmig_part_of(to) >= 0 && !(from & to & VFMIG_STATE_STOP_COPY);
}

static int vfmig_refuse_arc(struct vfmig_device *vm, enum vfmig_state from,
			    u32 to)
{
	if (from == VFMIG_STATE_ERROR)
		return vfmig_fail(vm, -EINVAL,
				  "the device is in the ERROR state, reset it");
	return vfmig_fail(vm, -EINVAL, "no transition leads from %s to %s",
			  vfmig_state_name(from), vfmig_state_name(to));
}

/**
 * vfmig_engine_claim - may a protocol drive the device now?
 * @vm: the device
 * @by: the protocol
 *
 * Context: under the engine lock.
 * Return: 0, or -EBUSY where another one does.
 */
int vfmig_engine_claim(struct vfmig_device *vm, enum vfmig_protocol by)
{
	lockdep_assert_held(&vm->lock);

	if (vm->owner == VFMIG_NOBODY || vm->owner == by)
		return 0;
	return vfmig_fail(vm, -EBUSY,
			  "the device cannot be used by %s, %s uses it until it is in RUNNING again or reset",
			  vfmig_protocol_name(by),
			  vfmig_protocol_name(vm->owner));
}

/**
 * vfmig_engine_set_state - take the device to another state
 * @vm: the device, open
 * @by: who asks, and may: see vfmig_engine_claim()
 * @to: the state asked for, any value
 * @win: the window for a session that begins with it
 *
 * Context: under the engine lock; calls the backend.
 * Return: 0; -EINVAL where the table refuses the arc, and nothing happened;
 * -EIO where it was tried and has failed: the device is where it was, or in
 * ERROR where it could not be brought back.
 */
int vfmig_engine_set_state(struct vfmig_device *vm, enum vfmig_protocol by,
			   u32 to, struct vfmig_window *win)
{
	enum vfmig_state from = vm->state;
	ktime_t start = ktime_get();
	struct vfmig_plan plan;
	bool starts;
	int ret;

	lockdep_assert_held(&vm->lock);

	ret = vfmig_plan_arc(from, to, &plan);
	if (ret)
		return vfmig_refuse_arc(vm, from, to);
	if (!plan.nr)
		return 0;

	starts = vfmig_starts_transfer(from, to);
	if (starts)
		memset(&vm->stats, 0, sizeof(vm->stats));

	switch (vfmig_take_arc(vm, &plan, to, win)) {
	case VFMIG_ARC_TAKEN:
		vfmig_enter_state(vm, to, by);
		/* The load that was left just now is none of this transfer. */
		if (starts)
			memset(vm->stats.part, 0, sizeof(vm->stats.part));
		wake_up_all(&vm->wait);
		break;
	case VFMIG_ARC_UNDONE:
		ret = -EIO;
		break;
	case VFMIG_ARC_LOST:
		vfmig_end_session(vm);
		vfmig_enter_state(vm, VFMIG_STATE_ERROR, by);
		ret = -EIO;
		break;
	}
	trace_vfmig_state(pci_name(vm->core->pdev), from, to, ret,
			  ktime_to_ns(ktime_sub(ktime_get(), start)));
	return ret;
}
