// SPDX-License-Identifier: GPL-2.0-only
/*
 * The administration queue: a split ring of its own. A slot has its share of the
 * descriptors, two or more, for what the device reads and what it writes; so any queue
 * of two entries or more will do. Where the device takes indirect ones each slot has
 * a table of as many as the queue has entries, the most that the standard allows.
 *
 * A queue that is dead stays so until the device is reset. What the device has
 * been given remains allocated, whatever it still makes of it.
 */
#include <linux/align.h>
#include <linux/dma-mapping.h>
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "owner_priv.h"

#define ADM_DESCS_MIN		2
#define ADM_DESCS_MAX		256
#define ADM_RING_ALIGN		64
/* While a command waits: is the device still there? Is an interrupt lost? */
#define ADM_LOOK_MS		100

/**
 * adm_queue_init - once in the life of an owner
 * @queue: its queue
 */
void adm_queue_init(struct adm_queue *queue)
{
	unsigned int i;

	spin_lock_init(&queue->lock);
	init_waitqueue_head(&queue->wait);
	for (i = 0; i < ADM_SLOTS; i++)
		init_completion(&queue->slots[i].answered);
	queue->dead = -ENODEV;
}

static unsigned int adm_queue_share(const struct adm_queue *queue)
{
	return queue->nr_descs / queue->nr_slots;
}

static void adm_slots_share(struct adm_queue *queue, size_t tables)
{
	unsigned int i, share = adm_queue_share(queue);

	for (i = 0; i < queue->nr_slots; i++) {
		struct adm_slot *slot = &queue->slots[i];

		slot->head = i * share;
		slot->table = queue->desc + slot->head;
		if (!queue->is_indirect)
			continue;
		slot->table = queue->ring.mem + tables;
		slot->table_dma = queue->ring.dma + tables;
		tables += queue->nr_descs * sizeof(*slot->table);
	}
}

static int adm_ring_alloc(struct adm_owner *owner)
{
	struct adm_queue *queue = &owner->queue;
	unsigned int nr = queue->nr_descs;
	size_t avail, used, tables, size;

	avail = nr * sizeof(struct adm_desc);
	used = ALIGN(avail + struct_size(queue->avail, ring, nr), ADM_RING_ALIGN);
	tables = ALIGN(used + struct_size(queue->used, ring, nr), ADM_RING_ALIGN);
	size = tables + (queue->is_indirect ? queue->nr_slots * avail : 0);
	queue->ring.mem = dma_alloc_coherent(&owner->pdev->dev, size,
					     &queue->ring.dma, GFP_KERNEL);
	if (!queue->ring.mem)
		return -ENOMEM;
	queue->ring_size = size;
	queue->desc = queue->ring.mem;
	queue->avail = queue->ring.mem + avail;
	queue->used = queue->ring.mem + used;
	queue->seen = 0;
	adm_slots_share(queue, tables);

	vp_modern_set_queue_size(&owner->mdev, queue->index, nr);
	vp_modern_queue_address(&owner->mdev, queue->index, queue->ring.dma,
				queue->ring.dma + avail,
				queue->ring.dma + used);
	return 0;
}

static size_t adm_ring_drop(struct adm_owner *owner, bool was_reset)
{
	struct adm_queue *queue = &owner->queue;
	size_t size = queue->ring_size;

	if (was_reset && queue->ring.mem)
		dma_free_coherent(&owner->pdev->dev, size, queue->ring.mem,
				  queue->ring.dma);
	queue->ring.mem = NULL;
	queue->ring_size = 0;
	return size;
}

static bool adm_takes_indirect(struct adm_owner *owner)
{
	return vp_modern_get_driver_features(&owner->mdev) &
	       BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC);
}

/**
 * adm_queue_up - give the device its queue; it is dead until adm_queue_revive()
 * @owner: whose device has its features set
 * @index: of the queue
 * @vector: of MSI-X, that says that there is an answer
 *
 * Return: 0, or a negative errno and the reason has been logged.
 */
int adm_queue_up(struct adm_owner *owner, u16 index, u16 vector)
{
	struct virtio_pci_modern_device *mdev = &owner->mdev;
	struct adm_queue *queue = &owner->queue;
	u16 size = vp_modern_get_queue_size(mdev, index);
	int ret;

	queue->index = index;
	queue->nr_descs = min_t(unsigned int, ADM_DESCS_MAX, size);
	queue->nr_slots = min_t(unsigned int, ADM_SLOTS, size / ADM_DESCS_MIN);
	queue->is_indirect = adm_takes_indirect(owner);
	if (!queue->nr_slots || size & (size - 1)) {
		pci_err(owner->pdev,
			"administration queue %u has %u entries, a power of two from 2 on is needed\n",
			index, size);
		return -EINVAL;
	}
	ret = adm_ring_alloc(owner);
	if (ret) {
		pci_err(owner->pdev, "no memory for the administration queue\n");
		return ret;
	}
	if (vp_modern_queue_vector(mdev, index, vector) != vector) {
		pci_err(owner->pdev,
			"the device does not take MSI-X vector %u for the administration queue\n",
			vector);
		return -EBUSY;
	}
	queue->doorbell = vp_modern_map_vq_notify(mdev, index, NULL);
	if (!queue->doorbell) {
		pci_err(owner->pdev,
			"the doorbell of administration queue %u is not in the device's notification area\n",
			index);
		return -EINVAL;
	}
	queue->doorbell_mapped = !mdev->notify_base;
	vp_modern_set_queue_enable(mdev, index, true);
	return 0;
}

/**
 * adm_queue_revive - let callers in
 * @owner: whose device runs
 */
void adm_queue_revive(struct adm_owner *owner)
{
	struct adm_queue *queue = &owner->queue;

	spin_lock_irq(&queue->lock);
	queue->dead = 0;
	queue->why[0] = '\0';
	spin_unlock_irq(&queue->lock);
}

/**
 * adm_queue_down - the queue is no more
 * @owner: whose queue is dead, and nobody is in adm_slot_send() any more
 * @was_reset: the device was, so that it uses no memory of the queue's
 *
 * Return: bytes of the queue; if the device was not reset they are lost.
 */
size_t adm_queue_down(struct adm_owner *owner, bool was_reset)
{
	struct adm_queue *queue = &owner->queue;
	size_t size = 0;
	unsigned int i;

	lockdep_assert_held_write(&owner->life);

	if (queue->doorbell && queue->doorbell_mapped)
		pci_iounmap(owner->pdev, queue->doorbell);
	queue->doorbell = NULL;
	for (i = 0; i < ADM_SLOTS; i++) {
		size += adm_buffer_drop(owner, &queue->slots[i].to_device,
					was_reset);
		size += adm_buffer_drop(owner, &queue->slots[i].from_device,
					was_reset);
		queue->slots[i].sent = false;
	}
	return size + adm_ring_drop(owner, was_reset);
}

/**
 * adm_queue_give_up - whoever waits fails now, and so does whoever comes
 * @owner: of the queue, in any context
 * @error: what they get; -ENODEV if it is nothing to worry about
 * @fmt: the reason, for the log and debugfs
 *
 * The first reason counts.
 */
void adm_queue_give_up(struct adm_owner *owner, int error, const char *fmt, ...)
{
	struct adm_queue *queue = &owner->queue;
	unsigned long flags;
	unsigned int i;
	va_list args;
	bool first;

	spin_lock_irqsave(&queue->lock, flags);
	first = !queue->dead;
	if (first) {
		va_start(args, fmt);
		vscnprintf(queue->why, sizeof(queue->why), fmt, args);
		va_end(args);
		WRITE_ONCE(queue->dead, error);
		for (i = 0; i < ADM_SLOTS; i++)
			if (queue->slots[i].sent)
				complete(&queue->slots[i].answered);
	}
	spin_unlock_irqrestore(&queue->lock, flags);

	if (!first)
		return;
	wake_up_all(&queue->wait);
	if (error != -ENODEV)
		pci_err(owner->pdev,
			"the administration queue is given up: %s; migrations of its VFs fail, and the next one begins with a reset of the queue\n",
			queue->why);
}

/* Which slot's is this descriptor, and does the device have it? */
static struct adm_slot *adm_slot_of(struct adm_queue *queue, u32 id)
{
	unsigned int share = adm_queue_share(queue);
	struct adm_slot *slot;

	lockdep_assert_held(&queue->lock);
	if (id % share || id / share >= queue->nr_slots)
		return NULL;
	slot = &queue->slots[id / share];
	return slot->sent ? slot : NULL;
}

/* Ends, whatever the device writes: there are only so many slots to answer. */
static bool adm_queue_reap(struct adm_queue *queue, unsigned int *answers)
{
	unsigned int nr = queue->nr_descs;
	struct adm_used_elem *elem;
	struct adm_slot *slot;

	while (queue->seen != le16_to_cpu(READ_ONCE(queue->used->idx))) {
		/* The element was written before the index. */
		dma_rmb();
		elem = &queue->used->ring[queue->seen % nr];
		slot = adm_slot_of(queue, le32_to_cpu(READ_ONCE(elem->id)));
		if (!slot)
			return false;
		slot->used = le32_to_cpu(READ_ONCE(elem->len));
		slot->sent = false;
		complete(&slot->answered);
		queue->seen++;
		++*answers;
	}
	return true;
}

/**
 * adm_queue_answers - take the answers that are there
 * @owner: of the queue, in any context
 *
 * Return: true if there were any.
 */
bool adm_queue_answers(struct adm_owner *owner)
{
	struct adm_queue *queue = &owner->queue;
	unsigned int answers = 0;
	unsigned long flags;
	bool sane = true;

	spin_lock_irqsave(&queue->lock, flags);
	if (!queue->dead)
		sane = adm_queue_reap(queue, &answers);
	spin_unlock_irqrestore(&queue->lock, flags);
	if (!sane)
		adm_queue_give_up(owner, -EIO,
				  "the device answers a command that it was not sent");
	return answers;
}

static void adm_queue_push(struct adm_queue *queue, struct adm_slot *slot,
			   u32 in_len, u32 out_len)
{
	u16 idx = le16_to_cpu(queue->avail->idx);
	unsigned int nr;

	lockdep_assert_held(&queue->lock);
	nr = adm_chain(slot->table, queue->is_indirect ? 0 : slot->head,
		       &slot->to_device, in_len, &slot->from_device, out_len);
	if (queue->is_indirect)
		queue->desc[slot->head] = (struct adm_desc) {
			.addr	= cpu_to_le64(slot->table_dma),
			.len	= cpu_to_le32(nr * sizeof(*slot->table)),
			.flags	= cpu_to_le16(ADM_DESC_INDIRECT),
		};
	slot->sent = true;
	queue->commands++;
	queue->avail->ring[idx % queue->nr_descs] = cpu_to_le16(slot->head);
	/* The device may look as soon as the index says so. */
	dma_wmb();
	WRITE_ONCE(queue->avail->idx, cpu_to_le16(idx + 1));
}

/* For an answer, a death or @ms. Returns true if only a look has found the answer. */
static bool adm_slot_wait(struct adm_owner *owner, struct adm_slot *slot,
			  unsigned int ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);
	unsigned long look = msecs_to_jiffies(ADM_LOOK_MS);

	do {
		if (wait_for_completion_timeout(&slot->answered, look))
			return false;
		if (!adm_device_is_dead(owner) && adm_queue_answers(owner) &&
		    try_wait_for_completion(&slot->answered))
			return true;
	} while (time_before(jiffies, end));
	return false;
}

/**
 * adm_slot_fit - have room in a slot for a command
 * @owner: of the device, which must not be using @slot
 * @slot: gets both buffers
 * @in_len: bytes for the device to read
 * @out_len: bytes that it may write
 *
 * Return: 0 or -ENOMEM.
 */
int adm_slot_fit(struct adm_owner *owner, struct adm_slot *slot, u32 in_len,
		 u32 out_len)
{
	struct adm_queue *queue = &owner->queue;
	unsigned int most = queue->is_indirect ? queue->nr_descs :
						 adm_queue_share(queue);
	unsigned int in_most = adm_in_most(most, in_len, out_len, PAGE_SIZE);
	int ret;

	ret = adm_buffer_fit(owner, &slot->to_device, in_len, in_most);
	if (ret)
		return ret;
	return adm_buffer_fit(owner, &slot->from_device, out_len,
			      most - adm_pieces_of(&slot->to_device, in_len));
}

/**
 * adm_slot_send - send what is in a slot, and wait
 * @owner: of the device, with its life held
 * @slot: with both buffers ready
 * @in_len: bytes for the device to read
 * @out_len: bytes that it may write
 * @ms: how long to wait
 *
 * Return: 0 if the device has answered, slot->used is set; -ETIMEDOUT if it has
 * not, and the slot is the device's until the queue is given up, which is up to
 * the caller; what the queue is given up with.
 */
int adm_slot_send(struct adm_owner *owner, struct adm_slot *slot, u32 in_len,
		  u32 out_len, unsigned int ms)
{
	struct adm_queue *queue = &owner->queue;
	bool found;
	int ret;

	lockdep_assert_held_read(&owner->life);
	reinit_completion(&slot->answered);
	spin_lock_irq(&queue->lock);
	ret = queue->dead;
	if (!ret)
		adm_queue_push(queue, slot, in_len, out_len);
	spin_unlock_irq(&queue->lock);
	if (ret)
		return ret;

	/* A doorbell in the device's memory, so it is never left out. */
	vp_iowrite16(queue->index, queue->doorbell);
	found = adm_slot_wait(owner, slot, ms);

	spin_lock_irq(&queue->lock);
	queue->lost_interrupts += found;
	if (slot->sent)
		ret = queue->dead ?: -ETIMEDOUT;
	spin_unlock_irq(&queue->lock);
	return ret;
}
