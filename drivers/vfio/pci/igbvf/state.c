// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is this the state of a virtual function?
 *
 * Pure: bytes in, a verdict out. Compiled into the driver and into the tests
 * in userspace from this file. A source checks what it is about to send with
 * it, so that a guest's rubbish is found where the guest still runs.
 *
 * What passes here does to the function what the same userspace could do by
 * writing the function's registers, and to its PF what the guest could do by
 * mailbox. The check keeps out what is damaged, not what is hostile.
 */
#include <asm/byteorder.h>
#include <linux/bits.h>
#include <linux/string.h>
#include <linux/types.h>

#include "state.h"

/* No hole and no padding, on any compiler. */
static_assert(sizeof(struct igbvf_state) == 1080, "layout of the state");
static_assert(offsetof(struct igbvf_state, asked) == 288, "layout of the state");

const struct igbvf_reg igbvf_rx_regs[IGBVF_NR_RX] = {
	[IGBVF_RX_BAL]		= { "RDBAL",	IGBVF_BAL,	0xffffff80 },
	[IGBVF_RX_BAH]		= { "RDBAH",	IGBVF_BAH,	0xffffffff },
	[IGBVF_RX_LEN]		= { "RDLEN",	IGBVF_LEN,	0x000fff80 },
	[IGBVF_RX_SRRCTL]	= { "SRRCTL",	IGBVF_SRRCTL,	0xffffffff },
	[IGBVF_RX_DCA]		= { "RXCTL",	IGBVF_DCA,	0xffffffff },
	[IGBVF_RX_HEAD]		= { "RDH",	IGBVF_HEAD,	0x0000ffff },
	[IGBVF_RX_TAIL]		= { "RDT",	IGBVF_TAIL,	0x0000ffff },
	[IGBVF_RX_DCTL]		= { "RXDCTL",	IGBVF_DCTL,	0x021f1f1f },
};

const struct igbvf_reg igbvf_tx_regs[IGBVF_NR_TX] = {
	[IGBVF_TX_BAL]		= { "TDBAL",	IGBVF_BAL,	0xffffff80 },
	[IGBVF_TX_BAH]		= { "TDBAH",	IGBVF_BAH,	0xffffffff },
	[IGBVF_TX_LEN]		= { "TDLEN",	IGBVF_LEN,	0x000fff80 },
	[IGBVF_TX_DCA]		= { "TXCTL",	IGBVF_DCA,	0xffffffff },
	[IGBVF_TX_WBAL]		= { "TDWBAL",	IGBVF_WBAL,	0xffffffff },
	[IGBVF_TX_WBAH]		= { "TDWBAH",	IGBVF_WBAH,	0xffffffff },
	[IGBVF_TX_HEAD]		= { "TDH",	IGBVF_HEAD,	0x0000ffff },
	[IGBVF_TX_TAIL]		= { "TDT",	IGBVF_TAIL,	0x0000ffff },
	[IGBVF_TX_DCTL]		= { "TXDCTL",	IGBVF_DCTL,	0x0a1f1f1f },
};

static bool igbvf_reserved_bits(const __le32 *regs, const struct igbvf_reg *reg,
				unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (le32_to_cpu(regs[i]) & ~reg[i].bits)
			return true;
	return false;
}

/* Head and tail of a queue that runs must lie in its ring. */
static const char *check_ring(u32 dctl, u32 len, u32 head, u32 tail)
{
	u32 descs = len / IGBVF_DESC_SIZE;

	if (!(dctl & IGBVF_DCTL_ENABLE))
		return NULL;
	/* Enabled without a ring is what a reset leaves behind. */
	if (!len)
		return head || tail ? "a queue without a ring has a head" :
				      NULL;
	if (head >= descs)
		return "a queue's head is beyond its ring";
	if (tail >= descs)
		return "a queue's tail is beyond its ring";
	return NULL;
}

static const char *check_queue(const struct igbvf_state_queue *queue)
{
	const char *why;
	u32 dctl;

	if (igbvf_reserved_bits(queue->rx, igbvf_rx_regs, IGBVF_NR_RX) ||
	    igbvf_reserved_bits(queue->tx, igbvf_tx_regs, IGBVF_NR_TX))
		return "a queue's register has a reserved bit set";

	why = check_ring(le32_to_cpu(queue->rx[IGBVF_RX_DCTL]),
			 le32_to_cpu(queue->rx[IGBVF_RX_LEN]),
			 le32_to_cpu(queue->rx[IGBVF_RX_HEAD]),
			 le32_to_cpu(queue->rx[IGBVF_RX_TAIL]));
	if (why)
		return why;

	dctl = le32_to_cpu(queue->tx[IGBVF_TX_DCTL]);
	why = check_ring(dctl, le32_to_cpu(queue->tx[IGBVF_TX_LEN]),
			 le32_to_cpu(queue->tx[IGBVF_TX_HEAD]),
			 le32_to_cpu(queue->tx[IGBVF_TX_TAIL]));
	if (why)
		return why;
	if (dctl & IGBVF_DCTL_ENABLE &&
	    queue->tx[IGBVF_TX_HEAD] != queue->tx[IGBVF_TX_TAIL])
		return "a transmit queue is not drained";
	return NULL;
}

static const char *check_interrupts(const struct igbvf_state *state)
{
	u32 ivar = le32_to_cpu(state->ivar);
	u32 misc = le32_to_cpu(state->ivar_misc);
	unsigned int i;
	u32 entry;

	for (i = 0; i < 5; i++) {
		entry = i < 4 ? ivar >> 8 * i & 0xff : misc;
		if (entry & ~(u32)(IGBVF_IVAR_VALID | IGBVF_IVAR_VECTOR))
			return "an interrupt assignment has a reserved bit set";
		if (entry & IGBVF_IVAR_VALID &&
		    (entry & IGBVF_IVAR_VECTOR) >= IGBVF_VECTORS)
			return "an interrupt is assigned to no vector";
	}

	if ((le32_to_cpu(state->eims) | le32_to_cpu(state->eiac) |
	     le32_to_cpu(state->eiam)) & ~(u32)IGBVF_ALL_VECTORS)
		return "an interrupt mask has a bit of no vector";
	for (i = 0; i < IGBVF_VECTORS; i++)
		if (le32_to_cpu(state->eitr[i]) & ~0xffffU)
			return "an interrupt's rate has a reserved bit set";
	return NULL;
}

static bool igbvf_is_zero(const void *buf, size_t len)
{
	const u8 *byte = buf;

	while (len--)
		if (*byte++)
			return false;
	return true;
}

static bool igbvf_is_station_address(const u8 *mac)
{
	return !(mac[0] & 1) && !igbvf_is_zero(mac, 6);
}

static unsigned int igbvf_count_vlans(const struct igbvf_asked *asked)
{
	unsigned int i, count = 0;
	u32 word;

	for (i = 0; i < 128; i++)
		for (word = le32_to_cpu(asked->vlans[i]); word;
		     word &= word - 1)
			count++;
	return count;
}

static const char *check_vlans(const struct igbvf_asked *asked, u32 flags)
{
	u32 last = le32_to_cpu(asked->vlan_last);
	u32 id = last & IGBVF_VLAN_ID;
	bool on = le32_to_cpu(asked->vlans[id / 32]) & BIT(id % 32);

	if (!(flags & IGBVF_STATE_VLAN))
		return last || igbvf_count_vlans(asked) ? "VLANs without a flag" :
						    NULL;
	if (last & ~(u32)(IGBVF_VLAN_ID | IGBVF_VLAN_ON))
		return "the last VLAN has a reserved bit set";
	if (on != !!(last & IGBVF_VLAN_ON))
		return "the last VLAN is not among the others";
	if (igbvf_count_vlans(asked) > IGBVF_MAX_VLANS)
		return "more VLANs than a PF has filters";
	return NULL;
}

static const char *check_addresses(const struct igbvf_asked *asked, u32 flags)
{
	u16 nr_multicast = le16_to_cpu(asked->nr_multicast);
	u16 nr_unicast = le16_to_cpu(asked->nr_unicast);
	unsigned int i;

	if (flags & IGBVF_STATE_MAC ? !igbvf_is_station_address(asked->mac) :
				      !igbvf_is_zero(asked->mac, 6))
		return "invalid MAC address";

	if (nr_multicast > 255 ||
	    (nr_multicast && !(flags & IGBVF_STATE_MULTICAST)))
		return "the number of multicast addresses is wrong";
	for (i = 0; i < IGBVF_MAX_HASHES; i++)
		if (le16_to_cpu(asked->hashes[i]) > 0xfff ||
		    (i >= nr_multicast && asked->hashes[i]))
			return "a multicast address is out of range";

	if (nr_unicast > IGBVF_MAX_UNICAST)
		return "too many unicast addresses";
	for (i = 0; i < IGBVF_MAX_UNICAST; i++)
		if (i < nr_unicast ? !igbvf_is_station_address(asked->unicast[i]) :
				     !igbvf_is_zero(asked->unicast[i], 6))
			return "invalid unicast address";
	return igbvf_is_zero(asked->zero, sizeof(asked->zero)) ? NULL :
							   "the end is not 0";
}

static const char *check_asked(const struct igbvf_asked *asked, u32 flags)
{
	u32 lpe = le32_to_cpu(asked->lpe);
	u32 promisc = le32_to_cpu(asked->promisc);

	/*
	 * What is asked before a handshake is not heard. The largest packet is
	 * kept over a reset, and so are the unicast addresses, which have no flag.
	 */
	if (!(flags & IGBVF_STATE_READY) &&
	    flags & ~(u32)(IGBVF_STATE_LINK | IGBVF_STATE_LPE))
		return "requests without a handshake";

	if (flags & IGBVF_STATE_LPE ? lpe > IGBVF_MAX_PACKET : lpe)
		return "the largest packet is out of range";
	if (flags & IGBVF_STATE_PROMISC ?
	    (promisc & ~IGBVF_MSG_INFO) != IGBVF_MSG_PROMISC : promisc)
		return "invalid promiscuous mode";
	return NULL;
}

/**
 * igbvf_state_check - check a record before a byte of it is used
 * @buf: the record, a &struct igbvf_state, 4-byte aligned
 * @len: its length in bytes
 *
 * Return: NULL where every field is in its range, or why not.
 */
const char *igbvf_state_check(const void *buf, size_t len)
{
	const struct igbvf_state *state = buf;
	const char *why;
	unsigned int i;
	u32 flags;

	if (len != sizeof(*state) || le32_to_cpu(state->size) != len)
		return "the state has the wrong size";
	if (le16_to_cpu(state->version) != IGBVF_STATE_VERSION)
		return "the state is of another version";
	if (le16_to_cpu(state->queues) != IGBVF_QUEUES)
		return "the number of queues is wrong";

	flags = le32_to_cpu(state->flags);
	if (flags & ~(u32)IGBVF_STATE_FLAGS)
		return "an unknown flag is set";
	if (le32_to_cpu(state->mailbox) & ~(u32)IGBVF_MBX_STATE)
		return "the mailbox has a reserved bit set";

	why = check_interrupts(state);
	for (i = 0; !why && i < IGBVF_QUEUES; i++)
		why = check_queue(&state->queue[i]);
	if (!why)
		why = check_asked(&state->asked, flags);
	if (!why)
		why = check_vlans(&state->asked, flags);
	if (!why)
		why = check_addresses(&state->asked, flags);
	return why;
}
