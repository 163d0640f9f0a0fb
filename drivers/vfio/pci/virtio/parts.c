// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend of virtio 1.4: stopping, objects, identity, reset.
 *
 * There are two modes where VFIO has three: a stopped function starts no DMA and
 * may still be written to. That is quiesced; to freeze it there is nothing to do, and
 * nobody writes to it then.
 *
 * A function that stops completes its requests first, so there are no indices in the
 * state: a ring's position is in the guest's memory.
 */
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "admvf.h"

/* A running function's parts may grow between two commands. */
#define ADMVF_PARTS_TRIES	3

static int admvf_parts_set_mode(struct admvf *vf, u8 flags)
{
	struct admvf_parts *parts = &vf->parts;
	int ret;

	ret = parts->by->mode(vf, flags);
	/* Without an answer nobody knows: it counts as stopped. */
	if (!ret || (!vf->refused && flags))
		WRITE_ONCE(parts->stopped, flags);
	return ret;
}

/**
 * admvf_parts_create - have an object to read or to write parts
 * @vf: the function
 * @object: if it exists, it could not be given back, and is used again
 * @type: to read or to write
 *
 * Return: 0 or a negative errno.
 */
int admvf_parts_create(struct admvf *vf, struct admvf_object *object,
		       enum parts_obj_type type)
{
	int ret;

	if (object->exists)
		return 0;
	ret = vf->parts.by->create(vf, type, &object->id);
	object->exists = !ret;
	return ret;
}

/**
 * admvf_parts_fail_create - say why there is no object
 * @vf: the function
 * @err: of admvf_parts_create()
 *
 * Context: from a backend's call.
 * Return: @err.
 */
int admvf_parts_fail_create(struct admvf *vf, int err)
{
	if (err == -ENOSPC)
		return vfmig_fail(vf->vpci.vm, err,
				  "all objects for device parts that the owner %s allows are in use, wait for another migration to end",
				  pci_name(pci_physfn(vf->vpci.core.pdev)));
	return admvf_fail(vf, err, "no object for device parts");
}

/* Was it a refusal that will not change? Nor does an owner that is reset keep objects. */
static bool admvf_parts_is_final(struct admvf *vf, int err)
{
	return err != -EAGAIN && err != -EBUSY && err != -ENOMEM &&
	       !admvf_owner_is_dead(vf);
}

/**
 * admvf_parts_destroy - give an object back
 * @vf: the function
 * @object: may exist or not
 *
 * An object that the device does not let go of is left to it, with its id: it is one
 * less for the VFs of this owner, and no reason to migrate this one no more.
 *
 * Return: 0, or a negative errno and it is worth another try.
 */
int admvf_parts_destroy(struct admvf *vf, struct admvf_object *object)
{
	int ret;

	if (!object->exists)
		return 0;
	ret = vf->parts.by->destroy(vf, object->id);
	if (ret && ret != -ENXIO && !admvf_parts_is_final(vf, ret))
		return ret;
	object->exists = false;
	if (ret && ret != -ENXIO)
		pci_warn(vf->vpci.core.pdev,
			 "vfmig: object %u for device parts is not used again, its owner did not destroy it: %s\n",
			 object->id, vf->why);
	return 0;
}

/**
 * admvf_parts_give_back - have no object to read parts any more
 * @vf: the function, without a save
 *
 * One that cannot be given back yet is kept for the load under way, of which nothing
 * is to be discarded; it goes when that is over.
 */
void admvf_parts_give_back(struct admvf *vf)
{
	struct admvf_parts *parts = &vf->parts;

	if (admvf_parts_destroy(vf, &parts->get) && !parts->set.exists)
		admvf_due(vf, ADMVF_DUE_ABORT);
}

/**
 * admvf_set_alloc - have room for a set of parts
 * @set: what it held is freed
 * @len: bytes of the parts
 *
 * Return: 0 or -ENOMEM.
 */
int admvf_set_alloc(struct admvf_set *set, u32 len)
{
	admvf_set_free(set);
	/* The length is another's choice: no reason to fill the log. */
	set->message = kvzalloc(sizeof(*set->message) + len,
				GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!set->message)
		return -ENOMEM;
	set->len = len;
	return 0;
}

/**
 * admvf_set_free - free a set of parts
 * @set: the set, empty afterwards
 */
void admvf_set_free(struct admvf_set *set)
{
	kvfree(set->message);
	set->message = NULL;
	set->len = 0;
}

/**
 * admvf_set_bytes - the parts of a set
 * @set: not empty
 *
 * Return: where they are.
 */
void *admvf_set_bytes(const struct admvf_set *set)
{
	return set->message + 1;
}

static int admvf_parts_read_once(struct admvf *vf, u32 id, struct admvf_set *set)
{
	u32 size;
	int ret;

	ret = vf->parts.by->size(vf, id, &size);
	if (ret)
		return ret;
	if (size > ADMVF_PARTS_MAX)
		return admvf_say(vf, -E2BIG,
				 "the device says that its parts have %u bytes, %u are kept",
				 size, ADMVF_PARTS_MAX);
	if (!size)
		return admvf_say(vf, -EPROTO,
				 "the device says that all of its parts have 0 bytes");
	ret = admvf_set_alloc(set, size);
	if (ret)
		return ret;
	ret = vf->parts.by->get(vf, id, admvf_set_bytes(set), size, &set->len);
	if (ret || set->len <= size)
		return ret;
	return admvf_say(vf, -EPROTO,
			 "DEV_PARTS_GET has given %u bytes where there was room for %u",
			 set->len, size);
}

/* The parts were larger when they were read than when their size was asked for. */
static bool admvf_parts_are_cut(const struct admvf_set *set, int err)
{
	if (err)
		return err == -ENOMEM;
	return admvf_parts_whole(admvf_set_bytes(set), set->len) != set->len;
}

/**
 * admvf_parts_read - read all parts
 * @vf: the function
 * @id: an object to read parts
 * @set: filled, unchecked
 *
 * Return: 0 or a negative errno.
 */
int admvf_parts_read(struct admvf *vf, u32 id, struct admvf_set *set)
{
	unsigned int tries = ADMVF_PARTS_TRIES;
	int ret;

	do {
		ret = admvf_must_stop(vf) ?: admvf_parts_read_once(vf, id, set);
	} while (admvf_parts_are_cut(set, ret) && --tries);
	return ret;
}

/**
 * admvf_parts_judge - is this a set of parts?
 * @vf: the function
 * @set: the set
 * @whose: for the message
 *
 * Context: from a backend's call.
 * Return: 0 or -EINVAL.
 */
int admvf_parts_judge(struct admvf *vf, const struct admvf_set *set,
		      const char *whose)
{
	struct admvf_part_at bad;
	const char *why;

	why = admvf_parts_check(admvf_set_bytes(set), set->len, &bad);
	if (!why)
		return 0;
	return vfmig_fail(vf->vpci.vm, -EINVAL,
			  "%s device parts are wrong: type %#x (selector %#x, %u bytes) at offset %u: %s",
			  whose, bad.type, bad.selector, bad.len, bad.at, why);
}

static int admvf_parts_freeze(void *backend)
{
	return 0;
}

/* A save that has begun its last phase is over with this, in whatever way. */
static int admvf_parts_thaw(void *backend)
{
	struct admvf *vf = backend;

	mutex_lock(&vf->lock);
	if (vf->parts.saving && vf->parts.phase == VFMIG_STOP_COPY) {
		admvf_due(vf, ADMVF_DUE_ABORT);
		admvf_settle(vf);
	}
	mutex_unlock(&vf->lock);
	return 0;
}

static void admvf_parts_forget(struct admvf *vf)
{
	admvf_set_free(&vf->parts.sent);
	admvf_set_free(&vf->parts.known);
	admvf_set_free(&vf->parts.incoming);
}

static int admvf_parts_abort(struct admvf *vf)
{
	struct admvf_parts *parts = &vf->parts;
	int ret, err;

	parts->saving = false;
	admvf_parts_forget(vf);
	ret = admvf_parts_destroy(vf, &parts->get);
	err = admvf_parts_destroy(vf, &parts->set);
	return ret ?: err;
}

static bool admvf_parts_is_stopped(const struct admvf *vf)
{
	return READ_ONCE(vf->parts.stopped);
}

static int admvf_parts_stop(struct admvf *vf)
{
	return admvf_parts_set_mode(vf, PARTS_MODE_STOPPED);
}

static int admvf_parts_wake(struct admvf *vf)
{
	return admvf_parts_set_mode(vf, 0);
}

static int admvf_parts_repeat(struct admvf *vf)
{
	return vf->parts.stopped ? admvf_parts_stop(vf) : 0;
}

/* Objects go with the owner's reset. */
static void admvf_parts_lost(struct admvf *vf)
{
	vf->parts.torn = true;
	vf->parts.get.exists = false;
	vf->parts.set.exists = false;
}

static void admvf_parts_reset(void *backend)
{
	admvf_was_reset(backend, false);
}

/**
 * admvf_parts_fail_read - say why all parts could not be read
 * @vf: the function
 * @err: of admvf_parts_read()
 *
 * Context: from a backend's call.
 * Return: @err.
 */
int admvf_parts_fail_read(struct admvf *vf, int err)
{
	if (err == -E2BIG)
		return vfmig_fail(vf->vpci.vm, err,
				  "the device parts are larger than %u bytes",
				  ADMVF_PARTS_MAX);
	return admvf_fail(vf, err, "the device parts cannot be read");
}

/**
 * admvf_parts_know - note what the function is like
 * @vf: the function
 * @set: its parts, without fault
 */
void admvf_parts_know(struct admvf *vf, const struct admvf_set *set)
{
	admvf_parts_sum(admvf_set_bytes(set), set->len, &vf->parts.here);
	vf->parts.here_is_known = true;
}

/**
 * admvf_parts_find_out - find out what the function is like
 * @vf: the function, without a save
 *
 * Context: from a backend's call.
 * Return: 0; -ENOSPC, without a reason given, where all objects are in use; or
 * another negative errno.
 */
int admvf_parts_find_out(struct admvf *vf)
{
	struct admvf_parts *parts = &vf->parts;
	struct admvf_set set = {};
	int ret;

	ret = admvf_parts_create(vf, &parts->get, PARTS_TO_GET);
	if (ret == -ENOSPC)
		return ret;
	if (ret)
		return admvf_parts_fail_create(vf, ret);
	parts->here_is_known = false;
	ret = admvf_parts_read(vf, parts->get.id, &set);
	if (ret)
		admvf_parts_fail_read(vf, ret);
	else
		ret = admvf_parts_judge(vf, &set, "the device's");
	if (!ret)
		admvf_parts_know(vf, &set);
	admvf_set_free(&set);
	admvf_parts_give_back(vf);
	/* Of whatever else this is said, it is not of objects. */
	return ret == -ENOSPC ? -EREMOTEIO : ret;
}

/*
 * While others are migrated there may be no object. A guest can start nevertheless: its
 * function is as it was at the open before, or it is found out when it is migrated.
 */
static int admvf_parts_begin(struct admvf *vf)
{
	int ret;

	/* Whoever had the function before may have left it stopped. */
	ret = admvf_parts_set_mode(vf, 0);
	if (ret)
		return admvf_fail(vf, ret, "the function cannot be resumed");
	ret = admvf_parts_find_out(vf);
	return ret == -ENOSPC ? 0 : ret;
}

static int admvf_parts_identity(void *backend, struct vfmig_fact *facts,
				unsigned int max)
{
	struct admvf *vf = backend;

	if (!vf->parts.here_is_known)
		return -EAGAIN;
	if (max < 1 + ADMVF_PARTS_FACTS)
		return -ENOSPC;
	return admvf_vectors_fact(vf, facts) +
	       admvf_parts_facts(&vf->parts.here, facts + 1);
}

static const struct vfmig_backend_ops admvf_parts_ops = {
	.name		= ADMVF_PARTS_NAME,
	.stream_version	= ADMVF_PARTS_VERSION,
	.min_record	= ADMVF_MIN_RECORD,
	.open		= admvf_open,
	.close		= admvf_close,
	.identity	= admvf_parts_identity,
	.quiesce	= admvf_quiesce,
	.run		= admvf_run,
	.freeze		= admvf_parts_freeze,
	.thaw		= admvf_parts_thaw,
	.save_begin	= admvf_parts_save_begin,
	.save_left	= admvf_parts_save_left,
	.save		= admvf_parts_save,
	.save_size	= admvf_parts_save_size,
	.save_end	= admvf_parts_save_end,
	.load_begin	= admvf_parts_load_begin,
	.load		= admvf_parts_load,
	.load_commit	= admvf_parts_load_commit,
	.load_end	= admvf_parts_load_end,
	.reset		= admvf_parts_reset,
};

const struct admvf_design admvf_parts_design = {
	.ops		= &admvf_parts_ops,
	.watch_ms	= 1000,
	.begin		= admvf_parts_begin,
	.forget		= admvf_parts_forget,
	.abort		= admvf_parts_abort,
	.is_stopped	= admvf_parts_is_stopped,
	.stop		= admvf_parts_stop,
	.wake		= admvf_parts_wake,
	.repeat		= admvf_parts_repeat,
	.look		= admvf_parts_look,
	.lost		= admvf_parts_lost,
};
