// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operator can see: /sys/kernel/debug/vfmig/<PCI address>/
 *
 *	state		state of the device, by name; unless it is running, also
 *			by which protocol it has been led there: "resuming by v1"
 *	last_transfer	bytes and time by part and by step of the last transfer
 *	last_error	how many accesses have failed, and why the last one did
 *	window		bytes of a window, and bytes of all that have memory
 *	copied		bytes of data sections that the kernel has copied for userspace:
 *			by v1 none where these are mapped
 *	resets		resets and closes seen since the driver was bound
 *
 * A file costs a device close to 1 KiB as long as it is bound.
 */
#include <linux/debugfs.h>
#include <linux/export.h>
#include <linux/pci.h>
#include <linux/seq_file.h>
#include <linux/vfio_pci_core.h>

#include "engine.h"
#include "frontend.h"
#include "session.h"
#include "window.h"

static struct dentry *vfmig_root;

static int vfmig_state_show(struct seq_file *s, void *unused)
{
	struct vfmig_device *vm = s->private;
	enum vfmig_state state = vfmig_engine_state(vm);
	enum vfmig_protocol owner = READ_ONCE(vm->owner);

	seq_puts(s, vfmig_state_name(state));
	/* An access that a reset has met has it until it lets go. */
	if (state != VFMIG_STATE_RUNNING && owner != VFMIG_NOBODY)
		seq_printf(s, " by %s", vfmig_protocol_name(owner));
	seq_putc(s, '\n');
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vfmig_state);

static void vfmig_show_parts(struct seq_file *s,
			     const struct vfmig_stats *stats)
{
	static const char * const names[VFMIG_NR_PARTS] = {
		[VFMIG_PART_PRE_COPY]	= "pre-copy",
		[VFMIG_PART_STOP_COPY]	= "stop-and-copy",
		[VFMIG_PART_RESUMING]	= "resuming",
	};
	int i;

	seq_puts(s, "part              bytes  chunks records    busy_us    wall_us\n");
	for (i = 0; i < VFMIG_NR_PARTS; i++) {
		const struct vfmig_part_stats *part = &stats->part[i];

		if (!part->chunks && !part->wall_ns)
			continue;
		seq_printf(s, "%-13s %9llu %7llu %7llu %10llu %10llu\n",
			   names[i], part->bytes, part->chunks, part->records,
			   part->busy_ns / NSEC_PER_USEC,
			   part->wall_ns / NSEC_PER_USEC);
	}
}

static int vfmig_last_transfer_show(struct seq_file *s, void *unused)
{
	struct vfmig_device *vm = s->private;
	struct vfmig_stats stats;
	int i, ret;

	ret = vfmig_engine_lock(vm);
	if (ret)
		return ret;
	stats = vm->stats;
	vfmig_engine_unlock(vm);

	vfmig_show_parts(s, &stats);
	seq_puts(s, "step                  us\n");
	for (i = 0; i < VFMIG_NR_STEPS; i++)
		if (stats.step_ns[i])
			seq_printf(s, "%-15s %8llu\n", vfmig_step_name(i),
				   stats.step_ns[i] / NSEC_PER_USEC);
	if (stats.commit_ns)
		seq_printf(s, "%-15s %8llu\n", "commit",
			   stats.commit_ns / NSEC_PER_USEC);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vfmig_last_transfer);

static int vfmig_last_error_show(struct seq_file *s, void *unused)
{
	struct vfmig_device *vm = s->private;
	char why[VFMIG_WHY_LEN];
	u64 errors;
	int ret;

	ret = vfmig_engine_lock(vm);
	if (ret)
		return ret;
	strscpy(why, vm->last_error, sizeof(why));
	errors = vm->errors;
	vfmig_engine_unlock(vm);

	seq_printf(s, "%llu %s\n", errors, errors ? why : "none");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vfmig_last_error);

/* A session of v2 goes through a window of its own. */
static size_t vfmig_windows_used(const struct vfmig_device *vm)
{
	const struct vfmig_window *own = NULL;

	if (vm->save)
		own = vfmig_save_window(vm->save);
	else if (vm->load)
		own = vfmig_load_window(vm->load);
	return vfmig_window_used(vm->window) +
	       (own && own != vm->window ? vfmig_window_used(own) : 0);
}

static int vfmig_window_show(struct seq_file *s, void *unused)
{
	struct vfmig_device *vm = s->private;
	size_t size = 0, used = 0;
	int ret;

	ret = vfmig_engine_lock(vm);
	if (ret)
		return ret;
	if (vm->window) {
		size = vfmig_window_size(vm->window);
		used = vfmig_windows_used(vm);
	}
	vfmig_engine_unlock(vm);

	seq_printf(s, "size %zu used %zu\n", size, used);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vfmig_window);

static int vfmig_copied_show(struct seq_file *s, void *unused)
{
	struct vfmig_device *vm = s->private;

	seq_printf(s, "%lld\n", (s64)atomic64_read(&vm->copied));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vfmig_copied);

/**
 * vfmig_debugfs_add - make the directory of a device, with its files
 * @vm: the device
 */
void vfmig_debugfs_add(struct vfmig_device *vm)
{
	struct dentry *dir;

	dir = debugfs_create_dir(pci_name(vm->core->pdev), vfmig_root);
	debugfs_create_file("state", 0400, dir, vm, &vfmig_state_fops);
	debugfs_create_file("last_transfer", 0400, dir, vm,
			    &vfmig_last_transfer_fops);
	debugfs_create_file("last_error", 0400, dir, vm, &vfmig_last_error_fops);
	debugfs_create_file("window", 0400, dir, vm, &vfmig_window_fops);
	debugfs_create_file("copied", 0400, dir, vm, &vfmig_copied_fops);
	debugfs_create_u64("resets", 0400, dir, &vm->resets);
	vm->debugfs = dir;
}

/**
 * vfmig_debugfs_remove - undo vfmig_debugfs_add(); waits for readers
 * @vm: the device
 */
void vfmig_debugfs_remove(struct vfmig_device *vm)
{
	debugfs_remove(vm->debugfs);
}

/**
 * vfmig_debugfs - where a backend may put files of its own
 * @vm: the device
 *
 * Return: the directory of the device; it goes with vfmig_unregister(), and
 * the files in it do too. May be an ERR_PTR, which debugfs tolerates.
 */
struct dentry *vfmig_debugfs(struct vfmig_device *vm)
{
	return vm->debugfs;
}
EXPORT_SYMBOL_GPL(vfmig_debugfs);

/**
 * vfmig_debugfs_init - make the directory that those of the devices are in
 */
void vfmig_debugfs_init(void)
{
	vfmig_root = debugfs_create_dir("vfmig", NULL);
}

/**
 * vfmig_debugfs_exit - undo vfmig_debugfs_init()
 */
void vfmig_debugfs_exit(void)
{
	debugfs_remove(vfmig_root);
}
