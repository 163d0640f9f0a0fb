// SPDX-License-Identifier: GPL-2.0-only
/*
 * Block requests: taken from a queue, in flight for as long as a test wants, done,
 * given back. Those of a function that is stopped stay in flight, or are done
 * before it is: which, depends on the standard.
 */
#include "model.h"

#define SECTOR	512ULL

static const char serial[VIRTIO_BLK_ID_BYTES] = "vfmig-virtio";

static struct image_range {
	uint8_t *at;
	bool is_there;
} image_range(struct function *fn, uint64_t sector, uint64_t len)
{
	struct image_range range = { 0 };

	range.is_there = sector <= IMAGE_SIZE / SECTOR &&
			 len <= IMAGE_SIZE - sector * SECTOR;
	if (range.is_there)
		range.at = fn->owner->image + sector * SECTOR;
	return range;
}

/* Bytes that went to the driver, with the status, its last byte. */
static uint32_t execute(struct function *fn, struct chain *chain)
{
	uint8_t status = VIRTIO_BLK_S_IOERR;
	struct virtio_blk_outhdr head;
	uint64_t room, sent = 0, len;
	struct image_range range;

	if (chain_read(fn, chain, 0, &head, sizeof(head)) != sizeof(head) || !chain->to_driver)
		return 0;
	room = chain->to_driver - 1;
	len = chain->from_driver - sizeof(head);
	switch (le32_to_cpu(head.type)) {
	case VIRTIO_BLK_T_IN:
		range = image_range(fn, le64_to_cpu(head.sector), room);
		if (!range.is_there)
			break;
		sent = chain_write(fn, chain, 0, range.at, room);
		if (sent == room)
			status = VIRTIO_BLK_S_OK;
		break;
	case VIRTIO_BLK_T_OUT:
		range = image_range(fn, le64_to_cpu(head.sector), len);
		if (range.is_there && chain_read(fn, chain, sizeof(head), range.at, len) == len)
			status = VIRTIO_BLK_S_OK;
		fn->writes++;
		break;
	case VIRTIO_BLK_T_FLUSH:
		status = VIRTIO_BLK_S_OK;
		break;
	case VIRTIO_BLK_T_GET_ID:
		sent = chain_write(fn, chain, 0, serial, MIN(room, sizeof(serial)));
		status = VIRTIO_BLK_S_OK;
		break;
	default:
		status = VIRTIO_BLK_S_UNSUPP;
	}
	if (chain_write(fn, chain, room, &status, sizeof(status)) != sizeof(status))
		device_breaks(fn);
	return sent + sizeof(status);
}

static void finish(struct function *fn, struct chain *chain)
{
	QTAILQ_REMOVE(&fn->in_flight, chain, next);
	context_is_new(fn, 1u << FIELD_IN_FLIGHT);
	if (chain_fetch(fn, chain)) {
		ring_give_back(fn, chain, execute(fn, chain));
		fn->requests++;
	} else {
		device_breaks(fn);
	}
	chain_free(chain);
}

static int64_t now(void)
{
	return qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL);
}

/* All take the same time, and so the first is ready first. */
void blk_finish_ready(void *opaque)
{
	struct function *fn = opaque;
	struct chain *chain;

	while (may_work(fn) && (chain = QTAILQ_FIRST(&fn->in_flight))) {
		if (chain->ready_at > now()) {
			timer_mod(fn->finish, chain->ready_at);
			return;
		}
		finish(fn, chain);
	}
}

void blk_finish_all(struct function *fn)
{
	struct chain *chain;

	while (may_work(fn) && (chain = QTAILQ_FIRST(&fn->in_flight)))
		finish(fn, chain);
}

void blk_drop_all(struct function *fn)
{
	timer_del(fn->finish);
	chains_free(&fn->in_flight);
}

void blk_kick(struct function *fn, unsigned int index)
{
	uint32_t delay = fn->owner->trouble.request_delay;
	struct chain *chain;

	while (may_work(fn) && (chain = ring_take(fn, index))) {
		chain->ready_at = now() + delay;
		QTAILQ_INSERT_TAIL(&fn->in_flight, chain, next);
		context_is_new(fn, 1u << FIELD_IN_FLIGHT);
		if (!delay)
			blk_finish_ready(fn);
	}
	if (!QTAILQ_EMPTY(&fn->in_flight))
		blk_finish_ready(fn);
}

void blk_pause(struct function *fn)
{
	timer_del(fn->finish);
}

/*
 * What is in flight is done now. Notifications that came meanwhile, or to another
 * function that had this state, are made up for, in both directions.
 */
void blk_resume(struct function *fn)
{
	unsigned int i;

	blk_finish_all(fn);
	for (i = 0; i < fn->owner->queues && may_work(fn); i++) {
		if (!fn->regs.queue[i].enabled)
			continue;
		blk_kick(fn, i);
		queue_interrupt(fn, i);
	}
}
