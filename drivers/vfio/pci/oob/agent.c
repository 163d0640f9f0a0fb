// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of an agent: from attach until it is detached, and to its last close.
 *
 * One that was detached stays so, and what it was asked is never asked of another
 * one: saves and loads cannot be repeated.
 */
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "oob.h"

DEFINE_SPINLOCK(oob_lock);

static void oob_agent_free(struct kref *kref)
{
	struct oob_agent *agent = container_of(kref, struct oob_agent, kref);

	oob_map_exit(agent);
	kfree(agent);
}

/**
 * oob_agent_put - let go of an agent; the last one frees it
 * @agent: the agent, or NULL
 *
 * Context: process context, any locks of vfio and the PCI core.
 */
void oob_agent_put(struct oob_agent *agent)
{
	if (agent)
		kref_put(&agent->kref, oob_agent_free);
}

/* A function that another one may have left stopped is to run, unless it is held. */
static bool oob_agent_take_over(struct oob_device *device, struct oob_agent *agent)
{
	lockdep_assert_held(&oob_lock);
	if (device->agent)
		return false;
	agent->device = device;
	agent->generation = ++device->known.generation;
	kref_get(&agent->kref);
	device->agent = agent;
	if (device->known.may_be_stopped && !device->known.is_held)
		oob_post(agent, VFMIG_AGENT_ABORT, 0);
	return true;
}

/**
 * oob_agent_attach - make an agent of a function
 * @device: the function, which stays bound meanwhile
 * @control: the file by which it is asked for
 *
 * Return: the agent, with a reference for the caller; or an ERR_PTR, -EBUSY where
 * the function has one.
 */
struct oob_agent *oob_agent_attach(struct oob_device *device, struct file *control)
{
	struct oob_agent *agent = kzalloc(sizeof(*agent), GFP_KERNEL_ACCOUNT);
	bool taken;

	if (!agent)
		return ERR_PTR(-ENOMEM);
	kref_init(&agent->kref);
	init_waitqueue_head(&agent->readers);
	oob_map_init(agent, control);

	spin_lock(&oob_lock);
	taken = oob_agent_take_over(device, agent);
	spin_unlock(&oob_lock);
	if (taken)
		return agent;
	oob_agent_put(agent);
	return ERR_PTR(-EBUSY);
}

/**
 * oob_agent_of - the agent that a function has now
 * @device: the function
 *
 * Return: the agent, to be put, or NULL.
 */
struct oob_agent *oob_agent_of(struct oob_device *device)
{
	struct oob_agent *agent;

	spin_lock(&oob_lock);
	agent = device->agent;
	if (agent)
		kref_get(&agent->kref);
	spin_unlock(&oob_lock);
	return agent;
}

static const char *oob_left_behind(const struct oob_device *device)
{
	if (!device->known.may_be_stopped)
		return "";
	if (device->known.is_held)
		return "; it has stopped the function, which stays so until the VM goes on";
	return "; it has stopped the function, which a new agent will have run";
}

/* Whoever waits for it is woken, and so is whoever reads. Returns true once. */
__printf(2, 0)
static bool oob_agent_end(struct oob_agent *agent, const char *fmt, va_list args)
{
	struct oob_device *device = agent->device;

	lockdep_assert_held(&oob_lock);
	if (!device)
		return false;
	vscnprintf(agent->why, sizeof(agent->why), fmt, args);
	strscpy(device->known.why, agent->why, sizeof(device->known.why));
	agent->device = NULL;
	device->agent = NULL;
	pci_info(device->vpci.core.pdev, "vfmig: agent %llu is detached: %s%s\n",
		 agent->generation, agent->why, oob_left_behind(device));
	vfmig_wake(device->vpci.vm);
	wake_up_all(&agent->readers);
	return true;
}

/**
 * oob_agent_detach - its function has this agent no more
 * @agent: the agent, attached or not
 * @fmt: the reason, for an operator
 *
 * A migration that is under way fails with it, and the window is taken away.
 *
 * Context: process context; does not wait for an agent.
 */
void oob_agent_detach(struct oob_agent *agent, const char *fmt, ...)
{
	va_list args;
	bool ended;

	va_start(args, fmt);
	spin_lock(&oob_lock);
	ended = oob_agent_end(agent, fmt, args);
	spin_unlock(&oob_lock);
	va_end(args);
	if (!ended)
		return;
	oob_map_show(agent, NULL);
	oob_agent_put(agent);
}

/**
 * oob_agent_is_detached - is its function no longer its own?
 * @agent: the agent
 *
 * Return: true if so.
 */
bool oob_agent_is_detached(struct oob_agent *agent)
{
	bool detached;

	spin_lock(&oob_lock);
	detached = !agent->device;
	spin_unlock(&oob_lock);
	return detached;
}
