// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operator can see: /sys/kernel/debug/vfmig/<PCI address>/agent
 *
 *	agent		its generation, or none
 *	owes		requests that it has yet to answer
 *	generations	agents that there have been
 *	plugin		name and version of the state of the last migration's
 *	state		of the last migration, as an agent was told
 *	stopped		an agent was told to stop the function, and none has said since
 *			that it runs
 *	held		the core has it stopped, so no agent is told to have it run
 *	saved, loaded	bytes, of all migrations
 *	NAME		a request: how many there were, how many have failed, how long
 *			it took at the longest
 *	why		the last failure of an agent
 */
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string_helpers.h>

#include "oob.h"

static const char *oob_state_name(u32 state)
{
	switch (state) {
	case 0:
		return "stopped";
	case VFMIG_AGENT_RUNNING:
		return "running";
	case VFMIG_AGENT_SAVING:
		return "saving";
	case VFMIG_AGENT_RUNNING | VFMIG_AGENT_SAVING:
		return "running|saving";
	case VFMIG_AGENT_RESUMING:
		return "resuming";
	default:
		return "?";
	}
}

static void oob_show_tallies(struct seq_file *s, const struct oob_tally *tallies)
{
	static const char * const names[OOB_NR_TYPES] = {
		[VFMIG_AGENT_HELLO]	= "hello",
		[VFMIG_AGENT_SET_STATE]	= "set_state",
		[VFMIG_AGENT_PENDING]	= "pending",
		[VFMIG_AGENT_SAVE]	= "save",
		[VFMIG_AGENT_LOAD]	= "load",
		[VFMIG_AGENT_LOADED]	= "loaded_all",
		[VFMIG_AGENT_ABORT]	= "abort",
	};
	unsigned int i;

	for (i = VFMIG_AGENT_HELLO; i < OOB_NR_TYPES; i++)
		seq_printf(s, "%s %llu failed %llu longest_us %llu\n", names[i],
			   tallies[i].asked, tallies[i].failed,
			   div_u64(tallies[i].longest_ns, 1000));
}

static int oob_agent_show(struct seq_file *s, void *unused)
{
	struct oob_device *device = s->private;
	struct oob_known *known = kmalloc(sizeof(*known), GFP_KERNEL);
	unsigned int owes;
	u64 generation;

	if (!known)
		return -ENOMEM;
	spin_lock(&oob_lock);
	*known = device->known;
	generation = device->agent ? device->agent->generation : 0;
	owes = device->agent ? device->agent->queue.nr : 0;
	spin_unlock(&oob_lock);

	if (generation)
		seq_printf(s, "agent %llu\n", generation);
	else
		seq_puts(s, "agent none\n");
	seq_printf(s, "owes %u\n", owes);
	seq_printf(s, "generations %llu\n", known->generation);
	if (known->hello.name[0])
		seq_printf(s, "plugin %.*s version %llu\n", VFMIG_AGENT_NAME_LEN,
			   known->hello.name, known->hello.state_version);
	seq_printf(s, "state %s\n", oob_state_name(known->state));
	seq_printf(s, "stopped %s\n", str_yes_no(known->may_be_stopped));
	seq_printf(s, "held %s\n", str_yes_no(known->is_held));
	seq_printf(s, "saved %llu\nloaded %llu\n", known->saved, known->loaded);
	oob_show_tallies(s, known->tally);
	seq_printf(s, "why %s\n", known->why[0] ? known->why : "none");
	kfree(known);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(oob_agent);

/**
 * oob_debugfs_add - a function's file, in the core's directory of it
 * @device: the function, registered; the file goes with it
 */
void oob_debugfs_add(struct oob_device *device)
{
	debugfs_create_file("agent", 0400, vfmig_debugfs(device->vpci.vm), device,
			    &oob_agent_fops);
}
