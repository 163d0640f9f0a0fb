// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an agent is asked, and what it answers.
 *
 * At most one request is waited for: the core makes a backend's calls one after the
 * other. Others are posted, where nobody can wait: after a reset, and at a close. An
 * agent reads them in the order in which they were made, and answers each.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "oob.h"

/**
 * oob_request_name - what an agent is asked for
 * @type: of the request
 *
 * Return: words that follow "was asked", static.
 */
const char *oob_request_name(u32 type)
{
	static const char * const names[OOB_NR_TYPES] = {
		[VFMIG_AGENT_HELLO]	= "who it is",
		[VFMIG_AGENT_SET_STATE]	= "to set the state",
		[VFMIG_AGENT_PENDING]	= "what is left to be saved",
		[VFMIG_AGENT_SAVE]	= "to save",
		[VFMIG_AGENT_LOAD]	= "to load",
		[VFMIG_AGENT_LOADED]	= "whether all is loaded",
		[VFMIG_AGENT_ABORT]	= "to abort",
	};

	return names[type];
}

static bool oob_leaves_stopped(const struct vfmig_agent_request *request)
{
	return request->type == VFMIG_AGENT_SET_STATE &&
	       !(request->arg[0] & VFMIG_AGENT_RUNNING);
}

static bool oob_has_it_run(const struct vfmig_agent_request *request)
{
	return request->type == VFMIG_AGENT_ABORT ||
	       (request->type == VFMIG_AGENT_SET_STATE &&
		request->arg[0] & VFMIG_AGENT_RUNNING);
}

/* Sets the id. From here on nobody knows whether it will be done. */
static int oob_agent_enqueue(struct oob_agent *agent,
			     struct vfmig_agent_request *request,
			     enum oob_fate fate)
{
	struct oob_device *device = agent->device;
	struct oob_asked *asked;

	lockdep_assert_held(&oob_lock);
	if (!device)
		return -ENOTCONN;
	asked = oob_queue_add(&agent->queue, request, fate);
	if (!asked)
		return -ENOBUFS;
	asked->since = ktime_get_ns();
	request->id = asked->request.id;
	if (oob_leaves_stopped(request))
		device->known.may_be_stopped = true;
	if (oob_has_it_run(request))
		device->known.is_stopped = false;
	if (oob_leaves_stopped(request) || oob_has_it_run(request))
		agent->turned = request->id;
	device->known.tally[request->type].asked++;
	wake_up_all(&agent->readers);
	return 0;
}

/**
 * oob_post - tell an agent something, without waiting for it
 * @agent: the agent
 * @type: VFMIG_AGENT_ABORT or VFMIG_AGENT_SET_STATE
 * @arg: its arg[0]
 *
 * Context: under oob_lock.
 * Return: 0; -ENOTCONN if it is detached; -ENOBUFS if it owes too many replies.
 */
int oob_post(struct oob_agent *agent, u32 type, u64 arg)
{
	struct vfmig_agent_request request = {
		.type = type,
		.arg[0] = arg,
	};

	lockdep_assert_held(&oob_lock);
	if (agent->device)
		request.timeout_ms = agent->device->ops.timeout_ms;
	return oob_agent_enqueue(agent, &request, OOB_POSTED);
}

/**
 * oob_agent_post - tell an agent something, without waiting for it
 * @agent: the agent
 * @type: VFMIG_AGENT_ABORT or VFMIG_AGENT_SET_STATE
 * @arg: its arg[0]
 *
 * One that owes too many replies is detached.
 *
 * Context: process context; does not wait for an agent.
 */
void oob_agent_post(struct oob_agent *agent, u32 type, u64 arg)
{
	int ret;

	spin_lock(&oob_lock);
	ret = oob_post(agent, type, arg);
	spin_unlock(&oob_lock);
	if (ret == -ENOBUFS)
		oob_agent_detach(agent, "it does not answer what it is sent");
}

static bool oob_agent_is_done(void *data)
{
	struct oob_agent *agent = data;
	bool done;

	spin_lock(&oob_lock);
	done = !agent->device || agent->answered;
	spin_unlock(&oob_lock);
	return done;
}

/* Ends the waiting; returns what it has ended with. */
static int oob_agent_collect(struct oob_device *device, struct oob_agent *agent,
			     const struct vfmig_agent_request *request, int ret,
			     struct vfmig_agent_reply *reply)
{
	struct oob_asked *asked;

	spin_lock(&oob_lock);
	if (agent->answered) {
		*reply = agent->reply;
		agent->answered = false;
		ret = 0;
	} else {
		if (!agent->device)
			ret = -ENOTCONN;
		device->known.tally[request->type].failed++;
		asked = oob_queue_find(&agent->queue, request->id);
		if (asked && asked->is_read)
			asked->fate = OOB_FORGOTTEN;
		else if (asked)
			oob_queue_drop(&agent->queue, asked);
	}
	spin_unlock(&oob_lock);
	return ret;
}

static int oob_agent_await(struct oob_device *device, struct oob_agent *agent,
			   bool (*done)(void *data))
{
	return vfmig_wait(device->vpci.vm, done, agent);
}

static void oob_agent_is_late(struct oob_agent *agent, u32 type, unsigned int ms)
{
	oob_agent_detach(agent, "it was asked %s and has not answered within %u ms",
			 oob_request_name(type), ms);
}

/**
 * oob_agent_ask - have an agent do something, and wait for its reply
 * @device: its function
 * @agent: the agent, held
 * @request: type, flags and arguments; the rest is filled in
 * @reply: filled if 0 is returned
 *
 * One that is not done in time is detached.
 *
 * Context: from a backend's call; sleeps.
 * Return: 0 if it has replied, whatever it says; -ENOTCONN if it is detached; or
 * what vfmig_must_stop() says.
 */
int oob_agent_ask(struct oob_device *device, struct oob_agent *agent,
		  struct vfmig_agent_request *request,
		  struct vfmig_agent_reply *reply)
{
	int ret;

	request->timeout_ms = vfmig_time_left(device->vpci.vm);
	spin_lock(&oob_lock);
	ret = oob_agent_enqueue(agent, request, OOB_WAITED);
	spin_unlock(&oob_lock);
	if (ret == -ENOBUFS) {
		oob_agent_detach(agent, "it does not answer what it is sent");
		ret = -ENOTCONN;
	}
	if (ret)
		return ret;

	ret = oob_agent_await(device, agent, oob_agent_is_done);
	ret = oob_agent_collect(device, agent, request, ret, reply);
	if (ret != -ETIMEDOUT)
		return ret;
	oob_agent_is_late(agent, request->type, request->timeout_ms);
	return -ENOTCONN;
}

static bool oob_agent_is_settled(void *data)
{
	struct oob_agent *agent = data;
	bool settled;

	spin_lock(&oob_lock);
	settled = !agent->device || !oob_queue_has(&agent->queue, OOB_POSTED);
	spin_unlock(&oob_lock);
	return settled;
}

/**
 * oob_agent_settle - wait for the replies to what was posted
 * @device: its function
 * @agent: the agent, held
 *
 * One that does not give them in time is detached.
 *
 * Context: from a backend's call; sleeps.
 * Return: 0, also where it is detached; or what vfmig_must_stop() says.
 */
int oob_agent_settle(struct oob_device *device, struct oob_agent *agent)
{
	unsigned int ms = vfmig_time_left(device->vpci.vm);
	int ret = oob_agent_await(device, agent, oob_agent_is_settled);

	if (ret != -ETIMEDOUT)
		return ret;
	oob_agent_is_late(agent, VFMIG_AGENT_ABORT, ms);
	return 0;
}

/**
 * oob_agent_drain - wait for the replies to what was posted, outside of a backend's call
 * @agent: the agent, held
 * @ms: for so long, in milliseconds
 *
 * Context: sleeps.
 */
void oob_agent_drain(struct oob_agent *agent, unsigned int ms)
{
	wait_event_timeout(agent->readers, oob_agent_is_settled(agent),
			   msecs_to_jiffies(ms));
}

/**
 * oob_agent_will_run - was an agent told to have its function run, and has yet to answer?
 * @agent: the agent
 *
 * Return: true if so, or if it is detached.
 */
bool oob_agent_will_run(struct oob_agent *agent)
{
	bool will;

	spin_lock(&oob_lock);
	will = !agent->device || oob_queue_posted(&agent->queue, VFMIG_AGENT_ABORT);
	spin_unlock(&oob_lock);
	return will;
}

/**
 * oob_agent_has_request - is there something to be read?
 * @agent: the agent
 *
 * Return: true if so, or if it is detached.
 */
bool oob_agent_has_request(struct oob_agent *agent)
{
	bool has;

	spin_lock(&oob_lock);
	has = !agent->device || oob_queue_unread(&agent->queue);
	spin_unlock(&oob_lock);
	return has;
}

/**
 * oob_agent_take_request - an agent reads
 * @agent: the agent
 * @request: filled
 *
 * Return: 0; -EAGAIN if there is nothing to be read; -ENODEV if it is detached.
 */
int oob_agent_take_request(struct oob_agent *agent,
			   struct vfmig_agent_request *request)
{
	struct oob_asked *asked;
	int ret = 0;

	spin_lock(&oob_lock);
	asked = oob_queue_unread(&agent->queue);
	if (!agent->device) {
		ret = -ENODEV;
	} else if (!asked) {
		ret = -EAGAIN;
	} else {
		asked->is_read = true;
		*request = asked->request;
	}
	spin_unlock(&oob_lock);
	return ret;
}

static void oob_agent_count(struct oob_device *device,
			    const struct oob_asked *asked,
			    const struct vfmig_agent_reply *reply)
{
	struct oob_tally *tally = &device->known.tally[asked->request.type];
	u64 took = ktime_get_ns() - asked->since;

	tally->longest_ns = max(tally->longest_ns, took);
	/* Of one that is forgotten this was counted when it was. */
	if (!reply->status || asked->fate == OOB_FORGOTTEN)
		return;
	tally->failed++;
	scnprintf(device->known.why, sizeof(device->known.why),
		  "it was asked %s, and says %pe: %.*s",
		  oob_request_name(asked->request.type), ERR_PTR(reply->status),
		  VFMIG_AGENT_REASON_LEN, reply->reason);
}

/* Where it has been told otherwise since, only the answer to that says what is. */
static void oob_agent_has_done(struct oob_agent *agent,
			       const struct vfmig_agent_request *request)
{
	struct oob_device *device = agent->device;

	if (request->id != agent->turned)
		return;
	if (oob_has_it_run(request))
		device->known.may_be_stopped = false;
	if (oob_leaves_stopped(request))
		device->known.is_stopped = true;
}

/* Nobody waits for it: so it is said here. */
static void oob_agent_posted_failed(struct oob_agent *agent,
				    const struct oob_asked *asked,
				    const struct vfmig_agent_reply *reply)
{
	dev_warn_ratelimited(&agent->device->vpci.core.pdev->dev,
			     "vfmig: agent %llu was asked %s, and says %pe: %.*s\n",
			     agent->generation, oob_request_name(asked->request.type),
			     ERR_PTR(reply->status), VFMIG_AGENT_REASON_LEN,
			     reply->reason);
}

/* Returns 0, or -ENOENT for a reply that nobody is to have any more. */
static int oob_agent_accept(struct oob_agent *agent, struct oob_asked *asked,
			    const struct vfmig_agent_reply *reply)
{
	struct oob_device *device = agent->device;
	enum oob_fate fate = asked->fate;

	lockdep_assert_held(&oob_lock);
	oob_agent_count(device, asked, reply);
	if (fate != OOB_FORGOTTEN && !reply->status)
		oob_agent_has_done(agent, &asked->request);
	if (fate == OOB_POSTED && reply->status)
		oob_agent_posted_failed(agent, asked, reply);
	if (fate == OOB_WAITED) {
		agent->reply = *reply;
		agent->answered = true;
	}
	oob_queue_drop(&agent->queue, asked);
	vfmig_wake(device->vpci.vm);
	wake_up_all(&agent->readers);
	return fate == OOB_FORGOTTEN ? -ENOENT : 0;
}

/**
 * oob_agent_put_reply - an agent answers
 * @agent: the agent
 * @reply: what it says
 *
 * One that answers what cannot be is detached.
 *
 * Return: 0; -ENOENT for an answer that nobody waits for any more; -ENODEV if it is
 * detached, -EPROTO if it is now.
 */
int oob_agent_put_reply(struct oob_agent *agent,
			const struct vfmig_agent_reply *reply)
{
	struct oob_asked *asked;
	const char *why = NULL;
	int ret = -ENODEV;

	spin_lock(&oob_lock);
	if (agent->device) {
		asked = oob_queue_find(&agent->queue, reply->id);
		why = oob_reply_fault(&agent->queue, asked, reply);
		if (!why)
			ret = oob_agent_accept(agent, asked, reply);
	}
	spin_unlock(&oob_lock);
	if (!why)
		return ret;
	oob_agent_detach(agent, "%s", why);
	return -EPROTO;
}
