// SPDX-License-Identifier: GPL-2.0-only
/*
 * The draft: a context written with DEV_CTX_WRITE.
 *
 * It is written as it comes, and not kept. What is written in Freeze takes effect when
 * Freeze is left and no sooner, and DEV_CTX_DISCARD makes it as if it had never been
 * written: the device itself keeps it aside, however large it is, and the guest is not
 * kept waiting for all of it at the end.
 *
 * The commit takes the function to Stop and back, so that a device which cannot make
 * anything of the context says so while the source can still go on.
 */
#include "admvf.h"

/**
 * admvf_ctx_load_begin - a load begins
 * @backend: the function, frozen
 *
 * Return: 0 or a negative errno.
 */
int admvf_ctx_load_begin(void *backend)
{
	struct admvf *vf = backend;
	int ret;

	mutex_lock(&vf->lock);
	ret = admvf_settle_first(vf);
	vf->ctx.torn = 0;
	memset(&vf->ctx.loaded, 0, sizeof(vf->ctx.loaded));
	mutex_unlock(&vf->lock);
	return ret;
}

static int admvf_ctx_refuse_load(struct admvf *vf, const char *why)
{
	const struct admvf_ctx_reader *loaded = &vf->ctx.loaded;

	return vfmig_fail(vf->vpci.vm, -EINVAL,
			  "the context is wrong: field %#x of %llu bytes: %s",
			  loaded->type, loaded->value, why);
}

static int admvf_ctx_write(struct admvf *vf, const void *bytes, u32 len)
{
	struct adm_request request = {
		.opcode = CTX_WRITE,
		.data = bytes,
		.data_len = len,
	};
	int ret;

	WRITE_ONCE(vf->ctx.writing, true);
	ret = admvf_ask(vf, &request);
	if (ret)
		return admvf_fail(vf, ret, "the context cannot be written");
	return 0;
}

/**
 * admvf_ctx_load - the next bytes of the context
 * @backend: the function, frozen
 * @rec: the record that has them
 *
 * Return: 0 or a negative errno.
 */
int admvf_ctx_load(void *backend, const struct vfmig_record *rec)
{
	struct admvf *vf = backend;
	const char *why;
	int ret;

	if (rec->type != VFMIG_RECORD_BACKEND)
		return -EOPNOTSUPP;
	mutex_lock(&vf->lock);
	why = admvf_ctx_read(&vf->ctx.loaded, &vf->ctx.fields, rec->data,
			     rec->len);
	if (why)
		ret = admvf_ctx_refuse_load(vf, why);
	else
		ret = admvf_ctx_write(vf, rec->data, rec->len);
	mutex_unlock(&vf->lock);
	return ret;
}

/**
 * admvf_ctx_load_commit - the context is whole, and is to take effect
 * @backend: the function, frozen
 *
 * Return: 0 or a negative errno.
 */
int admvf_ctx_load_commit(void *backend)
{
	struct admvf *vf = backend;
	const char *why;
	int ret;

	mutex_lock(&vf->lock);
	why = admvf_ctx_end(&vf->ctx.loaded);
	if (why) {
		ret = admvf_ctx_refuse_load(vf, why);
		goto out;
	}
	/* What was written may be gone. */
	if (vf->ctx.torn) {
		ret = vfmig_fail(vf->vpci.vm, -EIO,
				 "%s", vf->ctx.torn_by);
		goto out;
	}
	ret = admvf_ctx_set_mode(vf, CTX_STOP);
	if (ret) {
		admvf_fail(vf, ret, "the device does not accept the context");
		goto out;
	}
	WRITE_ONCE(vf->ctx.writing, false);
	ret = admvf_ctx_set_mode(vf, CTX_FREEZE);
	if (ret)
		admvf_fail(vf, ret, "the function cannot be frozen again");
out:
	mutex_unlock(&vf->lock);
	return ret;
}

/**
 * admvf_ctx_load_end - the load is over
 * @backend: the function
 */
void admvf_ctx_load_end(void *backend)
{
	struct admvf *vf = backend;

	if (READ_ONCE(vf->ctx.writing))
		admvf_due(vf, ADMVF_DUE_ABORT);
}
