// SPDX-License-Identifier: GPL-2.0-only
/*
 * The draft: a context read with DEV_CTX_READ until its length is 0.
 *
 * What is read is gone from the device, so it is read ahead into private memory,
 * checked, and sent from there. That also tells for sure whether anything is left,
 * which DEV_CTX_SIZE_GET only estimates.
 *
 * A function that runs may have new context each time. Pre-copy takes it in rounds, each
 * of what there was when the round began, so that it does not go on for ever. Of a
 * function that is frozen all is read; one whose context does not end is given up.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "admvf.h"

/* One record has it all, behind its head and the stream's in a window of 1 MiB. */
#define ADMVF_CTX_AHEAD		(SZ_1M - SZ_4K)
/* More than any device has memory for. */
#define ADMVF_CTX_MOST		BIT_ULL(40)
/* A device's estimate may be wrong by as much as itself, and by this. */
#define ADMVF_CTX_SLACK		SZ_16M

static int admvf_ctx_size(struct admvf *vf, bool frozen, u64 *size)
{
	__le64 bytes = 0;
	u8 data = frozen;
	struct adm_request request = {
		.opcode = CTX_SIZE_GET,
		.data = &data,
		.data_len = sizeof(data),
		.result = &bytes,
		.result_room = sizeof(bytes),
	};
	int ret = admvf_ask(vf, &request);

	*size = le64_to_cpu(bytes);
	if (ret || (request.result_len == sizeof(bytes) &&
		    *size <= ADMVF_CTX_MOST))
		return ret;
	return admvf_say(vf, -EPROTO,
			 "DEV_CTX_SIZE_GET is answered with %u bytes, which say %llu: 8 bytes are needed, which say at most %llu",
			 request.result_len, *size, ADMVF_CTX_MOST);
}

static int admvf_ctx_start(struct admvf *vf)
{
	struct admvf_ctx *ctx = &vf->ctx;
	int ret;

	ret = admvf_settle_first(vf);
	if (ret)
		return ret;
	ctx->ahead = kvmalloc(ADMVF_CTX_AHEAD, GFP_KERNEL_ACCOUNT);
	if (!ctx->ahead)
		return vfmig_fail(vf->vpci.vm, -ENOMEM,
				  "no room for the context");
	ctx->ahead_len = 0;
	ctx->ahead_at = 0;
	ctx->torn = 0;
	memset(&ctx->saved, 0, sizeof(ctx->saved));
	return 0;
}

/**
 * admvf_ctx_save_begin - a save begins, or its last phase
 * @backend: the function
 * @phase: the phase
 *
 * Return: 0 or a negative errno.
 */
int admvf_ctx_save_begin(void *backend, enum vfmig_phase phase)
{
	struct admvf *vf = backend;
	struct admvf_ctx *ctx = &vf->ctx;
	bool goes_on;
	u64 size;
	int ret;

	mutex_lock(&vf->lock);
	goes_on = ctx->saving && !test_bit(ADMVF_DUE_ABORT, &vf->due);
	ret = goes_on ? 0 : admvf_ctx_start(vf);
	if (ret)
		goto out;
	ret = admvf_ctx_size(vf, phase == VFMIG_STOP_COPY, &size);
	if (ret) {
		admvf_fail(vf, ret, "the size of the context is unknown");
		if (!goes_on)
			admvf_due(vf, ADMVF_DUE_ABORT);
		goto out;
	}
	ctx->announced = size;
	ctx->round = size;
	ctx->limit = 2 * size + ADMVF_CTX_SLACK;
	ctx->dry = false;
	ctx->phase = phase;
	ctx->saving = true;
	if (phase == VFMIG_PRE_COPY)
		admvf_watch(vf);
out:
	mutex_unlock(&vf->lock);
	return ret;
}

/* Is there a reason to read? Before the end of pre-copy only in rounds. */
static bool admvf_ctx_has_more(const struct admvf_ctx *ctx)
{
	return ctx->phase == VFMIG_PRE_COPY ? ctx->round : !ctx->dry;
}

static void admvf_ctx_take(struct admvf_ctx *ctx, u32 len)
{
	ctx->ahead_len = len;
	ctx->ahead_at = 0;
	ctx->announced -= min_t(u64, ctx->announced, len);
	ctx->round -= min_t(u64, ctx->round, len);
	ctx->limit -= min_t(u64, ctx->limit, len);
	if (!len) {
		ctx->dry = true;
		ctx->announced = 0;
		ctx->round = 0;
	}
}

/* As much as was announced and some more: whatever room there is has to be cleared. */
static u32 admvf_ctx_room(const struct admvf_ctx *ctx)
{
	return min_t(u64, ADMVF_CTX_AHEAD, ctx->announced + SZ_64K);
}

/* Reads the next piece where the last one was sent. */
static int admvf_ctx_read_ahead(struct admvf *vf)
{
	struct admvf_ctx *ctx = &vf->ctx;
	struct adm_request request = {
		.opcode = CTX_READ,
		.result = ctx->ahead,
		.result_room = admvf_ctx_room(ctx),
	};
	int ret;

	if (ctx->ahead_at < ctx->ahead_len || !admvf_ctx_has_more(ctx))
		return 0;
	WRITE_ONCE(ctx->reading, true);
	ret = admvf_ask(vf, &request);
	/* What the device has given without saying so is lost. */
	if (!ret && request.output != request.result_len) {
		ret = -EPROTO;
		scnprintf(vf->why, sizeof(vf->why),
			  "DEV_CTX_READ has given %u bytes and says that it gave %u",
			  request.result_len, request.output);
	}
	if (ret) {
		admvf_ctx_tear(vf, ret, vf->why);
		return ret;
	}
	admvf_ctx_take(ctx, request.result_len);
	if (ctx->dry && ctx->phase == VFMIG_STOP_COPY &&
	    admvf_ctx_end(&ctx->saved)) {
		ctx->dry = false;
		return -ENODATA;
	}
	return 0;
}

static bool admvf_ctx_can_save(struct admvf *vf)
{
	return vf->ctx.saving && !vf->ctx.torn &&
	       !test_bit(ADMVF_DUE_ABORT, &vf->due);
}

/**
 * admvf_ctx_save_left - what is left of the context in this phase
 * @backend: the function
 *
 * Return: bytes; 1 where admvf_ctx_save() has a failure to tell.
 */
u64 admvf_ctx_save_left(void *backend)
{
	struct admvf *vf = backend;
	struct admvf_ctx *ctx = &vf->ctx;
	u64 left;

	mutex_lock(&vf->lock);
	if (!admvf_ctx_can_save(vf) || admvf_ctx_read_ahead(vf)) {
		left = 1;
	} else {
		left = ctx->ahead_len - ctx->ahead_at;
		if (left)
			left += ctx->announced;
	}
	mutex_unlock(&vf->lock);
	return left;
}

static int admvf_ctx_refuse_save(struct admvf *vf, const char *why)
{
	const struct admvf_ctx_reader *saved = &vf->ctx.saved;

	return vfmig_fail(vf->vpci.vm, -EPROTO,
			  "the device's context is wrong: field %#x of %llu bytes: %s",
			  saved->type, saved->value, why);
}

static int admvf_ctx_fill(struct admvf *vf, struct vfmig_record *rec)
{
	struct admvf_ctx *ctx = &vf->ctx;
	u8 *from = ctx->ahead + ctx->ahead_at;
	u32 len = min(rec->room, ctx->ahead_len - ctx->ahead_at);
	const char *why;

	why = admvf_ctx_read(&ctx->saved, &ctx->fields, from, len);
	if (why)
		return admvf_ctx_refuse_save(vf, why);
	if (ctx->phase == VFMIG_STOP_COPY && len && !ctx->limit)
		return vfmig_fail(vf->vpci.vm, -EOVERFLOW,
				  "the context of the frozen function does not end, it is more than %u bytes and twice what DEV_CTX_SIZE_GET said",
				  ADMVF_CTX_SLACK);
	rec->type = VFMIG_RECORD_BACKEND;
	rec->len = len;
	memcpy(rec->data, from, len);
	ctx->ahead_at += len;
	return 0;
}

static int admvf_ctx_fail_save(struct admvf *vf, int err)
{
	if (err == -ENODATA)
		return admvf_ctx_refuse_save(vf, admvf_ctx_end(&vf->ctx.saved));
	if (err == -ECANCELED)
		return vfmig_fail(vf->vpci.vm, err,
				  "the save was given up, start the migration again");
	return vfmig_fail(vf->vpci.vm, err, "the context cannot be read: %s",
			  vf->ctx.torn_by);
}

/**
 * admvf_ctx_save - the next bytes of the context
 * @backend: the function
 * @rec: filled
 *
 * Return: 0 or a negative errno.
 */
int admvf_ctx_save(void *backend, struct vfmig_record *rec)
{
	struct admvf *vf = backend;
	int ret;

	mutex_lock(&vf->lock);
	if (vf->ctx.torn)
		ret = vf->ctx.torn;
	else if (admvf_ctx_can_save(vf))
		ret = admvf_ctx_read_ahead(vf);
	else
		ret = -ECANCELED;
	ret = ret ? admvf_ctx_fail_save(vf, ret) : admvf_ctx_fill(vf, rec);
	mutex_unlock(&vf->lock);
	return ret;
}

/**
 * admvf_ctx_save_size - what stop-and-copy would have to send
 * @backend: the function
 *
 * Return: bytes, an estimate.
 */
u64 admvf_ctx_save_size(void *backend)
{
	struct admvf *vf = backend;
	u64 size;

	mutex_lock(&vf->lock);
	if (admvf_settle(vf) || admvf_ctx_size(vf, true, &size))
		size = ADMVF_MIN_RECORD;
	if (vf->ctx.saving)
		size += vf->ctx.ahead_len - vf->ctx.ahead_at;
	mutex_unlock(&vf->lock);
	return size;
}

/**
 * admvf_ctx_save_end - the save is over
 * @backend: the function
 *
 * Discards, also where all was sent: then the function has its context whole again,
 * should its guest be resumed after all.
 */
void admvf_ctx_save_end(void *backend)
{
	admvf_due(backend, ADMVF_DUE_ABORT);
}

/**
 * admvf_ctx_look - has a running function new context?
 * @vf: the function
 *
 * Return: true where a round of pre-copy can begin.
 */
bool admvf_ctx_look(struct admvf *vf)
{
	struct admvf_ctx *ctx = &vf->ctx;
	u64 size;

	if (!admvf_ctx_can_save(vf) || ctx->phase != VFMIG_PRE_COPY)
		return false;
	admvf_watch(vf);
	if (ctx->round || ctx->ahead_at < ctx->ahead_len)
		return false;
	if (admvf_ctx_size(vf, false, &size) || !size)
		return false;
	ctx->round = size;
	ctx->announced = size;
	return true;
}
