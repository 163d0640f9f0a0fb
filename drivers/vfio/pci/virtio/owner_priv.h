/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-adm-owner, inside.
 *
 * Locks, the outer one first::
 *
 *	adm_owners_lock		the list of owners, and who has members
 *	owner->setup_lock	finding the design out
 *	owner->life		read: a command is under way; write: bring-up, teardown
 *	queue->lock		ring and slots; taken by the interrupt
 *
 * A teardown first declares the queue dead, which takes no lock but the last: all
 * that wait for answers wake up and leave @life.
 */
#ifndef VIRTIO_ADM_OWNER_PRIV_H
#define VIRTIO_ADM_OWNER_PRIV_H

#include <linux/completion.h>
#include <linux/idr.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/virtio_pci_modern.h>
#include <linux/wait.h>

#include "adm.h"
#include "adm_pieces.h"
#include "owner.h"

/* Commands under way at once, of as many VFs. */
#define ADM_SLOTS		4

struct dentry;

struct adm_slot {
	struct adm_buffer to_device;	/* struct adm_head, data */
	struct adm_buffer from_device;	/* struct adm_status, result */
	u16 head;		/* its first descriptor in the ring */
	struct adm_desc *table;	/* where its chain is described */
	dma_addr_t table_dma;	/* that is, if it is indirect */
	struct completion answered;
	u32 used;		/* bytes that the device says it has written */
	bool taken;		/* by a caller */
	bool sent;		/* the device has it */
};

struct adm_avail {
	__le16 flags;
	__le16 idx;
	__le16 ring[];
};

struct adm_used_elem {
	__le32 id;
	__le32 len;
};

struct adm_used {
	__le16 flags;
	__le16 idx;
	struct adm_used_elem ring[];
};

struct adm_queue {
	spinlock_t lock;	/* all but what is set while nobody can use it */
	wait_queue_head_t wait;	/* for a slot, or until it is dead */
	int dead;		/* errno that everybody gets, or 0 */
	char why[128];		/* it is dead */

	u16 index;
	unsigned int nr_slots;
	unsigned int nr_descs;	/* a power of two */
	bool is_indirect;
	struct adm_slot slots[ADM_SLOTS];
	struct adm_piece ring;
	size_t ring_size;
	struct adm_desc *desc;
	struct adm_avail *avail;
	struct adm_used *used;
	u16 seen;		/* of used->idx */
	void __iomem *doorbell;
	bool doorbell_mapped;

	u64 commands, retries, refused, timeouts, lost_interrupts, recoveries;
};

/* What was found out, for as long as the owner is not reset. */
struct adm_setup {
	u32 generation;
	enum adm_design design;
	u64 use[2];		/* by group: what LIST_USE has named */
	u8 limit;		/* of objects */
};

struct adm_owner {
	struct kref kref;
	struct list_head entry;		/* of the owners; empty once it is removed */
	unsigned int members;
	struct pci_dev *pdev;
	struct virtio_pci_modern_device mdev;

	struct rw_semaphore life;
	bool up;
	u32 generation;			/* counts bring-ups */
	unsigned long next_recovery;	/* in jiffies: not before that */
	unsigned int vectors, requested;	/* of MSI-X */
	struct ida objects;
	struct adm_queue queue;

	struct mutex setup_lock;	/* one at a time finds it out */
	struct adm_setup setup;
	struct dentry *debugfs;
};

struct adm_member {
	struct adm_owner *owner;
	u64 id;
	struct adm_setup setup;
};

/* owner_device.c */
int adm_device_up(struct adm_owner *owner);
void adm_device_down(struct adm_owner *owner);
int adm_device_recover(struct adm_owner *owner);
bool adm_device_is_dead(struct adm_owner *owner);
void adm_device_look(struct adm_owner *owner);

/* owner_queue.c */
void adm_queue_init(struct adm_queue *queue);
int adm_queue_up(struct adm_owner *owner, u16 index, u16 vector);
size_t adm_queue_down(struct adm_owner *owner, bool was_reset);
void adm_queue_revive(struct adm_owner *owner);
bool adm_queue_answers(struct adm_owner *owner);
int adm_slot_send(struct adm_owner *owner, struct adm_slot *slot, u32 in_len,
		  u32 out_len, unsigned int ms);
int adm_slot_fit(struct adm_owner *owner, struct adm_slot *slot, u32 in_len,
		 u32 out_len);
__printf(3, 4)
void adm_queue_give_up(struct adm_owner *owner, int error, const char *fmt, ...);

/* owner_buffer.c: what the device was given is only freed once it was answered, or
 * after a reset.
 */
int adm_buffer_fit(struct adm_owner *owner, struct adm_buffer *buffer,
		   size_t size, unsigned int most);
size_t adm_buffer_drop(struct adm_owner *owner, struct adm_buffer *buffer,
		       bool was_reset);
void adm_buffer_trim(struct adm_owner *owner, struct adm_buffer *buffer);

/* owner_command.c */
int adm_owner_execute(struct adm_owner *owner, const struct adm_setup *setup,
		      u64 member, struct adm_request *request);

/* owner_setup.c */
int adm_owner_setup(struct adm_owner *owner, u64 member,
		    struct adm_setup *setup);

/* owner_member.c */
void adm_owner_release(struct kref *kref);
void adm_owners_add(struct adm_owner *owner);
void adm_owners_remove(struct adm_owner *owner);

/* owner_debugfs.c */
void adm_debugfs_add(struct adm_owner *owner);
void adm_debugfs_remove(struct adm_owner *owner);
void adm_debugfs_init(void);
void adm_debugfs_exit(void);

#endif
