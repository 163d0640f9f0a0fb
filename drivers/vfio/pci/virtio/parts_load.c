// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio 1.4: the set of parts kept, and written when it is whole.
 *
 * There is no way to take back parts that were written, for an object that is
 * destroyed takes none back. But they take effect when the function runs, a load that
 * has begun ends with a commit or a reset, and a reset makes parts what they are at
 * first. So a set is written as soon as it is whole and found right: then a device that
 * does not accept it says so before the guest is stopped, and the guest does not wait
 * for it. The commit writes those parts that have changed since.
 *
 * Of objects there are few, for all functions of an owner: the one needed is made
 * when the load begins, so that a lack of them is known before the guest is stopped.
 */
#include <linux/minmax.h>
#include <linux/string.h>

#include "admvf.h"

/**
 * admvf_parts_load_begin - a load begins
 * @backend: the function, stopped
 *
 * Return: 0 or a negative errno.
 */
int admvf_parts_load_begin(void *backend)
{
	struct admvf *vf = backend;
	struct admvf_parts *parts = &vf->parts;
	int ret;

	mutex_lock(&vf->lock);
	ret = admvf_settle_first(vf);
	if (ret)
		goto out;
	parts->torn = false;
	parts->incoming_at = 0;
	parts->high = 0;
	admvf_set_free(&parts->incoming);
	ret = admvf_parts_create(vf, &parts->set, PARTS_TO_SET);
	if (!ret && !parts->here_is_known)
		ret = admvf_parts_find_out(vf);
	if (ret == -ENOSPC || !parts->set.exists)
		admvf_parts_fail_create(vf, ret);
	if (ret)
		admvf_due(vf, ADMVF_DUE_ABORT);
out:
	mutex_unlock(&vf->lock);
	return ret;
}

/* The guest's driver goes on with what it has accepted at the source. */
static int admvf_parts_check_features(struct admvf *vf)
{
	const struct admvf_set *incoming = &vf->parts.incoming;
	const u64 *here = vf->parts.here.dev_features;
	struct admvf_parts_sum sum;

	admvf_parts_sum(admvf_set_bytes(incoming), incoming->len, &sum);
	if (!(sum.drv_features[0] & ~here[0]) &&
	    !(sum.drv_features[1] & ~here[1]))
		return 0;
	return vfmig_fail(vf->vpci.vm, -EINVAL,
			  "the guest uses features %#llx %#llx, this device offers %#llx %#llx, configure it like the source's",
			  sum.drv_features[0], sum.drv_features[1], here[0],
			  here[1]);
}

/*
 * Parts that have changed, as they lie in the set: what a command has before them takes
 * the place of what is there, for as long as it lasts.
 */
static int admvf_parts_put(struct admvf *vf, u32 at, u32 len)
{
	struct admvf_parts *parts = &vf->parts;
	const struct parts_obj object = {
		.type = cpu_to_le16(PARTS_OBJ_DEV_PARTS),
		.id = cpu_to_le32(parts->set.id),
	};
	void *message = admvf_set_bytes(&parts->incoming) + at - sizeof(object);
	u8 there[sizeof(object)];
	int ret;

	memcpy(there, message, sizeof(there));
	memcpy(message, &object, sizeof(object));
	ret = parts->by->put(vf, message, len);
	memcpy(message, there, sizeof(there));
	if (ret)
		return admvf_fail(vf, ret, "the device does not accept the parts");
	return 0;
}

/* What the source's device offers has been compared, and is never set. */
static int admvf_parts_write(struct admvf *vf, u32 low, u32 high)
{
	const struct admvf_set *incoming = &vf->parts.incoming;
	u32 at = 0, len;
	int ret = 0;

	if (vf->parts.torn)
		return vfmig_fail(vf->vpci.vm, -EIO, ADMVF_OWNER_LOST);
	do {
		len = admvf_parts_to_set(admvf_set_bytes(incoming), incoming->len,
					 low, high, &at);
		if (len)
			ret = admvf_parts_put(vf, at, len);
		at += len;
	} while (len && !ret);
	return ret;
}

/* One that is at 0 begins another set. */
static int admvf_parts_begin_set(struct admvf *vf, u64 size)
{
	struct admvf_parts *parts = &vf->parts;
	int ret;

	parts->incoming_at = 0;
	parts->high = 0;
	ret = admvf_set_alloc(&parts->incoming, size);
	if (ret)
		return vfmig_fail(vf->vpci.vm, ret,
				  "could not allocate %llu bytes for the device parts",
				  size);
	return 0;
}

static int admvf_parts_next(struct admvf *vf, const struct vfmig_record *rec)
{
	const struct admvf_piece *piece = rec->data;
	struct admvf_parts *parts = &vf->parts;
	bool is_change = rec->type == ADMVF_RECORD_CHANGE;
	const char *why;
	u64 value;

	why = is_change ?
	      admvf_change_check(piece, rec->len, parts->incoming_at,
				 parts->incoming.len, &value) :
	      admvf_piece_check(piece, rec->len, parts->incoming_at,
				parts->incoming.len, &value);
	if (why)
		return vfmig_fail(vf->vpci.vm, -EINVAL, "%s %llu", why, value);
	if (is_change || piece->at)
		return 0;
	return admvf_parts_begin_set(vf, le64_to_cpu(piece->size));
}

static int admvf_parts_accept(struct admvf *vf)
{
	return admvf_parts_judge(vf, &vf->parts.incoming, "the source's") ?:
	       admvf_parts_check_features(vf);
}

static void admvf_parts_note_change(struct admvf_parts *parts, u32 at, u32 len)
{
	parts->low = parts->high ? min(parts->low, at) : at;
	parts->high = max(parts->high, at + len);
}

static int admvf_parts_take(struct admvf *vf, const struct vfmig_record *rec)
{
	const struct admvf_piece *piece = rec->data;
	struct admvf_parts *parts = &vf->parts;
	u32 len = rec->len - sizeof(*piece), at = le64_to_cpu(piece->at);

	memcpy(admvf_set_bytes(&parts->incoming) + at, piece->bytes, len);
	if (rec->type == ADMVF_RECORD_CHANGE) {
		admvf_parts_note_change(parts, at, len);
		return 0;
	}
	parts->incoming_at += len;
	if (parts->incoming_at < parts->incoming.len)
		return 0;
	return admvf_parts_accept(vf) ?:
	       admvf_parts_write(vf, 0, parts->incoming.len);
}

/**
 * admvf_parts_load - the next piece of a set, or a change of it
 * @backend: the function, stopped
 * @rec: the record that has it
 *
 * Return: 0 or a negative errno.
 */
int admvf_parts_load(void *backend, const struct vfmig_record *rec)
{
	struct admvf *vf = backend;
	int ret;

	if (rec->type != VFMIG_RECORD_BACKEND &&
	    rec->type != ADMVF_RECORD_CHANGE)
		return -EOPNOTSUPP;
	mutex_lock(&vf->lock);
	ret = admvf_parts_next(vf, rec) ?: admvf_parts_take(vf, rec);
	mutex_unlock(&vf->lock);
	return ret;
}

/* The guest waits. */
static int admvf_parts_finish(struct admvf *vf)
{
	struct admvf_parts *parts = &vf->parts;
	int ret = 0;

	if (parts->high)
		ret = admvf_parts_accept(vf);
	if (!ret)
		ret = admvf_parts_write(vf, parts->low, parts->high);
	if (ret)
		return ret;
	/* They are written, so there is no way back. */
	if (admvf_parts_destroy(vf, &parts->set))
		admvf_due(vf, ADMVF_DUE_ABORT);
	return 0;
}

/**
 * admvf_parts_load_commit - the set is whole, and what has changed is to be written
 * @backend: the function, stopped
 *
 * Return: 0 or a negative errno.
 */
int admvf_parts_load_commit(void *backend)
{
	struct admvf *vf = backend;
	struct admvf_parts *parts = &vf->parts;
	int ret;

	mutex_lock(&vf->lock);
	if (!parts->incoming.message || parts->incoming_at < parts->incoming.len)
		ret = vfmig_fail(vf->vpci.vm, -EINVAL,
				 "the device parts are not whole, %u of %u bytes",
				 parts->incoming_at, parts->incoming.len);
	else
		ret = admvf_parts_finish(vf);
	mutex_unlock(&vf->lock);
	return ret;
}

/**
 * admvf_parts_load_end - the load is over
 * @backend: the function
 */
void admvf_parts_load_end(void *backend)
{
	admvf_due(backend, ADMVF_DUE_ABORT);
}
