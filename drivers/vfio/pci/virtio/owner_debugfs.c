// SPDX-License-Identifier: GPL-2.0-only
/* /sys/kernel/debug/virtio_adm_owner/<PF>/status */
#include <linux/debugfs.h>
#include <linux/pci.h>
#include <linux/seq_file.h>

#include "adm_answer.h"
#include "owner_priv.h"

static struct dentry *adm_debugfs;

static unsigned int adm_count_taken(const struct adm_queue *queue)
{
	unsigned int i, nr = 0;

	for (i = 0; i < ADM_SLOTS; i++)
		nr += queue->slots[i].taken;
	return nr;
}

static int adm_status_show(struct seq_file *s, void *unused)
{
	struct adm_owner *owner = s->private;
	struct adm_queue *queue = &owner->queue;
	struct adm_setup setup;
	char why[sizeof(queue->why)];

	/* Not the setup's lock: its holder may be waiting for the device. */
	setup = owner->setup;
	spin_lock_irq(&queue->lock);
	memcpy(why, queue->why, sizeof(why));
	seq_printf(s, "queue %s%s\n", queue->dead ? "dead: " : "alive",
		   queue->dead ? why : "");
	seq_printf(s, "commands %llu under_way %u of %u\n", queue->commands,
		   adm_count_taken(queue), queue->nr_slots);
	seq_printf(s, "retries %llu refused %llu timeouts %llu lost_interrupts %llu recoveries %llu\n",
		   queue->retries, queue->refused, queue->timeouts,
		   queue->lost_interrupts, queue->recoveries);
	spin_unlock_irq(&queue->lock);

	if (setup.generation != READ_ONCE(owner->generation)) {
		seq_puts(s, "design unknown before a VF is bound to its driver\n");
		return 0;
	}
	seq_printf(s, "design %s\n", adm_design_name(setup.design));
	seq_printf(s, "commands_used vfs 0x%llx self 0x%llx objects_allowed %u\n",
		   setup.use[ADM_GROUP_SRIOV], setup.use[ADM_GROUP_SELF],
		   setup.limit);
	seq_printf(s, "members %u resets %u\n", READ_ONCE(owner->members),
		   READ_ONCE(owner->generation) - 1);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(adm_status);

/**
 * adm_debugfs_add - show an owner
 * @owner: that is bound
 */
void adm_debugfs_add(struct adm_owner *owner)
{
	owner->debugfs = debugfs_create_dir(pci_name(owner->pdev), adm_debugfs);
	debugfs_create_file("status", 0400, owner->debugfs, owner,
			    &adm_status_fops);
}

/**
 * adm_debugfs_remove - show it no more
 * @owner: to be unbound
 */
void adm_debugfs_remove(struct adm_owner *owner)
{
	debugfs_remove(owner->debugfs);
}

/** adm_debugfs_init - when the module is loaded */
void adm_debugfs_init(void)
{
	adm_debugfs = debugfs_create_dir(KBUILD_MODNAME, NULL);
}

/** adm_debugfs_exit - when it is unloaded */
void adm_debugfs_exit(void)
{
	debugfs_remove(adm_debugfs);
}
