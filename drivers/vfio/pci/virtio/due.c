// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done at another time than the core's calls.
 *
 * What a reset, a cancelled save or a load that was refused leave to be done takes
 * commands, which sleep, where the core cannot wait. So it is noted, and done by a
 * work soon, or by whatever sends the next command, before that. It is always done in
 * the same order: first discarded, so that no half-written state takes effect, then
 * the function runs.
 *
 * A mode survives a reset that the guest does, so a function that was stopped for a
 * migration and then reset is still stopped. Whoever has asked for the reset waits
 * until it runs, so that the guest does not write to a function that ignores it.
 *
 * A function that is closed is not reset yet: it is told to run only after vfio has
 * reset it, and if vfio could not, it stays stopped until it is opened again.
 *
 * In pre-copy nobody says when a function has changed, so it is asked from time to
 * time.
 */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/pci.h>

#include "admvf.h"

/* Looking out takes one of so many parts of the time: a set may have many MiB. */
#define ADMVF_LOOK_SHARE	10UL

/**
 * admvf_due - note what is to be done
 * @vf: the function
 * @what: that
 *
 * Context: process context, any locks; does not sleep.
 */
void admvf_due(struct admvf *vf, enum admvf_due what)
{
	set_bit(what, &vf->due);
	queue_delayed_work(system_long_wq, &vf->settling, 0);
}

/**
 * admvf_was_reset - note what a reset of the function leaves to be done
 * @vf: the function
 * @has_begun: something that is to be discarded
 *
 * Context: process context, any locks; does not sleep.
 */
void admvf_was_reset(struct admvf *vf, bool has_begun)
{
	if (has_begun)
		set_bit(ADMVF_DUE_ABORT, &vf->due);
	if (vf->design->is_stopped(vf)) {
		set_bit(ADMVF_DUE_RUN, &vf->due);
		set_bit(ADMVF_DUE_NOW, &vf->due);
	}
	if (READ_ONCE(vf->due))
		queue_delayed_work(system_long_wq, &vf->settling, 0);
}

static int admvf_settle_one(struct admvf *vf, enum admvf_due what,
			    int (*call)(struct admvf *vf))
{
	int ret;

	if (!test_and_clear_bit(what, &vf->due))
		return 0;
	ret = call(vf);
	if (ret)
		set_bit(what, &vf->due);
	return ret;
}

/**
 * admvf_settle - do what is due
 * @vf: the function
 *
 * A function whose context could not be made whole again may run nevertheless: see
 * ->wake() for one that must not.
 *
 * Context: under the lock.
 * Return: 0, or the errno of what has failed first, and stays due.
 */
int admvf_settle(struct admvf *vf)
{
	int ret, err;

	lockdep_assert_held(&vf->lock);
	ret = admvf_find_owner(vf);
	if (!ret && vf->unsure)
		ret = vf->design->repeat(vf);
	if (ret)
		return ret;
	vf->unsure = false;
	ret = admvf_settle_one(vf, ADMVF_DUE_ABORT, vf->design->abort);
	err = admvf_settle_one(vf, ADMVF_DUE_RUN, vf->design->wake);
	return ret ?: err;
}

/**
 * admvf_settle_first - do what is due before a step that must not come before it
 * @vf: the function
 *
 * Context: from a backend's call, under the lock.
 * Return: as admvf_settle(); the reason has been given.
 */
int admvf_settle_first(struct admvf *vf)
{
	int ret = admvf_settle(vf);

	return ret ? admvf_fail(vf, ret, "the function is not ready") : 0;
}

static bool admvf_is_due(struct admvf *vf)
{
	return test_bit(ADMVF_DUE_ABORT, &vf->due) ||
	       test_bit(ADMVF_DUE_RUN, &vf->due);
}

/* Once, however often it is tried. */
static void admvf_complain(struct admvf *vf, int err)
{
	struct pci_dev *pdev = vf->vpci.core.pdev;

	if (err && !vf->complained)
		pci_warn(pdev, "vfmig: the function cannot be %s after a reset or an abort (%pe): %s; this is tried again\n",
			 test_bit(ADMVF_DUE_RUN, &vf->due) ?
			 "started" : "cleaned up", ERR_PTR(err), vf->why);
	vf->complained = err;
}

static void admvf_settle_work(struct work_struct *work)
{
	struct admvf *vf = container_of(to_delayed_work(work), struct admvf,
					settling);
	int ret = 0;

	mutex_lock(&vf->lock);
	vf->in_work = true;
	if (admvf_is_due(vf))
		ret = admvf_settle(vf);
	admvf_complain(vf, ret);
	if (ret && vf->is_open)
		queue_delayed_work(system_long_wq, &vf->settling,
				   msecs_to_jiffies(ADMVF_RETRY_MS));
	vf->in_work = false;
	clear_bit(ADMVF_DUE_NOW, &vf->due);
	mutex_unlock(&vf->lock);
}

/**
 * admvf_settle_now - wait for what a reset has left to be done
 * @vf: the function
 *
 * One attempt is waited for.
 *
 * Context: no locks of vfio; may sleep.
 */
void admvf_settle_now(struct admvf *vf)
{
	if (test_bit(ADMVF_DUE_NOW, &vf->due))
		flush_delayed_work(&vf->settling);
}

/**
 * admvf_closed - the function was closed
 * @vf: the function
 *
 * For whoever has it next: another guest, or a driver of the host's. It is left
 * stopped if it could not be reset.
 *
 * Context: under vfio's dev_set lock, after vfio_pci_core_close_device().
 */
void admvf_closed(struct admvf *vf)
{
	struct vfio_pci_core_device *core = &vf->vpci.core;
	bool stopped;
	int ret = 0;

	mutex_lock(&vf->lock);
	vf->in_work = true;
	stopped = vf->design->is_stopped(vf);
	if (stopped && !core->needs_reset)
		set_bit(ADMVF_DUE_RUN, &vf->due);
	if (admvf_is_due(vf))
		ret = admvf_settle(vf);
	if (!ret && stopped && core->needs_reset) {
		ret = -EBUSY;
		strscpy(vf->why, "it could not be reset", sizeof(vf->why));
	}
	vf->in_work = false;
	if (ret)
		pci_warn(core->pdev, "vfmig: the function is left stopped, or with a part of its state read (%pe): %s; this is tried again when it is opened next\n",
			 ERR_PTR(ret), vf->why);
	mutex_unlock(&vf->lock);
}

/**
 * admvf_reset_closed - reset a function that could not be reset when it was closed
 * @vf: the function, which nobody can open any more
 *
 * Its driver is being unbound, and had its lock when the function was closed.
 *
 * Context: with the lock of the function's device.
 */
void admvf_reset_closed(struct admvf *vf)
{
	if (!vf->design->is_stopped(vf))
		return;
	if (pci_reset_function_locked(vf->vpci.core.pdev))
		return;
	flush_delayed_work(&vf->settling);
}

/**
 * admvf_watch - look out for changes from now on
 * @vf: the function, in pre-copy
 */
void admvf_watch(struct admvf *vf)
{
	unsigned long wait = msecs_to_jiffies(vf->design->watch_ms);

	queue_delayed_work(system_long_wq, &vf->watching,
			   max(wait, ADMVF_LOOK_SHARE * vf->look_took));
}

static void admvf_watch_work(struct work_struct *work)
{
	struct admvf *vf = container_of(to_delayed_work(work), struct admvf,
					watching);
	unsigned long start = jiffies;
	bool more;

	/* Whoever has the lock is not to wait for this the next time. */
	if (!mutex_trylock(&vf->lock)) {
		admvf_watch(vf);
		return;
	}
	vf->in_work = true;
	more = vf->design->look(vf);
	vf->look_took = jiffies - start;
	vf->in_work = false;
	mutex_unlock(&vf->lock);
	if (more)
		vfmig_more(vf->vpci.vm);
}

/**
 * admvf_due_init - nothing is due
 * @vf: the function, zeroed
 */
void admvf_due_init(struct admvf *vf)
{
	mutex_init(&vf->lock);
	INIT_DELAYED_WORK(&vf->settling, admvf_settle_work);
	INIT_DELAYED_WORK(&vf->watching, admvf_watch_work);
}

/**
 * admvf_stop_works - nothing is done any more but by the core's calls
 * @vf: the function
 *
 * Context: not under the lock; may sleep.
 */
void admvf_stop_works(struct admvf *vf)
{
	cancel_delayed_work_sync(&vf->watching);
	cancel_delayed_work_sync(&vf->settling);
}
