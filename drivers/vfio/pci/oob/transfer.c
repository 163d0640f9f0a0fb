// SPDX-License-Identifier: GPL-2.0-only
/*
 * State on its way: an agent puts it into the window, or takes it from there.
 *
 * Records of type OOB_RECORD_STATE have bytes that only the agents at both ends know.
 * They have no CRC: the kernel does not touch them, and the agent may write to them
 * until userspace has taken them. What checks them is the plugin's.
 */
#include <linux/minmax.h>
#include <linux/string.h>

#include "oob.h"

/* What is left where it cannot be said: so the failure is met in ->save(). */
#define OOB_UNKNOWN	1

static int oob_move(struct oob_device *device, u64 bytes)
{
	device->moved += bytes;
	if (device->moved <= VFMIG_AGENT_STATE_MAX)
		return 0;
	return vfmig_fail(device->vpci.vm, -E2BIG, "the state has more than %llu bytes",
			  VFMIG_AGENT_STATE_MAX);
}

static void oob_count(u64 *counter, u64 bytes)
{
	spin_lock(&oob_lock);
	*counter += bytes;
	spin_unlock(&oob_lock);
}

static int oob_ask_pending(struct oob_device *device)
{
	struct vfmig_agent_request request = { .type = VFMIG_AGENT_PENDING };
	struct vfmig_agent_reply reply;
	int ret;

	ret = oob_ask(device, &request, &reply);
	if (!ret)
		device->pending = reply.arg[0];
	return ret;
}

/**
 * oob_save_left - what is yet to be saved in this phase
 * @backend: the function
 *
 * What the agent has said is taken to its end before it is asked again.
 *
 * Return: bytes.
 */
u64 oob_save_left(void *backend)
{
	struct oob_device *device = backend;

	if (!device->pending && !device->is_over && !device->save_err) {
		device->save_err = oob_ask_pending(device);
		device->is_over = !device->save_err && !device->pending &&
				  device->phase == VFMIG_STOP_COPY;
		if (device->is_over)
			device->may_be_elsewhere = true;
	}
	return device->save_err ? OOB_UNKNOWN : device->pending;
}

/* Of what has failed in an access before, where it was said as well. */
static int oob_tell_why(struct oob_device *device)
{
	char why[OOB_WHY_LEN];

	spin_lock(&oob_lock);
	strscpy(why, device->known.why, sizeof(why));
	spin_unlock(&oob_lock);
	return vfmig_fail(device->vpci.vm, device->save_err,
			  "the agent has failed before, in this save: %s", why);
}

/**
 * oob_save - have the agent fill a record
 * @backend: the function
 * @rec: the record
 *
 * Return: 0 or a negative errno.
 */
int oob_save(void *backend, struct vfmig_record *rec)
{
	struct oob_device *device = backend;
	struct vfmig_agent_request request = { .type = VFMIG_AGENT_SAVE };
	u64 len = min3(device->pending, device->transfer_max, (u64)rec->room);
	struct vfmig_agent_reply reply;
	int ret;

	if (device->save_err)
		return oob_tell_why(device);
	rec->len = 0;
	if (!len)
		return 0;
	request.arg[0] = vfmig_window_offset(device->window, rec->data);
	request.arg[1] = len;
	ret = oob_move(device, len) ?: oob_ask(device, &request, &reply);
	if (ret)
		return device->save_err = ret;
	oob_count(&device->known.saved, len);
	device->pending -= len;
	rec->type = OOB_RECORD_STATE;
	rec->flags = VFMIG_RECORD_NO_CRC;
	rec->len = len;
	return 0;
}

/**
 * oob_load - a record with a CRC, of which there are none
 * @backend: the function
 * @rec: the record
 *
 * Return: -EOPNOTSUPP.
 */
int oob_load(void *backend, const struct vfmig_record *rec)
{
	return -EOPNOTSUPP;
}

static int oob_load_some(struct oob_device *device, const struct vfmig_record *rec,
			 const struct vfmig_piece *piece, u32 done, u32 len)
{
	struct vfmig_agent_request request = {
		.type = VFMIG_AGENT_LOAD,
		.arg[0] = vfmig_window_offset(device->window, piece->data + done),
		.arg[1] = len,
		.arg[2] = piece->at + done,
		.arg[3] = rec->len,
	};
	struct vfmig_agent_reply reply;

	return oob_ask(device, &request, &reply);
}

/**
 * oob_load_piece - have the agent take bytes out of the window
 * @backend: the function
 * @rec: their record, which is what one SAVE has made
 * @piece: the bytes
 *
 * Return: 0 or a negative errno.
 */
int oob_load_piece(void *backend, const struct vfmig_record *rec,
		   const struct vfmig_piece *piece)
{
	struct oob_device *device = backend;
	u32 done, len;
	int ret;

	if (rec->type != OOB_RECORD_STATE)
		return -EOPNOTSUPP;
	ret = oob_move(device, piece->len);
	for (done = 0; !ret && done < piece->len; done += len) {
		len = min_t(u64, piece->len - done, device->transfer_max);
		ret = oob_load_some(device, rec, piece, done, len);
	}
	if (!ret)
		oob_count(&device->known.loaded, piece->len);
	return ret;
}

/**
 * oob_loaded - ask whether what was loaded is in the function
 * @device: the function
 *
 * Return: 0 or a negative errno.
 */
int oob_loaded(struct oob_device *device)
{
	struct vfmig_agent_request request = { .type = VFMIG_AGENT_LOADED };
	struct vfmig_agent_reply reply;

	return oob_ask(device, &request, &reply);
}
