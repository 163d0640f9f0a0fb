// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the backends of both designs do alike: open and close, stop and run.
 *
 * What is left to be discarded of a save does not keep the guest from running: the
 * next save begins with it. Nor does an owner that has died: a failure would have
 * the function reset, and then its guest could not go on even if the owner can.
 */
#include <linux/bitops.h>

#include "admvf.h"

/**
 * admvf_open - ->open()
 * @backend: the function
 *
 * Return: 0 or a negative errno.
 */
int admvf_open(void *backend)
{
	struct admvf *vf = backend;
	int ret;

	mutex_lock(&vf->lock);
	ret = admvf_settle_first(vf) ?: vf->design->begin(vf);
	vf->is_open = !ret;
	mutex_unlock(&vf->lock);
	return ret;
}

/**
 * admvf_close - ->close(): the function is to be reset afterwards
 * @backend: the function
 *
 * Discards only. What cannot be discarded stays due.
 */
void admvf_close(void *backend)
{
	struct admvf *vf = backend;

	mutex_lock(&vf->lock);
	vf->is_open = false;
	mutex_unlock(&vf->lock);
	admvf_stop_works(vf);

	mutex_lock(&vf->lock);
	clear_bit(ADMVF_DUE_RUN, &vf->due);
	set_bit(ADMVF_DUE_ABORT, &vf->due);
	admvf_settle(vf);
	vf->design->forget(vf);
	mutex_unlock(&vf->lock);
}

/**
 * admvf_quiesce - ->quiesce()
 * @backend: the function
 *
 * Return: 0 or a negative errno.
 */
int admvf_quiesce(void *backend)
{
	struct admvf *vf = backend;
	int ret;

	mutex_lock(&vf->lock);
	ret = admvf_settle_first(vf);
	if (ret)
		goto out;
	ret = vf->design->stop(vf);
	if (ret)
		admvf_fail(vf, ret, "the function cannot be stopped");
out:
	/* To the core it runs now, and so it must as soon as it can be told. */
	if (ret && vf->design->is_stopped(vf))
		admvf_due(vf, ADMVF_DUE_RUN);
	mutex_unlock(&vf->lock);
	return ret;
}

/**
 * admvf_run - ->run()
 * @backend: the function
 *
 * Return: 0 or a negative errno.
 */
int admvf_run(void *backend)
{
	struct admvf *vf = backend;
	int ret;

	mutex_lock(&vf->lock);
	admvf_settle(vf);
	ret = vf->design->wake(vf);
	if (ret && admvf_owner_is_dead(vf)) {
		admvf_due(vf, ADMVF_DUE_RUN);
		ret = 0;
	} else if (ret) {
		admvf_fail(vf, ret, "the function cannot be resumed");
	}
	mutex_unlock(&vf->lock);
	return ret;
}
