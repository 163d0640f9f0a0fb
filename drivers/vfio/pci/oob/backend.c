// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core's calls, as sessions of an agent.
 *
 * Without an agent the function is as under vfio-pci: to pause a VM does nothing to it.
 * With one it is stopped as soon as its VM is, since a VMM may send the VM's memory from
 * there on. What an agent was told to stop and cannot have run any more, because it is
 * gone or its device is, another one is asked to have run. Where there is none it runs for
 * the core all the same: to keep the VM from running would help nobody.
 */
#include <linux/err.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "oob.h"

#define OOB_FACT(n)	(VFMIG_FACT_BACKEND + (n))
#define OOB_NAME_FACTS	(VFMIG_AGENT_NAME_LEN / sizeof(u64))

/*
 * What an agent has refused, or has died of, the save fails with when more of it is asked
 * for, and not the step of its VM: QEMU resets a device that does not stop with the
 * others, and the guest that is to go on would have lost it.
 */
static int oob_fail_save(struct oob_device *device, int err)
{
	if (err != -EREMOTEIO && err != -ENOTCONN)
		return err;
	device->save_err = err;
	return 0;
}

/* In pre-copy. */
static int oob_stop_saving(struct oob_device *device)
{
	int err = oob_set_state(device, device->state & ~VFMIG_AGENT_RUNNING, 0);

	device->stop_failed = err;
	return err ? oob_fail_save(device, err) : 0;
}

static int oob_quiesce(void *backend)
{
	struct oob_device *device = backend;
	int ret = 0;

	/* First, since the agent may be gone, and another one there, as soon as it has. */
	oob_hold(device);
	if (!device->session)
		oob_stop(device);
	else if (device->state & VFMIG_AGENT_RUNNING)
		ret = oob_stop_saving(device);
	if (ret)
		oob_let_go(device);
	return ret;
}

static int oob_freeze(void *backend)
{
	return 0;
}

static bool oob_goes_on(const struct oob_device *device)
{
	return device->is_saving && device->phase == VFMIG_PRE_COPY && !device->save_err;
}

/* Pre-copy that goes on, a load that is whole, or a pause or a save that is over. */
static int oob_have_it_run(struct oob_device *device)
{
	u32 pre_copy = VFMIG_AGENT_RUNNING | VFMIG_AGENT_SAVING;
	int ret;

	if (oob_goes_on(device)) {
		ret = oob_fail_save(device, oob_set_state(device, pre_copy, 0));
		if (ret || !device->save_err)
			return ret;
	}
	if (device->is_loaded)
		return oob_set_state(device, VFMIG_AGENT_RUNNING, 0);
	return oob_cancel(device, device->session);
}

static int oob_run(void *backend)
{
	struct oob_device *device = backend;
	int ret;

	ret = device->session ? oob_have_it_run(device) : 0;
	if (ret && ret != -ENOTCONN)
		return ret;
	ret = oob_let_run(device);
	if (ret || oob_goes_on(device))
		return ret;
	device->may_be_elsewhere = false;
	if (device->session)
		oob_end_session(device);
	return 0;
}

/* What was saved or loaded before and never ran stays stopped, and is saved once more. */
static int oob_begin_save(struct oob_device *device)
{
	if (oob_has_stopped(device))
		return oob_save_stopped(device);
	oob_leave(device, VFMIG_AGENT_SET_STATE);
	return oob_begin(device, VFMIG_AGENT_SAVING |
				 (oob_is_held(device) ? 0 : VFMIG_AGENT_RUNNING));
}

static int oob_save_begin(void *backend, enum vfmig_phase phase)
{
	struct oob_device *device = backend;
	int ret = 0;

	if (!device->is_saving) {
		device->save_err = 0;
		ret = oob_begin_save(device);
	}
	if (ret)
		return ret;
	device->is_saving = true;
	device->phase = phase;
	device->pending = 0;
	device->is_over = false;
	return 0;
}

static void oob_save_end(void *backend)
{
	struct oob_device *device = backend;

	device->is_saving = false;
	/* In pre-copy nothing was stopped, so nothing has to be run again. */
	if (device->session && device->state & VFMIG_AGENT_RUNNING)
		oob_leave(device, VFMIG_AGENT_ABORT);
}

static int oob_load_begin(void *backend)
{
	struct oob_device *device = backend;
	int ret;

	oob_leave(device, VFMIG_AGENT_SET_STATE);
	ret = oob_begin(device, VFMIG_AGENT_RESUMING);
	if (!ret)
		device->may_be_elsewhere = true;
	return ret;
}

static int oob_load_commit(void *backend)
{
	struct oob_device *device = backend;
	int ret = oob_loaded(device);

	device->is_loaded = !ret;
	return ret;
}

/*
 * What has come of a state may be enough for the function to go on with it, beside the one
 * at the source: so it does not run before it is reset.
 */
static void oob_load_end(void *backend)
{
	struct oob_device *device = backend;

	if (!device->is_loaded)
		oob_leave(device, VFMIG_AGENT_SET_STATE);
}

static int oob_identity(void *backend, struct vfmig_fact *facts, unsigned int max)
{
	static const char * const names[OOB_NAME_FACTS] = {
		"name of the agent's plugin, bytes 0 to 7 as a little-endian number",
		"name of the agent's plugin, bytes 8 to 15",
		"name of the agent's plugin, bytes 16 to 23",
		"name of the agent's plugin, bytes 24 to 31",
	};
	struct oob_device *device = backend;
	__le64 name[OOB_NAME_FACTS];
	unsigned int i;

	if (!device->session)
		return -EAGAIN;
	if (max < OOB_NAME_FACTS + 1)
		return -ENOSPC;
	memcpy(name, device->known.hello.name, sizeof(name));
	for (i = 0; i < OOB_NAME_FACTS; i++)
		facts[i] = (struct vfmig_fact) {
			.id = OOB_FACT(1 + i),
			.rule = VFMIG_FACT_EQUAL,
			.value = le64_to_cpu(name[i]),
			.name = names[i],
		};
	facts[i] = (struct vfmig_fact) {
		.id = OOB_FACT(1 + i),
		.rule = VFMIG_FACT_AT_LEAST,
		.value = device->known.hello.state_version,
		.name = "version of the state of the agent's plugin",
	};
	return OOB_NAME_FACTS + 1;
}

/* Who has had the function before may have left it stopped. */
static int oob_open(void *backend)
{
	struct oob_device *device = backend;

	device->is_saving = false;
	device->is_loaded = false;
	device->may_be_elsewhere = false;
	device->is_open = true;
	oob_let_go(device);
	return 0;
}

/* Of a state there is one that runs, and it may be elsewhere: it is held on. */
static void oob_close(void *backend)
{
	struct oob_device *device = backend;
	bool left = device->may_be_elsewhere;

	if (!left)
		oob_let_go(device);
	oob_leave(device, left ? VFMIG_AGENT_SET_STATE : VFMIG_AGENT_ABORT);
	device->is_open = false;
}

/* Vfio resets it when it is closed, too, and before it is opened. */
static void oob_reset(void *backend)
{
	struct oob_device *device = backend;

	if (!device->is_open)
		return;
	device->may_be_elsewhere = false;
	oob_let_go(device);
	oob_leave(device, VFMIG_AGENT_ABORT);
}

const struct vfmig_backend_ops oob_backend_ops = {
	.name		= "oob",
	.stream_version	= 1,
	.min_record	= OOB_MIN_RECORD,
	.open		= oob_open,
	.close		= oob_close,
	.identity	= oob_identity,
	.quiesce	= oob_quiesce,
	.run		= oob_run,
	.freeze		= oob_freeze,
	.save_begin	= oob_save_begin,
	.save_left	= oob_save_left,
	.save		= oob_save,
	.save_end	= oob_save_end,
	.load_begin	= oob_load_begin,
	.load		= oob_load,
	.load_piece	= oob_load_piece,
	.load_commit	= oob_load_commit,
	.load_end	= oob_load_end,
	.reset		= oob_reset,
};
