// SPDX-License-Identifier: GPL-2.0-only
/* How records of a virtual function are changed: field by field. */
#include <string.h>
#include <asm/byteorder.h>
#include <linux/kernel.h>

#include "igbvf/state.h"
#include "change.h"

static void change_field(struct change *c, u8 *state)
{
	static const u8 sizes[] = { 1, 2, 4, 4 };
	u8 bytes = sizes[roll(c, ARRAY_SIZE(sizes))];
	u8 *at = state + roll(c, sizeof(struct igbvf_state) / bytes) * bytes;

	put_number(at, bytes, roll(c, 2) ? odd_number(c) :
		   get_number(at, bytes) ^ 1ULL << roll(c, 8 * bytes));
}

/* Where most of the checks are: before the VLANs and after them. */
static void change_register(struct change *c, u8 *state)
{
	size_t half = offsetof(struct igbvf_state, asked) +
		      offsetof(struct igbvf_asked, vlans);
	u8 *at = state + 4 * roll(c, half / 4);

	put_number(at, 4, roll(c, 2) ? odd_number(c) :
		   get_number(at, 4) ^ 1U << roll(c, 32));
}

static void change_asked(struct change *c, u8 *state)
{
	size_t start = offsetof(struct igbvf_state, asked) +
		       offsetof(struct igbvf_asked, nr_multicast);
	u8 *at = state + start + 2 * roll(c, (sizeof(struct igbvf_state) - start) / 2);

	put_number(at, 2, roll(c, 2) ? odd_number(c) : roll(c, 0x10000));
}

static void mend_ring(__le32 *head, __le32 *tail, __le32 len, bool same)
{
	u32 descs = le32_to_cpu(len) / IGBVF_DESC_SIZE;

	*head = cpu_to_le32(descs ? le32_to_cpu(*head) % descs : 0);
	*tail = cpu_to_le32(descs ? le32_to_cpu(*tail) % descs : 0);
	if (same)
		*tail = *head;
}

static void mend_queue(struct igbvf_state_queue *queue)
{
	unsigned int i;

	for (i = 0; i < IGBVF_NR_RX; i++)
		queue->rx[i] &= cpu_to_le32(igbvf_rx_regs[i].bits);
	for (i = 0; i < IGBVF_NR_TX; i++)
		queue->tx[i] &= cpu_to_le32(igbvf_tx_regs[i].bits);
	mend_ring(&queue->rx[IGBVF_RX_HEAD], &queue->rx[IGBVF_RX_TAIL],
		  queue->rx[IGBVF_RX_LEN], false);
	mend_ring(&queue->tx[IGBVF_TX_HEAD], &queue->tx[IGBVF_TX_TAIL],
		  queue->tx[IGBVF_TX_LEN], true);
}

static void mend_registers(struct change *c, struct igbvf_state *s)
{
	unsigned int i;

	s->mailbox &= cpu_to_le32(IGBVF_MBX_STATE);
	s->ivar &= cpu_to_le32(0x82828282);
	s->ivar_misc &= cpu_to_le32(0x82);
	s->eims &= cpu_to_le32(IGBVF_ALL_VECTORS);
	s->eiac &= cpu_to_le32(IGBVF_ALL_VECTORS);
	s->eiam &= cpu_to_le32(IGBVF_ALL_VECTORS);
	for (i = 0; i < IGBVF_VECTORS; i++)
		s->eitr[i] &= cpu_to_le32(0xffff);
	for (i = 0; i < IGBVF_QUEUES; i++)
		mend_queue(&s->queue[i]);
}

static void mend_asked(struct change *c, struct igbvf_state *s)
{
	struct igbvf_asked *asked = &s->asked;
	u32 flags = IGBVF_STATE_READY | roll(c, IGBVF_STATE_FLAGS + 1);
	u32 id = roll(c, 4096), nr_unicast;
	unsigned int i;

	s->flags = cpu_to_le32(flags);
	if (!(flags & IGBVF_STATE_LPE))
		asked->lpe = 0;
	asked->promisc = flags & IGBVF_STATE_PROMISC ?
			 cpu_to_le32(IGBVF_MSG_PROMISC | roll(c, 256) << 16) : 0;
	if (flags & IGBVF_STATE_VLAN) {
		asked->vlans[id / 32] |= cpu_to_le32(BIT(id % 32));
		asked->vlan_last = cpu_to_le32(id | IGBVF_VLAN_ON);
	} else {
		memset(asked->vlans, 0, sizeof(asked->vlans));
		asked->vlan_last = 0;
	}
	asked->nr_multicast = cpu_to_le16(flags & IGBVF_STATE_MULTICAST ?
					  roll(c, 64) : 0);
	for (i = 0; i < IGBVF_MAX_HASHES; i++)
		asked->hashes[i] = i < le16_to_cpu(asked->nr_multicast) ?
				   cpu_to_le16(roll(c, 0x1000)) : 0;
	nr_unicast = roll(c, 4) ? roll(c, 3) : roll(c, IGBVF_MAX_UNICAST + 3);
	asked->nr_unicast = cpu_to_le16(nr_unicast);
	memset(asked->unicast, 0, sizeof(asked->unicast));
	for (i = 0; i < nr_unicast && i < IGBVF_MAX_UNICAST; i++)
		put_number(asked->unicast[i], 6, 2 + 2 * roll(c, 1 << 30));
	put_number(asked->mac, 6, flags & IGBVF_STATE_MAC ? 0x665476005452 : 0);
	memset(asked->zero, 0, sizeof(asked->zero));
}

static void mend(struct change *c, u8 *bytes)
{
	struct igbvf_state state;

	memcpy(&state, bytes, sizeof(state));
	state.size = cpu_to_le32(sizeof(state));
	state.version = cpu_to_le16(IGBVF_STATE_VERSION);
	state.queues = cpu_to_le16(IGBVF_QUEUES);
	if (roll(c, 2))
		mend_registers(c, &state);
	if (roll(c, 2))
		mend_asked(c, &state);
	memcpy(bytes, &state, sizeof(state));
}

size_t fuzz_change(u8 *data, size_t size, size_t room, unsigned int seed)
{
	static void (* const ways[])(struct change *c, u8 *state) = {
		change_field, change_register, change_register, change_asked,
		mend,
	};
	struct change c = { .dice = (seed + 1) * 0x9e3779b97f4a7c15ULL };

	if (size != INPUT_HEAD + sizeof(struct igbvf_state) || !roll(&c, 16)) {
		size = fuzz_mutate(data, size, room);
		if (room < INPUT_HEAD + sizeof(struct igbvf_state) ||
		    !roll(&c, 4))
			return size;
		if (size < INPUT_HEAD + sizeof(struct igbvf_state))
			memset(data + size, 0,
			       INPUT_HEAD + sizeof(struct igbvf_state) - size);
		return INPUT_HEAD + sizeof(struct igbvf_state);
	}
	if (!roll(&c, 8))
		data[roll(&c, INPUT_HEAD)] = roll(&c, 2) ?
			0xbb + 0x11 * roll(&c, 4) : 0xbe + roll(&c, 6);
	do
		(*ways[roll(&c, ARRAY_SIZE(ways))])(&c, data + INPUT_HEAD);
	while (roll(&c, 3));
	return size;
}
