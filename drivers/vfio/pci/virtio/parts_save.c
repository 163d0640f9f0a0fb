// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio 1.4: the set of parts read and sent, and then what has changed of it.
 *
 * A set is read as a whole, any number of times, and reading changes nothing. It is
 * mostly what the guest's driver has set up when it was loaded: so pre-copy sends all of
 * it, and when the function has stopped only what has changed. What was sent is kept
 * for that.
 */
#include <linux/minmax.h>
#include <linux/string.h>

#include "admvf.h"

static int admvf_parts_start(struct admvf *vf)
{
	int ret = admvf_settle_first(vf);

	if (ret)
		return ret;
	vf->parts.torn = false;
	vf->parts.sent_at = 0;
	admvf_set_free(&vf->parts.known);
	admvf_set_free(&vf->parts.sent);
	ret = admvf_parts_create(vf, &vf->parts.get, PARTS_TO_GET);
	if (ret)
		return admvf_parts_fail_create(vf, ret);
	return 0;
}

/* Of the changes, the next one from @at on. */
static void admvf_parts_seek(struct admvf_parts *parts, u32 at)
{
	parts->change_at = at;
	parts->change_len = admvf_parts_differ(admvf_set_bytes(&parts->known),
					       admvf_set_bytes(&parts->sent),
					       parts->sent.len,
					       &parts->change_at);
	if (!parts->change_len)
		admvf_set_free(&parts->known);
}

static bool admvf_parts_all_sent(const struct admvf_parts *parts)
{
	return parts->sent.message && parts->sent_at == parts->sent.len;
}

/* Takes @set over. A set of another length, or after half a one, is sent anew. */
static void admvf_parts_renew(struct admvf_parts *parts, struct admvf_set *set)
{
	if (admvf_parts_all_sent(parts) && parts->sent.len == set->len) {
		if (!parts->known.message)
			swap(parts->known, parts->sent);
		swap(parts->sent, *set);
		admvf_parts_seek(parts, 0);
	} else {
		admvf_set_free(&parts->known);
		swap(parts->sent, *set);
		parts->sent_at = 0;
	}
	admvf_set_free(set);
}

static int admvf_parts_refresh(struct admvf *vf)
{
	struct admvf_set set = {};
	int ret;

	ret = admvf_parts_read(vf, vf->parts.get.id, &set);
	if (ret)
		admvf_parts_fail_read(vf, ret);
	else
		ret = admvf_parts_judge(vf, &set, "the device's");
	if (ret) {
		admvf_set_free(&set);
		return ret;
	}
	if (!vf->parts.here_is_known)
		admvf_parts_know(vf, &set);
	admvf_parts_renew(&vf->parts, &set);
	return 0;
}

static bool admvf_parts_can_save(struct admvf *vf)
{
	return vf->parts.saving && !vf->parts.torn &&
	       !test_bit(ADMVF_DUE_ABORT, &vf->due);
}

/**
 * admvf_parts_save_begin - a save begins, or its last phase
 * @backend: the function
 * @phase: the phase
 *
 * Return: 0 or a negative errno.
 */
int admvf_parts_save_begin(void *backend, enum vfmig_phase phase)
{
	struct admvf *vf = backend;
	struct admvf_parts *parts = &vf->parts;
	bool goes_on;
	int ret = 0;

	mutex_lock(&vf->lock);
	goes_on = parts->saving && !test_bit(ADMVF_DUE_ABORT, &vf->due);
	if (goes_on && parts->torn)
		ret = vfmig_fail(vf->vpci.vm, -EIO, ADMVF_OWNER_LOST);
	else if (!goes_on)
		ret = admvf_parts_start(vf);
	if (!ret)
		ret = admvf_parts_refresh(vf);
	if (!ret) {
		parts->phase = phase;
		parts->saving = true;
		if (phase == VFMIG_PRE_COPY)
			admvf_watch(vf);
	} else if (!goes_on) {
		admvf_due(vf, ADMVF_DUE_ABORT);
	}
	mutex_unlock(&vf->lock);
	return ret;
}

static u32 admvf_parts_left(const struct admvf_parts *parts)
{
	return parts->known.message ? parts->change_len :
				      parts->sent.len - parts->sent_at;
}

/**
 * admvf_parts_save_left - what is left of the set in this phase
 * @backend: the function
 *
 * Return: bytes; 1 where admvf_parts_save() has a failure to tell.
 */
u64 admvf_parts_save_left(void *backend)
{
	struct admvf *vf = backend;
	struct admvf_parts *parts = &vf->parts;
	u64 left = 1;

	mutex_lock(&vf->lock);
	if (admvf_parts_can_save(vf)) {
		left = admvf_parts_left(parts);
		if (left)
			left += sizeof(struct admvf_piece);
	}
	mutex_unlock(&vf->lock);
	return left;
}

static void admvf_parts_fill(struct admvf_parts *parts, struct vfmig_record *rec,
			     u32 at, u32 len)
{
	struct admvf_piece *piece = rec->data;

	rec->len = sizeof(*piece) + len;
	piece->size = cpu_to_le64(parts->sent.len);
	piece->at = cpu_to_le64(at);
	memcpy(piece->bytes, admvf_set_bytes(&parts->sent) + at, len);
}

static void admvf_parts_fill_change(struct admvf_parts *parts,
				    struct vfmig_record *rec, u32 len)
{
	u32 at = parts->change_at;

	rec->type = ADMVF_RECORD_CHANGE;
	admvf_parts_fill(parts, rec, at, len);
	memcpy(admvf_set_bytes(&parts->known) + at,
	       admvf_set_bytes(&parts->sent) + at, len);
	admvf_parts_seek(parts, at + len);
}

static void admvf_parts_fill_next(struct admvf_parts *parts, struct vfmig_record *rec)
{
	u32 len = min_t(u32, rec->room - sizeof(struct admvf_piece),
			admvf_parts_left(parts));

	rec->len = 0;
	if (!len)
		return;
	if (parts->known.message) {
		admvf_parts_fill_change(parts, rec, len);
		return;
	}
	rec->type = VFMIG_RECORD_BACKEND;
	admvf_parts_fill(parts, rec, parts->sent_at, len);
	parts->sent_at += len;
}

/**
 * admvf_parts_save - the next piece of the set
 * @backend: the function
 * @rec: filled
 *
 * Return: 0 or a negative errno.
 */
int admvf_parts_save(void *backend, struct vfmig_record *rec)
{
	struct admvf *vf = backend;
	int ret = 0;

	mutex_lock(&vf->lock);
	if (admvf_parts_can_save(vf))
		admvf_parts_fill_next(&vf->parts, rec);
	else
		ret = vfmig_fail(vf->vpci.vm, -EIO, vf->parts.torn ? ADMVF_OWNER_LOST :
				 "the save was given up before, start the migration again");
	mutex_unlock(&vf->lock);
	return ret;
}

/* The object is there as long as a save is. */
static int admvf_parts_ask_size(struct admvf *vf, u32 *size)
{
	struct admvf_parts *parts = &vf->parts;
	int ret;

	ret = admvf_settle(vf);
	if (ret)
		return ret;
	if (parts->saving)
		return parts->by->size(vf, parts->get.id, size);
	ret = admvf_parts_create(vf, &parts->get, PARTS_TO_GET);
	if (ret)
		return ret;
	ret = parts->by->size(vf, parts->get.id, size);
	admvf_parts_give_back(vf);
	return ret;
}

/**
 * admvf_parts_save_size - what stop-and-copy would have to send
 * @backend: the function
 *
 * All of the set, for who knows what will have changed; where it was sent, changes.
 *
 * Return: bytes, an estimate.
 */
u64 admvf_parts_save_size(void *backend)
{
	struct admvf *vf = backend;
	u32 size;

	mutex_lock(&vf->lock);
	if ((admvf_parts_can_save(vf) && admvf_parts_all_sent(&vf->parts)) ||
	    admvf_parts_ask_size(vf, &size))
		size = ADMVF_MIN_RECORD;
	mutex_unlock(&vf->lock);
	return (u64)size + sizeof(struct admvf_piece);
}

/**
 * admvf_parts_save_end - the save is over
 * @backend: the function
 */
void admvf_parts_save_end(void *backend)
{
	admvf_due(backend, ADMVF_DUE_ABORT);
}

/**
 * admvf_parts_look - have the parts of a running function changed?
 * @vf: the function
 *
 * Parts that are wrong fail the save when the function has stopped.
 *
 * Return: true where there is something to send.
 */
bool admvf_parts_look(struct admvf *vf)
{
	struct admvf_parts *parts = &vf->parts;
	struct admvf_part_at bad;
	struct admvf_set set = {};

	if (!admvf_parts_can_save(vf) || parts->phase != VFMIG_PRE_COPY)
		return false;
	admvf_watch(vf);
	if (admvf_parts_left(parts))
		return false;
	if (admvf_parts_read(vf, parts->get.id, &set) ||
	    admvf_parts_check(admvf_set_bytes(&set), set.len, &bad))
		admvf_set_free(&set);
	else
		admvf_parts_renew(parts, &set);
	return admvf_parts_left(parts);
}
