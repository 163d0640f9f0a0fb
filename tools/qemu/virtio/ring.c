// SPDX-License-Identifier: GPL-2.0-only
/* Split virtqueues in the driver's memory: indirect descriptors, event indices. */
#include "model.h"

#define AVAIL_IDX	offsetof(struct vring_avail, idx)
#define AVAIL_RING	offsetof(struct vring_avail, ring)
#define USED_IDX	offsetof(struct vring_used, idx)
#define USED_RING	offsetof(struct vring_used, ring)
/* Of a chain: as many as an index can tell apart. */
#define SEGMENTS_MAX	65536
#define ISR_QUEUE	0x1

static bool read_memory(struct function *fn, uint64_t addr, void *to, size_t len)
{
	return pci_dma_read(&fn->pci, addr, to, len) == MEMTX_OK;
}

static bool write_memory(struct function *fn, uint64_t addr, const void *from, size_t len)
{
	return pci_dma_write(&fn->pci, addr, from, len) == MEMTX_OK;
}

static bool read_u16(struct function *fn, uint64_t addr, uint16_t *value)
{
	uint16_t le;

	if (!read_memory(fn, addr, &le, sizeof(le)))
		return false;
	*value = le16_to_cpu(le);
	return true;
}

static bool write_u16(struct function *fn, uint64_t addr, uint16_t value)
{
	uint16_t le = cpu_to_le16(value);

	return write_memory(fn, addr, &le, sizeof(le));
}

static bool has_event_index(const struct function *fn)
{
	return fn->regs.driver_features & (1ULL << VIRTIO_RING_F_EVENT_IDX);
}

struct chain *chain_new(unsigned int queue, uint16_t head)
{
	struct chain *chain = g_new0(struct chain, 1);

	chain->queue = queue;
	chain->head = head;
	chain->segments = g_array_new(false, false, sizeof(struct segment));
	return chain;
}

void chain_free(struct chain *chain)
{
	g_array_free(chain->segments, true);
	g_free(chain);
}

uint32_t chains_count(const union chains *chains)
{
	struct chain *chain;
	uint32_t count = 0;

	QTAILQ_FOREACH(chain, chains, next)
		count++;
	return count;
}

void chains_free(union chains *chains)
{
	struct chain *chain;

	while ((chain = QTAILQ_FIRST(chains))) {
		QTAILQ_REMOVE(chains, chain, next);
		chain_free(chain);
	}
}

static bool add_segment(struct chain *chain, const struct vring_desc *desc)
{
	struct segment segment = {
		.addr = le64_to_cpu(desc->addr),
		.len = le32_to_cpu(desc->len),
		.to_driver = le16_to_cpu(desc->flags) & VRING_DESC_F_WRITE,
	};

	/* What the device reads comes first. */
	if (!segment.to_driver && chain->to_driver)
		return false;
	g_array_append_val(chain->segments, segment);
	*(segment.to_driver ? &chain->to_driver : &chain->from_driver) += segment.len;
	return true;
}

/* From descriptor @i on, of a table of @count; one entry of the queue's table may be
 * an indirect one, which tells of another table.
 */
static bool fetch_from(struct function *fn, struct chain *chain, uint64_t table,
		       uint32_t count, uint32_t i, bool may_be_indirect)
{
	struct vring_desc desc;
	uint32_t steps = 0;
	uint16_t flags;

	do {
		if (i >= count || steps++ >= count ||
		    !read_memory(fn, table + i * sizeof(desc), &desc, sizeof(desc)))
			return false;
		flags = le16_to_cpu(desc.flags);
		if (flags & VRING_DESC_F_INDIRECT) {
			uint32_t entries = le32_to_cpu(desc.len) / sizeof(desc);

			if (!may_be_indirect || flags & VRING_DESC_F_NEXT ||
			    !entries || entries > SEGMENTS_MAX)
				return false;
			return fetch_from(fn, chain, le64_to_cpu(desc.addr), entries, 0, false);
		}
		if (!add_segment(chain, &desc))
			return false;
		i = le16_to_cpu(desc.next);
	} while (flags & VRING_DESC_F_NEXT);
	return true;
}

bool chain_fetch(struct function *fn, struct chain *chain)
{
	const struct queue *queue = &fn->regs.queue[chain->queue];

	if (chain->fetched)
		return true;
	chain->fetched = fetch_from(fn, chain, queue->desc, queue->size, chain->head,
				    fn->regs.driver_features &
				    (1ULL << VIRTIO_RING_F_INDIRECT_DESC));
	return chain->fetched;
}

static size_t chain_copy(struct function *fn, struct chain *chain, bool to_driver,
			 uint64_t offset, uint8_t *buffer, size_t len)
{
	size_t done = 0, here;
	unsigned int i;
	bool ok;

	for (i = 0; i < chain->segments->len && done < len; i++) {
		struct segment *segment = &g_array_index(chain->segments, struct segment, i);

		if (segment->to_driver != to_driver)
			continue;
		if (offset >= segment->len) {
			offset -= segment->len;
			continue;
		}
		here = MIN(segment->len - offset, len - done);
		if (to_driver)
			ok = write_memory(fn, segment->addr + offset, buffer + done, here);
		else
			ok = read_memory(fn, segment->addr + offset, buffer + done, here);
		if (!ok)
			break;
		done += here;
		offset = 0;
	}
	return done;
}

/* Both return the bytes that were there, and could be reached. */
size_t chain_read(struct function *fn, struct chain *chain, uint64_t offset,
		  void *to, size_t len)
{
	return chain_copy(fn, chain, false, offset, to, len);
}

size_t chain_write(struct function *fn, struct chain *chain, uint64_t offset,
		   const void *from, size_t len)
{
	return chain_copy(fn, chain, true, offset, (uint8_t *)from, len);
}

/* With event indices the driver is told from where on to notify: it may have added
 * more in between.
 */
static bool has_available(struct function *fn, struct queue *queue, bool *is_there)
{
	uint16_t idx;

	if (!read_u16(fn, queue->driver + AVAIL_IDX, &idx))
		return false;
	*is_there = idx != queue->last_avail;
	if (*is_there || !has_event_index(fn))
		return true;
	if (!write_u16(fn, queue->device + USED_RING + queue->size * sizeof(struct vring_used_elem),
		       queue->last_avail))
		return false;
	/* The driver adds, and then looks at that. */
	smp_mb();
	if (!read_u16(fn, queue->driver + AVAIL_IDX, &idx))
		return false;
	*is_there = idx != queue->last_avail;
	return true;
}

/* The next chain, or NULL if there is none or the ring is out of order. */
struct chain *ring_take(struct function *fn, unsigned int index)
{
	struct queue *queue = &fn->regs.queue[index];
	uint16_t head;
	bool is_there;

	if (!queue->enabled)
		return NULL;
	if (!has_available(fn, queue, &is_there)) {
		device_breaks(fn);
		return NULL;
	}
	if (!is_there)
		return NULL;
	/* The index says that the entry is there. */
	smp_rmb();
	if (!read_u16(fn, queue->driver + AVAIL_RING +
		      queue->last_avail % queue->size * sizeof(head), &head) ||
	    head >= queue->size) {
		device_breaks(fn);
		return NULL;
	}
	queue->last_avail++;
	context_is_new(fn, 1u << FIELD_VQ_INDICES);
	return chain_new(index, head);
}

static bool wants_interrupt(struct function *fn, struct queue *queue)
{
	uint16_t flags, event, old = queue->signalled;
	bool has_old = queue->has_signalled;

	if (!has_event_index(fn))
		return !read_u16(fn, queue->driver, &flags) ||
		       !(flags & VRING_AVAIL_F_NO_INTERRUPT);
	queue->signalled = queue->used;
	queue->has_signalled = true;
	return !has_old ||
	       !read_u16(fn, queue->driver + AVAIL_RING + queue->size * sizeof(event), &event) ||
	       (uint16_t)(queue->used - event - 1) < (uint16_t)(queue->used - old);
}

/* @len: as the driver is told. */
void ring_give_back(struct function *fn, struct chain *chain, uint32_t len)
{
	struct queue *queue = &fn->regs.queue[chain->queue];
	struct vring_used_elem used = {
		.id = cpu_to_le32(chain->head),
		.len = cpu_to_le32(len),
	};

	if (!write_memory(fn, queue->device + USED_RING +
			  queue->used % queue->size * sizeof(used), &used, sizeof(used))) {
		device_breaks(fn);
		return;
	}
	/* And so does the other one. */
	smp_wmb();
	queue->used++;
	context_is_new(fn, 1u << FIELD_VQ_INDICES);
	if (!write_u16(fn, queue->device + USED_IDX, queue->used)) {
		device_breaks(fn);
		return;
	}
	/* The driver says when it wants one, and then looks at the index. */
	smp_mb();
	if (wants_interrupt(fn, queue))
		queue_interrupt(fn, chain->queue);
}

/* Where everything that was taken has been given back, memory has the position. */
bool ring_position_from_memory(struct function *fn, unsigned int index)
{
	struct queue *queue = &fn->regs.queue[index];

	if (!read_u16(fn, queue->device + USED_IDX, &queue->used))
		return false;
	queue->last_avail = queue->used;
	queue->has_signalled = false;
	return true;
}

void function_interrupt(struct function *fn, uint16_t vector, uint8_t isr)
{
	if (msix_enabled(&fn->pci)) {
		if (vector < VECTORS)
			msix_notify(&fn->pci, vector);
	} else {
		/* A VF has no other interrupt, and so the PF has none: it is polled. */
		if (isr & ~fn->regs.isr)
			context_is_new(fn, 1u << FIELD_COMMON);
		fn->regs.isr |= isr;
	}
}

void queue_interrupt(struct function *fn, unsigned int index)
{
	function_interrupt(fn, fn->regs.queue[index].msix_vector, ISR_QUEUE);
}
