// SPDX-License-Identifier: GPL-2.0-only
/*
 * An access of userspace under way: its time, its reasons, its counters. What
 * sessions and backends may ask of it while the engine holds its lock.
 */
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "device.h"

/**
 * vfmig_access_start_clock - start the time limit of an access
 * @vm: the device
 *
 * Context: under the engine lock.
 */
void vfmig_access_start_clock(struct vfmig_device *vm)
{
	vm->deadline = jiffies + vm->patience;
}

/**
 * vfmig_access_half_over - is half of an access' time over?
 * @vm: the device
 *
 * Work in pieces should stop then: a piece that is begun late may not be done in
 * time.
 *
 * Context: under the engine lock.
 * Return: true where half of the time that vfmig_must_stop() grants is over.
 */
bool vfmig_access_half_over(const struct vfmig_device *vm)
{
	return time_after(jiffies, vm->deadline - vm->patience / 2);
}

/**
 * vfmig_must_stop - must a backend stop what it is doing?
 * @vm: the device
 *
 * To be called by every backend that waits or works for long. While a step is
 * being undone SIGKILL is ignored: the undo is finished first.
 *
 * Context: from a backend's call, under the engine lock.
 * Return: 0 to go on; -ECANCELED when the device has been reset meanwhile,
 * -EINTR when the caller is being killed, -ETIMEDOUT when the time of
 * &vfmig_backend_ops.timeout_ms is over.
 */
int vfmig_must_stop(struct vfmig_device *vm)
{
	lockdep_assert_held(&vm->lock);

	if (vfmig_was_reset(vm))
		return -ECANCELED;
	if (!vm->undoing && fatal_signal_pending(current))
		return -EINTR;
	if (time_after(jiffies, vm->deadline))
		return -ETIMEDOUT;
	return 0;
}
EXPORT_SYMBOL_GPL(vfmig_must_stop);

/**
 * vfmig_more - a backend has more data in pre-copy
 * @vm: the device, registered
 *
 * To be called when the device has changed by itself, after what save_left()
 * returns has risen from 0: wakes a poll() for more data. Harmless without more
 * data or without a save; not needed within a backend's own calls.
 *
 * Context: any; takes no lock but that of a wait queue.
 */
void vfmig_more(struct vfmig_device *vm)
{
	WRITE_ONCE(vm->more, 1);
	wake_up_all(&vm->wait);
}
EXPORT_SYMBOL_GPL(vfmig_more);

static long vfmig_jiffies_left(const struct vfmig_device *vm)
{
	return max_t(long, vm->deadline - jiffies, 0);
}

/**
 * vfmig_time_left - for how long may a backend still work?
 * @vm: the device
 *
 * Context: from a backend's call, under the engine lock.
 * Return: milliseconds until vfmig_must_stop() says -ETIMEDOUT, at least 1.
 */
unsigned int vfmig_time_left(struct vfmig_device *vm)
{
	lockdep_assert_held(&vm->lock);
	return max(jiffies_to_msecs(vfmig_jiffies_left(vm)), 1U);
}
EXPORT_SYMBOL_GPL(vfmig_time_left);

/**
 * vfmig_wait - wait for somebody else, as long as a backend may
 * @vm: the device
 * @done: has come what is waited for? Must not sleep
 * @data: for @done
 *
 * Whoever changes what @done looks at calls vfmig_wake().
 *
 * Context: from a backend's call, under the engine lock; sleeps.
 * Return: 0 when it is done; or what vfmig_must_stop() says, as soon as it does.
 */
int vfmig_wait(struct vfmig_device *vm, bool (*done)(void *data), void *data)
{
	unsigned int mode = vm->undoing ? TASK_UNINTERRUPTIBLE : TASK_KILLABLE;
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int ret;

	lockdep_assert_held(&vm->lock);
	add_wait_queue(&vm->backend_wait, &wait);
	for (;;) {
		if (done(data)) {
			ret = 0;
			break;
		}
		ret = vfmig_must_stop(vm);
		if (ret)
			break;
		wait_woken(&wait, mode, vfmig_jiffies_left(vm) + 1);
	}
	remove_wait_queue(&vm->backend_wait, &wait);
	return ret;
}
EXPORT_SYMBOL_GPL(vfmig_wait);

/**
 * vfmig_wake - whoever waits by vfmig_wait() is to look again
 * @vm: the device, registered
 *
 * Context: any; takes no lock but that of a wait queue.
 */
void vfmig_wake(struct vfmig_device *vm)
{
	wake_up_all(&vm->backend_wait);
}
EXPORT_SYMBOL_GPL(vfmig_wake);

/**
 * vfmig_session_window - the window that a session is to go through
 * @vm: the device
 *
 * Context: from ->save_begin() or ->load_begin(), under the engine lock.
 * Return: the window, to be put; in other calls NULL.
 */
struct vfmig_window *vfmig_session_window(struct vfmig_device *vm)
{
	lockdep_assert_held(&vm->lock);
	return vm->beginning ? vfmig_window_get(vm->beginning) : NULL;
}
EXPORT_SYMBOL_GPL(vfmig_session_window);

/* After the first reason of an access: a cause that its caller need not know. */
static void vfmig_add_cause(const struct vfmig_device *vm, int err, char *buf,
			    size_t size)
{
	if (vfmig_was_reset(vm))
		scnprintf(buf, size,
			  ": the device was reset or closed meanwhile, start the migration again");
	else if (err == -ETIMEDOUT && time_after(jiffies, vm->deadline))
		scnprintf(buf, size, ": the time limit of %u ms is over",
			  jiffies_to_msecs(vm->patience));
	else if (err == -EINTR && fatal_signal_pending(current))
		scnprintf(buf, size, ": the calling process was killed");
	else if (err == -EHOSTDOWN)
		scnprintf(buf, size,
			  ": the device is in a low power state (D3), have the guest wake it up");
	else if (err == -ENOMEM)
		scnprintf(buf, size, ": out of memory");
}

/**
 * vfmig_fail - record the reason of a failure
 * @vm: the device
 * @err: negative errno
 * @fmt: the reason, for an operator; one line without a full stop, at most
 *	VFMIG_WHY_LEN bytes with all that follows
 *
 * The calls within one access of userspace make one line, "what could not be
 * done: why: why": each call puts its text before that of the previous call. To
 * the first text the core adds a cause that it knows itself: a reset, the end
 * of the time limit, SIGKILL, D3, no memory. When the access ends the line goes
 * to the kernel log, to the tracepoint vfmig_error and to the file last_error in
 * debugfs. Userspace can cause such failures at will, so the log is rate limited.
 *
 * Context: from a backend's call, under the engine lock.
 * Return: @err, for ``return vfmig_fail(...)``.
 */
int vfmig_fail(struct vfmig_device *vm, int err, const char *fmt, ...)
{
	char why[VFMIG_WHY_LEN];
	va_list args;
	int len;

	lockdep_assert_held(&vm->lock);

	va_start(args, fmt);
	len = vscnprintf(why, sizeof(why), fmt, args);
	va_end(args);

	if (vm->why[0])
		scnprintf(why + len, sizeof(why) - len, ": %s", vm->why);
	else
		vfmig_add_cause(vm, err, why + len, sizeof(why) - len);
	strscpy(vm->why, why, sizeof(vm->why));
	vm->why_err = err;
	return err;
}
EXPORT_SYMBOL_GPL(vfmig_fail);

/**
 * vfmig_part_of - the part of a transfer that a state belongs to
 * @state: the state
 *
 * Return: one of &enum vfmig_part, or -1 for a state without a transfer.
 */
int vfmig_part_of(enum vfmig_state state)
{
	switch (state) {
	case VFMIG_STATE_PRE_COPY:
	case VFMIG_STATE_PRE_COPY_P2P:
		return VFMIG_PART_PRE_COPY;
	case VFMIG_STATE_STOP_COPY:
		return VFMIG_PART_STOP_COPY;
	case VFMIG_STATE_RESUMING:
		return VFMIG_PART_RESUMING;
	default:
		return -1;
	}
}

/**
 * vfmig_access_part - where to count what a transfer does now
 * @vm: the device, in a state with a transfer
 *
 * Context: under the engine lock.
 * Return: the counters of the part of the transfer that is under way.
 */
struct vfmig_part_stats *vfmig_access_part(struct vfmig_device *vm)
{
	int part = vfmig_part_of(vm->state);

	lockdep_assert_held(&vm->lock);
	return &vm->stats.part[part < 0 ? VFMIG_PART_STOP_COPY : part];
}
