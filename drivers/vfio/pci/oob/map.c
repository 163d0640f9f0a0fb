// SPDX-License-Identifier: GPL-2.0-only
/*
 * An agent's mappings of the window: the very pages that the VMM has mapped.
 *
 * A mapping shows the window of the migration under way, and nothing outside of one.
 * It holds no window: when the migration is over its pages are taken out of all
 * mappings, so that an agent that keeps them keeps no memory, and sees nothing of
 * what comes later. But it may have pinned pages, for direct I/O of its plugin: those
 * it keeps, and by v1 the next migration of the same open goes through them.
 *
 * They are found by the file of /dev/vfmig-agent through which the agent has become
 * one: there each agent has a range of pages of its own.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "oob.h"

/* Of one agent, more than any window has: 2^36 agents have room for it. */
#define OOB_MAP_PAGES	BIT(14)

/**
 * oob_map_init - an agent has no mapping yet
 * @agent: the agent; to be undone by oob_map_exit()
 * @control: the file through which it is attached
 */
void oob_map_init(struct oob_agent *agent, struct file *control)
{
	static atomic64_t agents = ATOMIC64_INIT(0);

	agent->control = get_file(control);
	agent->pages = atomic64_inc_return(&agents) * OOB_MAP_PAGES;
}

/**
 * oob_map_exit - an agent has no mapping any more
 * @agent: the agent, with its file closed
 */
void oob_map_exit(struct oob_agent *agent)
{
	vfmig_window_put(agent->window);
	fput(agent->control);
}

/* The window that it may map now, held; NULL where there is none. */
static struct vfmig_window *oob_map_window(struct oob_agent *agent)
{
	struct vfmig_window *window;

	spin_lock(&oob_lock);
	window = agent->device ? agent->window : NULL;
	if (window)
		vfmig_window_get(window);
	spin_unlock(&oob_lock);
	return window;
}

static bool oob_map_is_shown(struct oob_agent *agent,
			     const struct vfmig_window *window)
{
	bool shown;

	spin_lock(&oob_lock);
	shown = agent->device && agent->window == window;
	spin_unlock(&oob_lock);
	return shown;
}

static void oob_map_take_away(struct oob_agent *agent)
{
	unmap_mapping_range(agent->control->f_mapping,
			    (loff_t)agent->pages << PAGE_SHIFT,
			    (loff_t)OOB_MAP_PAGES << PAGE_SHIFT, 1);
}

/*
 * A window that is taken away meanwhile has either been in the mapping when all was
 * taken out of it, or is taken out here.
 */
static vm_fault_t oob_map_fault(struct vm_fault *vmf)
{
	struct oob_agent *agent = vmf->vma->vm_private_data;
	struct vfmig_window *window = oob_map_window(agent);
	vm_fault_t ret;

	if (!window)
		return VM_FAULT_SIGBUS;
	ret = vfmig_window_fault(window, vmf, vmf->pgoff - agent->pages);
	if (!oob_map_is_shown(agent, window))
		oob_map_take_away(agent);
	vfmig_window_put(window);
	return ret;
}

static const struct vm_operations_struct oob_map_ops = {
	.fault = oob_map_fault,
};

/**
 * oob_map - an agent maps the window
 * @agent: the agent
 * @vma: where to; holds the agent's file, and so the agent
 *
 * Return: 0; -ENODEV if it is detached, -ENXIO outside of a migration, -EINVAL
 * beyond the window, -EPERM to execute it.
 */
int oob_map(struct oob_agent *agent, struct vm_area_struct *vma)
{
	struct vfmig_window *window;
	unsigned long pages;

	if (oob_agent_is_detached(agent))
		return -ENODEV;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	window = oob_map_window(agent);
	if (!window)
		return -ENXIO;
	pages = min(vfmig_window_size(window) >> PAGE_SHIFT, OOB_MAP_PAGES);
	vfmig_window_put(window);
	if (!(vma->vm_flags & VM_SHARED) || vma->vm_pgoff >= pages ||
	    vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;

	vma->vm_private_data = agent;
	vma->vm_pgoff += agent->pages;
	vm_flags_clear(vma, VM_MAYEXEC);
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY | VM_MIXEDMAP);
	vma->vm_ops = &oob_map_ops;
	return 0;
}

/**
 * oob_map_show - which window an agent may map from now on
 * @agent: the agent
 * @window: the window; NULL to take it away
 *
 * Context: process context, any locks of vfio and the PCI core.
 */
void oob_map_show(struct oob_agent *agent, struct vfmig_window *window)
{
	struct vfmig_window *before;

	if (window)
		vfmig_window_get(window);
	spin_lock(&oob_lock);
	before = agent->window;
	agent->window = window;
	spin_unlock(&oob_lock);
	if (before && before != window)
		oob_map_take_away(agent);
	vfmig_window_put(before);
}
