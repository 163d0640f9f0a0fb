// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a function that an agent has stopped is to stay so.
 *
 * Where an agent goes that has stopped its function, another one is told to have it run.
 * But not while the core holds the function stopped: the guest may be about to go on
 * elsewhere with the state that was saved, and would meet itself. Only when the core lets
 * go is the agent told that there is then, or else the next one, at its attach.
 */
#include "oob.h"

/**
 * oob_hold - the function is to stay stopped, whoever attaches
 * @device: the function
 */
void oob_hold(struct oob_device *device)
{
	spin_lock(&oob_lock);
	device->known.is_held = true;
	spin_unlock(&oob_lock);
}

/**
 * oob_is_held - is it?
 * @device: the function
 *
 * Return: true if the core has stopped it, whether or not an agent knows.
 */
bool oob_is_held(struct oob_device *device)
{
	bool held;

	spin_lock(&oob_lock);
	held = device->known.is_held;
	spin_unlock(&oob_lock);
	return held;
}

/**
 * oob_may_be_stopped - may an agent have left the function stopped?
 * @device: the function
 *
 * Return: true where nobody has said since that it runs.
 */
bool oob_may_be_stopped(struct oob_device *device)
{
	bool stopped;

	spin_lock(&oob_lock);
	stopped = device->known.may_be_stopped;
	spin_unlock(&oob_lock);
	return stopped;
}

/**
 * oob_stays_stopped - has an agent stopped it, and is it to stay so?
 * @device: the function
 *
 * Return: true if so; false also where an agent was asked to and nobody knows.
 */
bool oob_stays_stopped(struct oob_device *device)
{
	bool stays;

	spin_lock(&oob_lock);
	stays = device->known.is_held && device->known.is_stopped;
	spin_unlock(&oob_lock);
	return stays;
}

/*
 * Returns the agent that is to be told, held. That of the session is told as a part of
 * it; who attaches after this is told at its attach.
 */
static struct oob_agent *oob_release(struct oob_device *device)
{
	struct oob_agent *agent = NULL;

	spin_lock(&oob_lock);
	device->known.is_held = false;
	device->known.is_stopped = false;
	if (device->known.may_be_stopped && device->agent != device->session)
		agent = device->agent;
	if (agent)
		kref_get(&agent->kref);
	spin_unlock(&oob_lock);
	return agent;
}

/**
 * oob_let_go - the function is held no more; who has to have it run is told, without
 *	being waited for
 * @device: the function; its session is to be left after this
 */
void oob_let_go(struct oob_device *device)
{
	struct oob_agent *agent = oob_release(device);

	if (agent && !oob_agent_will_run(agent))
		oob_agent_post(agent, VFMIG_AGENT_ABORT, 0);
	oob_agent_put(agent);
}

/**
 * oob_let_run - the function is held no more; who has to have it run is waited for
 * @device: the function
 *
 * A state that was loaded is not to be lost: it has to run. What was saved is owed that.
 *
 * Return: 0, also where nobody is attached any more; or what oob_abort() or oob_cancel()
 * does, and it is held as before.
 */
int oob_let_run(struct oob_device *device)
{
	struct oob_agent *agent = oob_release(device);
	int ret = 0;

	if (agent && device->is_loaded)
		ret = oob_abort(device, agent);
	else if (agent)
		ret = oob_cancel(device, agent);
	oob_agent_put(agent);
	if (!ret || ret == -ENOTCONN)
		return 0;
	oob_hold(device);
	return ret;
}
