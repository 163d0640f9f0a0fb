// SPDX-License-Identifier: GPL-2.0-only
/*
 * A migration, or a pause, as an agent sees it: a session, from its first request until
 * the function runs again, has left, or is reset. vfmig_agent.h draws it.
 *
 * It is the affair of one agent. Where that goes the migration fails, and what it has
 * stopped stays so until another one has the function run: see hold.c.
 */
#include <linux/err.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "oob.h"

/* Of an agent and what it was asked, with @why of either. */
#define OOB_FAILURE_LEN	(64 + OOB_WHY_LEN)

/* Returns what oob_ask() does, but gives the reason to its caller. */
static int oob_try_agent(struct oob_device *device, struct oob_agent *agent,
			 struct vfmig_agent_request *request,
			 struct vfmig_agent_reply *reply, char why[OOB_FAILURE_LEN])
{
	int ret = oob_agent_ask(device, agent, request, reply);
	int len;

	if (!ret && !reply->status)
		return 0;
	len = scnprintf(why, OOB_FAILURE_LEN, "agent %llu was asked %s", agent->generation,
			oob_request_name(request->type));
	if (ret == -ENOTCONN)
		scnprintf(why + len, OOB_FAILURE_LEN - len, " and is gone: %s", agent->why);
	if (ret)
		return ret;
	scnprintf(why + len, OOB_FAILURE_LEN - len, ", and says %pe: %.*s",
		  ERR_PTR(reply->status), VFMIG_AGENT_REASON_LEN, reply->reason);
	/* Its errnos are for people: to the core some would mean something else. */
	return -EREMOTEIO;
}

static int oob_ask_agent(struct oob_device *device, struct oob_agent *agent,
			 struct vfmig_agent_request *request,
			 struct vfmig_agent_reply *reply)
{
	char why[OOB_FAILURE_LEN];
	int ret = oob_try_agent(device, agent, request, reply, why);

	return ret ? vfmig_fail(device->vpci.vm, ret, "%s", why) : 0;
}

/**
 * oob_ask - have the agent of the session do something
 * @device: the function
 * @request: what
 * @reply: filled if 0 is returned
 *
 * Return: 0 if it was done; -EREMOTEIO where the agent says that it was not, -ENOTCONN
 * where it is gone, or another negative errno. The reason has been given.
 */
int oob_ask(struct oob_device *device, struct vfmig_agent_request *request,
	    struct vfmig_agent_reply *reply)
{
	return oob_ask_agent(device, device->session, request, reply);
}

static void oob_enter_state(struct oob_device *device, u32 state)
{
	device->state = state;
	spin_lock(&oob_lock);
	device->known.state = state;
	spin_unlock(&oob_lock);
}

/**
 * oob_set_state - have the agent of the session set the state
 * @device: the function
 * @state: VFMIG_AGENT_RUNNING and so on
 * @flags: VFMIG_AGENT_NEW, VFMIG_AGENT_WINDOW
 *
 * Return: what oob_ask() does.
 */
int oob_set_state(struct oob_device *device, u32 state, u32 flags)
{
	struct vfmig_agent_request request = {
		.type = VFMIG_AGENT_SET_STATE,
		.flags = flags,
		.arg[0] = state,
		.arg[1] = flags & VFMIG_AGENT_WINDOW ?
			  vfmig_window_size(device->window) : 0,
	};
	struct vfmig_agent_reply reply;
	int ret;

	ret = oob_ask(device, &request, &reply);
	if (!ret)
		oob_enter_state(device, state);
	return ret;
}

/**
 * oob_abort - have an agent forget its session and have the function run
 * @device: the function
 * @agent: that of the session or, where that is gone, another one; held
 *
 * Return: what oob_ask() does.
 */
int oob_abort(struct oob_device *device, struct oob_agent *agent)
{
	struct vfmig_agent_request request = { .type = VFMIG_AGENT_ABORT };
	struct vfmig_agent_reply reply;
	int ret;

	ret = oob_ask_agent(device, agent, &request, &reply);
	if (!ret)
		oob_enter_state(device, VFMIG_AGENT_RUNNING);
	return ret;
}

/**
 * oob_cancel - have an agent have the function run, of which the VM runs on in any case
 * @device: the function
 * @agent: as for oob_abort()
 *
 * What the agent cannot do, as its device is out of reach, is owed to the function by an
 * agent that attaches later. The operator is told; what has failed before is the cause.
 *
 * Return: 0; or what vfmig_must_stop() says.
 */
int oob_cancel(struct oob_device *device, struct oob_agent *agent)
{
	struct vfmig_agent_request request = { .type = VFMIG_AGENT_ABORT };
	struct vfmig_agent_reply reply;
	char why[OOB_FAILURE_LEN];
	int ret;

	ret = oob_try_agent(device, agent, &request, &reply, why);
	if (!ret)
		oob_enter_state(device, VFMIG_AGENT_RUNNING);
	if (ret && ret != -ENOTCONN && ret != -EREMOTEIO)
		return vfmig_fail(device->vpci.vm, ret, "%s", why);
	if (ret && oob_may_be_stopped(device))
		dev_warn_ratelimited(&device->vpci.core.pdev->dev,
				     "vfmig: %s; the function stays stopped until an agent has it run\n",
				     why);
	return 0;
}

/**
 * oob_end_session - the session is over, and the agent knows
 * @device: the function, with a session
 */
void oob_end_session(struct oob_device *device)
{
	oob_map_show(device->session, NULL);
	oob_agent_put(device->session);
	device->session = NULL;
	vfmig_window_put(device->window);
	device->window = NULL;
}

/**
 * oob_leave - the session is over; the agent is told, and not waited for
 * @device: the function, with a session or without one
 * @type: VFMIG_AGENT_ABORT; or VFMIG_AGENT_SET_STATE, to no state
 */
void oob_leave(struct oob_device *device, u32 type)
{
	if (!device->session)
		return;
	oob_agent_post(device->session, type, 0);
	oob_enter_state(device, type == VFMIG_AGENT_ABORT ? VFMIG_AGENT_RUNNING : 0);
	oob_end_session(device);
}

static int oob_meet(struct oob_device *device)
{
	struct vfmig_agent_request request = { .type = VFMIG_AGENT_HELLO };
	struct vfmig_agent_reply reply;
	int ret;

	ret = oob_ask(device, &request, &reply);
	if (ret)
		return ret;
	device->transfer_max = reply.hello.transfer_max;
	spin_lock(&oob_lock);
	device->known.hello = reply.hello;
	spin_unlock(&oob_lock);
	return 0;
}

/* All that was posted is done. */
static int oob_settle(struct oob_device *device)
{
	int ret = oob_agent_settle(device, device->session);

	if (!ret)
		return 0;
	return vfmig_fail(device->vpci.vm, ret, "agent %llu was waited for",
			  device->session->generation);
}

/* A function that is to run does. */
static int oob_make_run(struct oob_device *device, u32 state)
{
	if (state & VFMIG_AGENT_RUNNING && oob_may_be_stopped(device))
		return oob_abort(device, device->session);
	return 0;
}

/*
 * What was not begun has not to be ended, unless nobody knows whether it was; and what was
 * stopped before stays so.
 */
static void oob_abandon(struct oob_device *device, int err, bool was_stopped)
{
	if (err == -EREMOTEIO && (was_stopped || !oob_may_be_stopped(device)))
		oob_end_session(device);
	else
		oob_leave(device, was_stopped ? VFMIG_AGENT_SET_STATE : VFMIG_AGENT_ABORT);
}

/* What ran on in a VM that was stopped may have written to memory that was sent. */
static int oob_check_stopped(struct oob_device *device, u32 state)
{
	char why[OOB_WHY_LEN] = "no agent was attached then";

	if (state != VFMIG_AGENT_SAVING || oob_stays_stopped(device))
		return 0;
	if (device->stop_failed) {
		spin_lock(&oob_lock);
		scnprintf(why, sizeof(why), "its agent could not, %s", device->known.why);
		spin_unlock(&oob_lock);
	}
	return vfmig_fail(device->vpci.vm, -EBUSY,
			  "the function was not stopped with its VM, have the VM run and migrate again: %s",
			  why);
}

static int oob_begin_session(struct oob_device *device, u32 state)
{
	u32 flags = VFMIG_AGENT_NEW | (device->window ? VFMIG_AGENT_WINDOW : 0);
	bool stopped;
	int ret;

	ret = oob_settle(device);
	stopped = oob_stays_stopped(device);
	ret = ret ?: oob_check_stopped(device, state) ?: oob_make_run(device, state) ?:
	      oob_meet(device);
	if (ret) {
		oob_end_session(device);
		return ret;
	}
	oob_map_show(device->session, device->window);
	ret = oob_set_state(device, state, flags);
	if (ret)
		oob_abandon(device, ret, stopped);
	return ret;
}

static int oob_begin_with(struct oob_device *device, struct oob_agent *agent, u32 state)
{
	device->session = agent;
	device->window = vfmig_session_window(device->vpci.vm);
	device->is_over = false;
	device->is_loaded = false;
	device->pending = 0;
	device->moved = 0;
	return oob_begin_session(device, state);
}

/**
 * oob_begin - begin a migration with the agent that there is
 * @device: the function, without a session
 * @state: the first one of it; without RUNNING where the function stays stopped
 *
 * Context: from ->save_begin() or ->load_begin().
 * Return: 0; or a negative errno, and there is no session.
 */
int oob_begin(struct oob_device *device, u32 state)
{
	struct oob_agent *agent = oob_agent_of(device);

	if (!agent)
		return vfmig_fail(device->vpci.vm, -ENODEV,
				  "no agent is attached to the function, start one (vfmig-agent) and migrate again");
	return oob_begin_with(device, agent, state);
}

/**
 * oob_stop - begin a session with a function that is stopped, as its VM is
 * @device: the function, without a session
 *
 * A VM can be stopped in any case. Where there is no agent, or it cannot stop the
 * function, there is no session, and none that saves begins before the VM has run again.
 */
void oob_stop(struct oob_device *device)
{
	struct oob_agent *agent = oob_agent_of(device);

	device->stop_failed = agent && oob_begin_with(device, agent, 0);
}

/**
 * oob_has_stopped - is the session one that has only stopped the function?
 * @device: the function
 *
 * Return: true if so, and its agent is there.
 */
bool oob_has_stopped(const struct oob_device *device)
{
	return device->session && !device->state && !oob_agent_is_detached(device->session);
}

/**
 * oob_save_stopped - have the session that has stopped the function go on to save it
 * @device: the function, see oob_has_stopped()
 *
 * Context: from ->save_begin().
 * Return: 0; or a negative errno, and there is no session. The function is stopped still.
 */
int oob_save_stopped(struct oob_device *device)
{
	int ret;

	device->window = vfmig_session_window(device->vpci.vm);
	oob_map_show(device->session, device->window);
	ret = oob_set_state(device, VFMIG_AGENT_SAVING, VFMIG_AGENT_WINDOW);
	if (ret)
		oob_leave(device, VFMIG_AGENT_SET_STATE);
	return ret;
}
