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

static const char *igbvf_refuse(struct igbvf_bad_field *bad, const char *name,
				u32 value, const char *why)
{
	bad->name = name;
	bad->value = value;
	return why;
}

static const char *igbvf_check_bits(const __le32 *regs, const struct igbvf_reg *reg,
				    unsigned int nr, struct igbvf_bad_field *bad)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (le32_to_cpu(regs[i]) & ~reg[i].bits)
			return igbvf_refuse(bad, reg[i].name, le32_to_cpu(regs[i]),
					    "a reserved bit is set");
	return NULL;
}

/* Head and tail of a queue that runs must lie in its ring. */
static const char *igbvf_check_ring(u32 dctl, u32 len, u32 head, u32 tail,
				    const struct igbvf_reg *head_reg,
				    const struct igbvf_reg *tail_reg,
				    struct igbvf_bad_field *bad)
{
	u32 descs = len / IGBVF_DESC_SIZE;

	if (!(dctl & IGBVF_DCTL_ENABLE))
		return NULL;
	/* Enabled without a ring is what a reset leaves behind. */
	if (!len && !head && !tail)
		return NULL;
	if (!len)
		return igbvf_refuse(bad, head ? head_reg->name : tail_reg->name,
				    head ?: tail, "the queue is without a ring");
	if (head >= descs)
		return igbvf_refuse(bad, head_reg->name, head,
				    "the head is beyond its ring");
	if (tail >= descs)
		return igbvf_refuse(bad, tail_reg->name, tail,
				    "the tail is beyond its ring");
	return NULL;
}

static const char *igbvf_check_queue(const struct igbvf_state_queue *queue,
				     struct igbvf_bad_field *bad)
{
	u32 dctl, head;
	const char *why;

	why = igbvf_check_bits(queue->rx, igbvf_rx_regs, IGBVF_NR_RX, bad);
	if (!why)
		why = igbvf_check_bits(queue->tx, igbvf_tx_regs, IGBVF_NR_TX, bad);
	if (!why)
		why = igbvf_check_ring(le32_to_cpu(queue->rx[IGBVF_RX_DCTL]),
				       le32_to_cpu(queue->rx[IGBVF_RX_LEN]),
				       le32_to_cpu(queue->rx[IGBVF_RX_HEAD]),
				       le32_to_cpu(queue->rx[IGBVF_RX_TAIL]),
				       &igbvf_rx_regs[IGBVF_RX_HEAD],
				       &igbvf_rx_regs[IGBVF_RX_TAIL], bad);
	if (why)
		return why;

	dctl = le32_to_cpu(queue->tx[IGBVF_TX_DCTL]);
	head = le32_to_cpu(queue->tx[IGBVF_TX_HEAD]);
	why = igbvf_check_ring(dctl, le32_to_cpu(queue->tx[IGBVF_TX_LEN]), head,
			       le32_to_cpu(queue->tx[IGBVF_TX_TAIL]),
			       &igbvf_tx_regs[IGBVF_TX_HEAD],
			       &igbvf_tx_regs[IGBVF_TX_TAIL], bad);
	if (why)
		return why;
	if (dctl & IGBVF_DCTL_ENABLE &&
	    queue->tx[IGBVF_TX_HEAD] != queue->tx[IGBVF_TX_TAIL])
		return igbvf_refuse(bad, "TDH", head,
				    "it is not TDT, the queue is not drained");
	return NULL;
}

/* @entry of the register @name assigns an interrupt to a vector. */
static const char *igbvf_check_entry(const char *name, u32 reg, u32 entry,
				     struct igbvf_bad_field *bad)
{
	if (entry & ~(u32)(IGBVF_IVAR_VALID | IGBVF_IVAR_VECTOR))
		return igbvf_refuse(bad, name, reg, "a reserved bit is set");
	if (entry & IGBVF_IVAR_VALID &&
	    (entry & IGBVF_IVAR_VECTOR) >= IGBVF_VECTORS)
		return igbvf_refuse(bad, name, reg,
				    "it assigns an interrupt to no vector of a VF");
	return NULL;
}

static const char *igbvf_check_mask(const char *name, __le32 mask,
				    struct igbvf_bad_field *bad)
{
	if (!(le32_to_cpu(mask) & ~(u32)IGBVF_ALL_VECTORS))
		return NULL;
	return igbvf_refuse(bad, name, le32_to_cpu(mask), "a bit of no vector is set");
}

static const char *igbvf_check_interrupts(const struct igbvf_state *state,
					  struct igbvf_bad_field *bad)
{
	u32 ivar = le32_to_cpu(state->ivar);
	u32 misc = le32_to_cpu(state->ivar_misc);
	const char *why = NULL;
	unsigned int i;

	for (i = 0; !why && i < 4; i++)
		why = igbvf_check_entry("IVAR0", ivar, ivar >> 8 * i & 0xff, bad);
	if (!why)
		why = igbvf_check_entry("IVAR_MISC", misc, misc, bad);
	if (!why)
		why = igbvf_check_mask("EIMS", state->eims, bad);
	if (!why)
		why = igbvf_check_mask("EIAC", state->eiac, bad);
	if (!why)
		why = igbvf_check_mask("EIAM", state->eiam, bad);
	for (i = 0; !why && i < IGBVF_VECTORS; i++)
		if (le32_to_cpu(state->eitr[i]) & ~0xffffU)
			why = igbvf_refuse(bad, "EITR", le32_to_cpu(state->eitr[i]),
					   "a reserved bit of the interrupt rate is set");
	return why;
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

static const char *igbvf_check_vlans(const struct igbvf_asked *asked, u32 flags,
				     struct igbvf_bad_field *bad)
{
	unsigned int count = igbvf_count_vlans(asked);
	u32 last = le32_to_cpu(asked->vlan_last);
	u32 id = last & IGBVF_VLAN_ID;
	bool on = le32_to_cpu(asked->vlans[id / 32]) & BIT(id % 32);

	if (!(flags & IGBVF_STATE_VLAN))
		return last || count ? igbvf_refuse(bad, "flags", flags,
						    "there are VLANs without their flag") :
				       NULL;
	if (last & ~(u32)(IGBVF_VLAN_ID | IGBVF_VLAN_ON))
		return igbvf_refuse(bad, "last VLAN message", last,
				    "the last VLAN has a reserved bit set");
	if (on != !!(last & IGBVF_VLAN_ON))
		return igbvf_refuse(bad, "last VLAN message", last,
				    "the last VLAN and the bitmap of VLANs disagree");
	if (count > IGBVF_MAX_VLANS)
		return igbvf_refuse(bad, "number of VLANs", count,
				    "more VLANs than a PF has filters");
	return NULL;
}

static const char *igbvf_check_addresses(const struct igbvf_asked *asked, u32 flags,
					 struct igbvf_bad_field *bad)
{
	u16 nr_multicast = le16_to_cpu(asked->nr_multicast);
	u16 nr_unicast = le16_to_cpu(asked->nr_unicast);
	unsigned int i;

	if (flags & IGBVF_STATE_MAC ? !igbvf_is_station_address(asked->mac) :
				      !igbvf_is_zero(asked->mac, 6))
		return "invalid MAC address";

	if (nr_multicast > 255 ||
	    (nr_multicast && !(flags & IGBVF_STATE_MULTICAST)))
		return igbvf_refuse(bad, "multicast count", nr_multicast,
				    "wrong number of multicast addresses, or their flag is missing");
	for (i = 0; i < IGBVF_MAX_HASHES; i++)
		if (le16_to_cpu(asked->hashes[i]) > 0xfff ||
		    (i >= nr_multicast && asked->hashes[i]))
			return igbvf_refuse(bad, "multicast hash",
					    le16_to_cpu(asked->hashes[i]),
					    "a multicast hash is out of range or beyond their count");

	if (nr_unicast > IGBVF_MAX_UNICAST)
		return igbvf_refuse(bad, "unicast count", nr_unicast,
				    "too many unicast addresses");
	for (i = 0; i < IGBVF_MAX_UNICAST; i++)
		if (i < nr_unicast ? !igbvf_is_station_address(asked->unicast[i]) :
				     !igbvf_is_zero(asked->unicast[i], 6))
			return "invalid unicast address";
	return igbvf_is_zero(asked->zero, sizeof(asked->zero)) ? NULL :
		"the reserved bytes at the end are not 0";
}

static const char *igbvf_check_asked(const struct igbvf_asked *asked, u32 flags,
				     struct igbvf_bad_field *bad)
{
	u32 lpe = le32_to_cpu(asked->lpe);
	u32 promisc = le32_to_cpu(asked->promisc);

	/*
	 * What is asked before a handshake is not heard. The largest packet is
	 * kept over a reset, and so are the unicast addresses, which have no flag.
	 */
	if (!(flags & IGBVF_STATE_READY) &&
	    flags & ~(u32)(IGBVF_STATE_LINK | IGBVF_STATE_LPE))
		return igbvf_refuse(bad, "flags", flags,
				    "requests to the PF without a handshake");

	if (flags & IGBVF_STATE_LPE ? lpe > IGBVF_MAX_PACKET : lpe)
		return igbvf_refuse(bad, "largest packet", lpe,
				    "the largest packet is out of range");
	if (flags & IGBVF_STATE_PROMISC ?
	    (promisc & ~IGBVF_MSG_INFO) != IGBVF_MSG_PROMISC : promisc)
		return igbvf_refuse(bad, "promiscuous mode message", promisc,
				    "invalid promiscuous mode");
	return NULL;
}

/**
 * igbvf_state_check - check a record before a byte of it is used
 * @buf: the record, a &struct igbvf_state, 4-byte aligned
 * @len: its length in bytes
 * @bad: set to the field for which it is refused
 *
 * Return: NULL where every field is in its range, or why not.
 */
const char *igbvf_state_check(const void *buf, size_t len,
			      struct igbvf_bad_field *bad)
{
	const struct igbvf_state *state = buf;
	const char *why;
	unsigned int i;
	u32 flags;

	bad->name = NULL;
	bad->queue = -1;
	if (len != sizeof(*state))
		return igbvf_refuse(bad, "length", len, "a state of the wrong size");
	if (le32_to_cpu(state->size) != len)
		return igbvf_refuse(bad, "size", le32_to_cpu(state->size),
				    "a state of the wrong size");
	if (le16_to_cpu(state->version) != IGBVF_STATE_VERSION)
		return igbvf_refuse(bad, "version", le16_to_cpu(state->version),
				    "a state of another version, load the source's driver");
	if (le16_to_cpu(state->queues) != IGBVF_QUEUES)
		return igbvf_refuse(bad, "number of queues",
				    le16_to_cpu(state->queues),
				    "a VF has another number of queues");

	flags = le32_to_cpu(state->flags);
	if (flags & ~(u32)IGBVF_STATE_FLAGS)
		return igbvf_refuse(bad, "flags", flags, "an unknown flag is set");
	if (le32_to_cpu(state->mailbox) & ~(u32)IGBVF_MBX_STATE)
		return igbvf_refuse(bad, "V2PMAILBOX", le32_to_cpu(state->mailbox),
				    "a reserved bit of the mailbox is set");

	why = igbvf_check_interrupts(state, bad);
	for (i = 0; !why && i < IGBVF_QUEUES; i++) {
		bad->queue = i;
		why = igbvf_check_queue(&state->queue[i], bad);
	}
	if (why)
		return why;
	bad->queue = -1;
	why = igbvf_check_asked(&state->asked, flags, bad);
	if (!why)
		why = igbvf_check_vlans(&state->asked, flags, bad);
	if (!why)
		why = igbvf_check_addresses(&state->asked, flags, bad);
	return why;
}
