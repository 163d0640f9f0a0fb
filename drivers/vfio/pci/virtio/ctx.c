// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend of the draft: modes, identity, reset.
 *
 * RUNNING is Active, quiesced is Stop, frozen is Freeze. The owner may not answer,
 * and then nobody knows whether a command was carried out: a function that was to
 * be stopped counts as stopped until it was told to run.
 */
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "admvf.h"

/**
 * admvf_ctx_set_mode - take the function to another mode
 * @vf: the function
 * @mode: the mode
 *
 * Return: 0, or the errno of the command, and where the device has answered the
 * function is in the mode it was in.
 */
int admvf_ctx_set_mode(struct admvf *vf, enum ctx_mode mode)
{
	u8 data = mode;
	struct adm_request request = {
		.opcode = CTX_MODE_SET,
		.data = &data,
		.data_len = sizeof(data),
	};
	int ret = admvf_ask(vf, &request);

	if (!ret || (!vf->refused && mode > vf->ctx.mode))
		WRITE_ONCE(vf->ctx.mode, mode);
	return ret;
}

static int admvf_ctx_freeze(void *backend)
{
	struct admvf *vf = backend;
	int ret;

	mutex_lock(&vf->lock);
	ret = admvf_settle_first(vf);
	if (ret)
		goto out;
	ret = admvf_ctx_set_mode(vf, CTX_FREEZE);
	if (ret)
		admvf_fail(vf, ret, "the function cannot be frozen");
out:
	mutex_unlock(&vf->lock);
	return ret;
}

/* A half-written context must not take effect; what else is due can wait. */
static int admvf_ctx_leave_freeze(struct admvf *vf)
{
	int ret = admvf_settle(vf);

	if (ret && vf->ctx.writing)
		return admvf_fail(vf, ret,
				  "a half-written context cannot be discarded");
	ret = admvf_ctx_set_mode(vf, CTX_STOP);
	if (!ret || admvf_owner_is_dead(vf))
		return 0;
	return admvf_fail(vf, ret, "the function cannot be taken out of Freeze");
}

/* A save that has begun its last phase is over with this, in whatever way. */
static int admvf_ctx_thaw(void *backend)
{
	struct admvf *vf = backend;
	int ret;

	mutex_lock(&vf->lock);
	if (vf->ctx.saving && vf->ctx.phase == VFMIG_STOP_COPY)
		admvf_due(vf, ADMVF_DUE_ABORT);
	ret = admvf_ctx_leave_freeze(vf);
	mutex_unlock(&vf->lock);
	return ret;
}

static void admvf_ctx_forget(struct admvf *vf)
{
	kvfree(vf->ctx.ahead);
	vf->ctx.ahead = NULL;
}

static int admvf_ctx_abort(struct admvf *vf)
{
	struct adm_request request = { .opcode = CTX_DISCARD };
	struct admvf_ctx *ctx = &vf->ctx;
	int ret;

	ctx->saving = false;
	admvf_ctx_forget(vf);
	if (!ctx->reading && !ctx->writing)
		return 0;
	ret = admvf_ask(vf, &request);
	if (ret)
		return ret;
	WRITE_ONCE(ctx->reading, false);
	WRITE_ONCE(ctx->writing, false);
	return 0;
}

static bool admvf_ctx_is_stopped(const struct admvf *vf)
{
	return READ_ONCE(vf->ctx.mode) != CTX_ACTIVE;
}

static int admvf_ctx_stop(struct admvf *vf)
{
	return admvf_ctx_set_mode(vf, CTX_STOP);
}

/* A half-written context must not take effect. */
static int admvf_ctx_wake(struct admvf *vf)
{
	if (!vf->ctx.writing)
		return admvf_ctx_set_mode(vf, CTX_ACTIVE);
	strscpy(vf->why, "a half-written context could not be discarded",
		sizeof(vf->why));
	return -EBUSY;
}

static int admvf_ctx_repeat(struct admvf *vf)
{
	return admvf_ctx_is_stopped(vf) ?
	       admvf_ctx_set_mode(vf, vf->ctx.mode) : 0;
}

/**
 * admvf_ctx_tear - what is under way cannot go on
 * @vf: the function
 * @err: errno of that
 * @why: the same in words
 *
 * The first reason counts.
 */
void admvf_ctx_tear(struct admvf *vf, int err, const char *why)
{
	struct admvf_ctx *ctx = &vf->ctx;

	if (ctx->torn)
		return;
	ctx->torn = err;
	strscpy(ctx->torn_by, why, sizeof(ctx->torn_by));
}

static void admvf_ctx_lost(struct admvf *vf)
{
	admvf_ctx_tear(vf, -ESTALE, ADMVF_OWNER_LOST);
}

static void admvf_ctx_reset(void *backend)
{
	struct admvf *vf = backend;

	bool has_begun = READ_ONCE(vf->ctx.reading) ||
			 READ_ONCE(vf->ctx.writing);

	admvf_was_reset(vf, has_begun);
}

/*
 * Whoever had the function before may have left it in any mode, and with a context
 * that was read or written in part, which outlives a reset of the function.
 */
static int admvf_ctx_find_mode(struct admvf *vf)
{
	u8 mode[sizeof(u64)] = {};
	struct adm_request request = {
		.opcode = CTX_MODE_GET,
		.result = mode,
		.result_room = sizeof(mode),
	};
	int ret = admvf_ask(vf, &request);

	if (ret)
		return admvf_fail(vf, ret, "the function's mode is unknown");
	if (request.result_len != 1 || mode[0] > CTX_FREEZE)
		return vfmig_fail(vf->vpci.vm, -EPROTO,
				  "DEV_MODE_GET is answered with %u bytes, the first is %#x, instead of a mode",
				  request.result_len, mode[0]);
	vf->ctx.mode = mode[0];
	vf->ctx.reading = true;
	set_bit(ADMVF_DUE_ABORT, &vf->due);
	if (admvf_ctx_is_stopped(vf)) {
		vf->ctx.writing = true;
		set_bit(ADMVF_DUE_RUN, &vf->due);
	}
	return admvf_settle_first(vf);
}

static int admvf_ctx_find_fields(struct admvf *vf)
{
	/* One more than there may be, for what does not fit is cut without a word. */
	u32 room = (ADMVF_CTX_MAX_FIELDS + 1) * sizeof(struct ctx_field);
	struct adm_request request = {
		.opcode = CTX_FIELDS_QUERY,
		.result_room = room,
	};
	const char *why = NULL;
	u64 value;
	int ret;

	request.result = kzalloc(room, GFP_KERNEL_ACCOUNT);
	if (!request.result)
		return -ENOMEM;
	ret = admvf_ask(vf, &request);
	if (!ret)
		why = admvf_ctx_learn(&vf->ctx.fields, request.result,
				      request.result_len, &value);
	kfree(request.result);
	if (ret)
		return admvf_fail(vf, ret, "the context's fields are unknown");
	if (why)
		return vfmig_fail(vf->vpci.vm, -EPROTO, "%s %#llx", why, value);
	return 0;
}

static int admvf_ctx_begin(struct admvf *vf)
{
	return admvf_ctx_find_mode(vf) ?: admvf_ctx_find_fields(vf);
}

static int admvf_ctx_identity(void *backend, struct vfmig_fact *facts,
			      unsigned int max)
{
	struct admvf *vf = backend;

	if (max < 1 + ADMVF_CTX_FACTS)
		return -ENOSPC;
	return admvf_vectors_fact(vf, facts) +
	       admvf_ctx_facts(&vf->ctx.fields, facts + 1);
}

static const struct vfmig_backend_ops admvf_ctx_ops = {
	.name		= ADMVF_CTX_NAME,
	.stream_version	= ADMVF_CTX_VERSION,
	.min_record	= ADMVF_MIN_RECORD,
	.open		= admvf_open,
	.close		= admvf_close,
	.identity	= admvf_ctx_identity,
	.quiesce	= admvf_quiesce,
	.run		= admvf_run,
	.freeze		= admvf_ctx_freeze,
	.thaw		= admvf_ctx_thaw,
	.save_begin	= admvf_ctx_save_begin,
	.save_left	= admvf_ctx_save_left,
	.save		= admvf_ctx_save,
	.save_size	= admvf_ctx_save_size,
	.save_end	= admvf_ctx_save_end,
	.load_begin	= admvf_ctx_load_begin,
	.load		= admvf_ctx_load,
	.load_commit	= admvf_ctx_load_commit,
	.load_end	= admvf_ctx_load_end,
	.reset		= admvf_ctx_reset,
};

const struct admvf_design admvf_ctx_design = {
	.ops		= &admvf_ctx_ops,
	.watch_ms	= 100,
	.begin		= admvf_ctx_begin,
	.forget		= admvf_ctx_forget,
	.abort		= admvf_ctx_abort,
	.is_stopped	= admvf_ctx_is_stopped,
	.stop		= admvf_ctx_stop,
	.wake		= admvf_ctx_wake,
	.repeat		= admvf_ctx_repeat,
	.look		= admvf_ctx_look,
	.lost		= admvf_ctx_lost,
};
