// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of a plugin. All that a function has to save changes until it is stopped,
 * and is small: it is read at the stop, and loaded with the last of its bytes, so that
 * what fails then fails while the source can go on.
 */
#include <stdio.h>

#include "../../vfio-migration-plugin.h"
#include "igb.h"

/* v1 of VFIO's migration states. */
#define RUNNING		0x1
#define SAVING		0x2
#define RESUMING	0x4

struct igb {
	struct igbvf_device vf;
	struct igbvf_guest guest;
	unsigned int number;
	uint32_t state;
	bool in_use;
	bool is_stopped;
	/* Bytes of the state that were saved, or loaded. */
	size_t done;
	/* They have taken effect. */
	bool is_loaded;
	bool has_failed;
};

static struct igb igb;

static void *igb_init(char *devid, char *arg)
{
	int number;

	if (igb.in_use) {
		fprintf(stderr, "%s: a process has one function, this one has another\n", devid);
		return NULL;
	}
	number = igb_bar_open(devid, arg);
	if (number < 0)
		return NULL;
	memset(&igb, 0, sizeof(igb));
	igb.in_use = true;
	igb.number = number;
	igb.state = RUNNING;
	igb.vf.regs = igb_function_regs;
	igb.vf.guest = &igb.guest;
	igb_address_of(number);
	igb_complain_as(devid);
	return &igb;
}

static int igb_cleanup(void *handle)
{
	(void)handle;
	igb_complain_as("igb");
	igb_bar_close();
	igb.in_use = false;
	return 0;
}

static int igb_check(const struct igbvf_state *state)
{
	struct igbvf_bad_field bad;
	const char *why = igbvf_state_check(state, sizeof(*state), &bad);

	if (!why)
		return 0;
	if (!bad.name)
		return vfmig_fail(NULL, -EINVAL, "%s", why);
	return vfmig_fail(NULL, -EINVAL, "%s is %#x: %s", bad.name, bad.value, why);
}

static int igb_start(void)
{
	int err;

	if (!igb.is_stopped)
		return 0;
	err = igbvf_start(&igb.vf);
	if (err)
		return err;
	igb_give_back(igb.number, &igb.guest.mailbox);
	igb.is_stopped = false;
	return 0;
}

static int igb_read(struct igbvf_state *state)
{
	int err = igbvf_read_state(&igb.vf, state);

	if (err)
		return err;
	state->flags &= cpu_to_le32(IGBVF_STATE_LINK);
	state->flags |= cpu_to_le32(igb_read_asked(igb.number, &state->asked));
	return igb_check(state);
}

static int igb_stop(void)
{
	int err;

	if (igb.is_stopped)
		return 0;
	igb_note_request(igb.number, &igb.guest.mailbox);
	err = igbvf_stop(&igb.vf);
	if (err) {
		/* It runs as before, or as much of it as can be had. */
		igb_give_back(igb.number, &igb.guest.mailbox);
		return err;
	}
	igb.is_stopped = true;
	igb.done = 0;
	err = igb_read(&igb.guest.state);
	if (err)
		igb_start();
	return err;
}

static int igb_commit(void)
{
	const struct igbvf_state *state = &igb.guest.incoming;
	int err = igb_check(state);

	if (err)
		return err;
	memset(&igb.guest.mailbox, 0, sizeof(igb.guest.mailbox));
	memset(&igb.vf.run, 0, sizeof(igb.vf.run));
	igb.is_stopped = false;
	err = igbvf_pf_restore(&igb.vf, state);
	if (!err)
		err = igbvf_write_state(&igb.vf, state);
	if (!err)
		err = igbvf_pf_leave(&igb.vf, state);
	if (err) {
		/* Who comes next is not to get this guest's frames. */
		igbvf_pf_take_back(&igb.vf);
		return err;
	}
	igb.guest.mailbox.unread = le32_to_cpu(state->mailbox) & IGBVF_MBX_R2C;
	igbvf_plan_run(&igb.vf.run, state);
	igb.is_stopped = true;
	igb.is_loaded = true;
	return 0;
}

static bool is_torn(void)
{
	return igb.state == RESUMING && (igb.has_failed || (igb.done && !igb.is_loaded));
}

/* What is not whole must not look as if it were: it is forgotten, and the next one may run. */
static int igb_leave_resuming(void)
{
	bool torn = is_torn() && !igb.has_failed;

	igb.done = 0;
	igb.has_failed = false;
	if (torn)
		return vfmig_fail(NULL, -EINVAL, "the state that was loaded is not whole");
	return 0;
}

static void igb_begin_load(void)
{
	igb.done = 0;
	igb.is_loaded = false;
	igb.has_failed = false;
}

static int igb_set_state(void *handle, uint32_t state)
{
	int err = 0;

	(void)handle;
	if (igb.state == RESUMING && state != RESUMING)
		err = igb_leave_resuming();
	if (err)
		return -1;
	switch (state) {
	case RESUMING:
		if (igb.state != RESUMING)
			igb_begin_load();
		break;
	case RUNNING:
	case RUNNING | SAVING:
		err = igb_start();
		break;
	case SAVING:
	case 0:
		err = igb_stop();
		break;
	default:
		err = vfmig_fail(NULL, -EINVAL, "%#x is no state", state);
	}
	if (err)
		return -1;
	igb.state = state;
	return 0;
}

/* RESUMING | SAVING is v1's for an error. */
static int igb_get_state(void *handle, uint32_t *state)
{
	(void)handle;
	*state = is_torn() ? RESUMING | SAVING : igb.state;
	return 0;
}

static int igb_update_pending(void *handle, uint64_t *bytes)
{
	(void)handle;
	*bytes = igb.state == SAVING ? sizeof(igb.guest.state) - igb.done : 0;
	return 0;
}

static int igb_save(void *handle, uint8_t *to, uint64_t len)
{
	(void)handle;
	if (igb.state != SAVING || len > sizeof(igb.guest.state) - igb.done)
		return vfmig_fail(NULL, -1, "more is to be saved than is pending");
	memcpy(to, (const u8 *)&igb.guest.state + igb.done, len);
	igb.done += len;
	return 0;
}

static int igb_load(void *handle, uint8_t *from, uint64_t len)
{
	(void)handle;
	if (igb.state != RESUMING || igb.has_failed ||
	    len > sizeof(igb.guest.incoming) - igb.done) {
		igb.has_failed = true;
		return vfmig_fail(NULL, -1, "more is loaded than a function's state has");
	}
	memcpy((u8 *)&igb.guest.incoming + igb.done, from, len);
	igb.done += len;
	if (!len || igb.done < sizeof(igb.guest.incoming))
		return 0;
	if (!igb_commit())
		return 0;
	igb.has_failed = true;
	return -1;
}

#pragma GCC visibility push(default)

int vfio_lm_get_plugin_version(void);
int vfio_lm_get_plugin_version(void)
{
	return VFIO_LM_PLUGIN_API_VERSION;
}

/* Not of the interface of 2022: an agent may ask, so that both ends are compared. */
uint64_t vfmig_plugin_state_version(void);
uint64_t vfmig_plugin_state_version(void)
{
	return IGBVF_STATE_VERSION;
}

VFIOMigrationPluginOps *vfio_lm_get_plugin_ops(void);
VFIOMigrationPluginOps *vfio_lm_get_plugin_ops(void)
{
	static VFIOMigrationPluginOps ops = {
		.init = igb_init,
		.save = igb_save,
		.load = igb_load,
		.update_pending = igb_update_pending,
		.set_state = igb_set_state,
		.get_state = igb_get_state,
		.cleanup = igb_cleanup,
	};

	return &ops;
}

#pragma GCC visibility pop
