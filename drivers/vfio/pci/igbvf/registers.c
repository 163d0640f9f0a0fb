// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carries the registers of a stopped function to and fro.
 *
 * The datasheet lets software write the head of a ring only while its queue is
 * disabled. What is written is read back: a function that does not take its
 * state is found before its guest runs.
 *
 * All of this runs inside of vfmig_bars_begin().
 */
#include <linux/delay.h>
#include <linux/pci.h>

#include "igbvf.h"

/* Heads must stay where they are for as long, or the function still moves. */
#define STILL_US	50
#define STILL_TRIES	10

#define IVAR_BITS	0x83838383
#define IVAR_MISC_BITS	0x83
#define EITR_BITS	0xffff

const u16 igbvf_stat_regs[IGBVF_NR_STATS] = {
	[IGBVF_STAT_GPRC]	= IGBVF_VFGPRC,
	[IGBVF_STAT_GPTC]	= IGBVF_VFGPTC,
	[IGBVF_STAT_GORC]	= IGBVF_VFGORC,
	[IGBVF_STAT_GOTC]	= IGBVF_VFGOTC,
	[IGBVF_STAT_MPRC]	= IGBVF_VFMPRC,
	[IGBVF_STAT_GPRLBC]	= IGBVF_VFGPRLBC,
	[IGBVF_STAT_GPTLBC]	= IGBVF_VFGPTLBC,
	[IGBVF_STAT_GORLBC]	= IGBVF_VFGORLBC,
	[IGBVF_STAT_GOTLBC]	= IGBVF_VFGOTLBC,
};

/*
 * Reads the registers of one direction of a queue. Reserved bits of a queue
 * that is disabled are nobody's business. Of one that runs, those of base and
 * length stay, for igbvf_state_check() to see a ring that cannot be carried.
 */
static void igbvf_read_regs(struct igbvf_device *vf, u32 base, u32 dctl,
			    const struct igbvf_reg *reg, __le32 *val,
			    unsigned int nr)
{
	unsigned int i;
	u32 bits;

	for (i = 0; i < nr; i++) {
		bits = reg[i].bits;
		if (reg[i].offset == IGBVF_DCTL) {
			val[i] = cpu_to_le32(dctl & bits);
			continue;
		}
		if (dctl & IGBVF_DCTL_ENABLE &&
		    (reg[i].offset == IGBVF_BAL || reg[i].offset == IGBVF_LEN))
			bits = ~0U;
		val[i] = cpu_to_le32(igbvf_rd32(vf, base + reg[i].offset) &
				     bits);
	}
}

/* Has a queue moved since @state was read, or does one even run? */
static bool igbvf_moves(struct igbvf_device *vf,
			const struct igbvf_state *state)
{
	const struct igbvf_state_queue *queue;
	unsigned int q;

	for (q = 0; q < IGBVF_QUEUES; q++) {
		queue = &state->queue[q];
		if ((igbvf_rd32(vf, IGBVF_RX(q, IGBVF_DCTL)) |
		     igbvf_rd32(vf, IGBVF_TX(q, IGBVF_DCTL))) &
		    IGBVF_DCTL_ENABLE)
			return true;
		if (igbvf_rd32(vf, IGBVF_RX(q, IGBVF_HEAD)) !=
			    le32_to_cpu(queue->rx[IGBVF_RX_HEAD]) ||
		    igbvf_rd32(vf, IGBVF_RX(q, IGBVF_TAIL)) !=
			    le32_to_cpu(queue->rx[IGBVF_RX_TAIL]) ||
		    igbvf_rd32(vf, IGBVF_TX(q, IGBVF_HEAD)) !=
			    le32_to_cpu(queue->tx[IGBVF_TX_HEAD]) ||
		    igbvf_rd32(vf, IGBVF_TX(q, IGBVF_TAIL)) !=
			    le32_to_cpu(queue->tx[IGBVF_TX_TAIL]))
			return true;
	}
	return false;
}

static void igbvf_read_page0(struct igbvf_device *vf, struct igbvf_state *state)
{
	unsigned int i;

	spin_lock(&vf->lock);
	igbvf_mailbox_read(vf, state);
	if (igbvf_rd32(vf, IGBVF_STATUS) & IGBVF_STATUS_LU)
		state->flags |= cpu_to_le32(IGBVF_STATE_LINK);
	for (i = 0; i < IGBVF_NR_STATS; i++)
		state->stats[i] = cpu_to_le32(igbvf_rd32(vf, igbvf_stat_regs[i]) +
					      vf->guest->stat_offset[i]);
	spin_unlock(&vf->lock);
}

static void igbvf_read_once(struct igbvf_device *vf, struct igbvf_state *state)
{
	unsigned int i, q;

	memset(state, 0, sizeof(*state));
	state->size = cpu_to_le32(sizeof(*state));
	state->version = cpu_to_le16(IGBVF_STATE_VERSION);
	state->queues = cpu_to_le16(IGBVF_QUEUES);

	for (q = 0; q < IGBVF_QUEUES; q++) {
		igbvf_read_regs(vf, IGBVF_RX(q, 0), vf->run.rx_dctl[q],
				igbvf_rx_regs, state->queue[q].rx, IGBVF_NR_RX);
		igbvf_read_regs(vf, IGBVF_TX(q, 0), vf->run.tx_dctl[q],
				igbvf_tx_regs, state->queue[q].tx, IGBVF_NR_TX);
	}

	state->ivar = cpu_to_le32(igbvf_rd32(vf, IGBVF_IVAR0) & IVAR_BITS);
	state->ivar_misc = cpu_to_le32(igbvf_rd32(vf, IGBVF_IVAR_MISC) & IVAR_MISC_BITS);
	state->eims = cpu_to_le32(vf->run.eims);
	state->eiac = cpu_to_le32(igbvf_rd32(vf, IGBVF_EIAC) &
				  IGBVF_ALL_VECTORS);
	state->eiam = cpu_to_le32(igbvf_rd32(vf, IGBVF_EIAM) &
				  IGBVF_ALL_VECTORS);
	state->psrtype = cpu_to_le32(igbvf_rd32(vf, IGBVF_PSRTYPE));
	for (i = 0; i < IGBVF_VECTORS; i++)
		state->eitr[i] = cpu_to_le32(igbvf_rd32(vf, IGBVF_EITR(i)) &
					     EITR_BITS);
	igbvf_read_page0(vf, state);
}

/**
 * igbvf_read_state - read the state of a stopped function
 * @vf: the function
 * @state: filled; not checked
 *
 * Return: 0, or a negative errno where the function would not keep still.
 */
int igbvf_read_state(struct igbvf_device *vf, struct igbvf_state *state)
{
	unsigned int i;
	int ret;

	for (i = 0; i < STILL_TRIES; i++) {
		igbvf_read_once(vf, state);
		usleep_range(STILL_US, 2 * STILL_US);
		if (igbvf_is_gone(igbvf_rd32(vf, IGBVF_STATUS)))
			return igbvf_fail_gone(vf);
		if (!igbvf_moves(vf, state))
			return 0;
		ret = vfmig_must_stop(vf->vpci.vm);
		if (ret)
			return ret;
	}
	return vfmig_fail(vf->vpci.vm, -EBUSY,
			  "a stopped queue is enabled again or its head or tail moves: something writes to the VF's registers");
}

static int igbvf_write_regs(struct igbvf_device *vf, unsigned int q, u32 base,
			    const struct igbvf_reg *reg, const __le32 *val,
			    unsigned int nr)
{
	unsigned int i;
	u32 want, is;

	for (i = 0; i < nr; i++) {
		want = le32_to_cpu(val[i]) & ~(reg[i].offset == IGBVF_DCTL ?
					       IGBVF_DCTL_ENABLE : 0);
		igbvf_wr32(vf, base + reg[i].offset, want);
		is = igbvf_rd32(vf, base + reg[i].offset);
		if (is != want && igbvf_is_gone(is))
			return igbvf_fail_gone(vf);
		is &= reg[i].bits;
		if (is != want)
			return vfmig_fail(vf->vpci.vm, -EIO,
					  "%s of queue %u reads %#x after %#x was written",
					  reg[i].name, q, is, want);
	}
	return 0;
}

static int igbvf_write_vectors(struct igbvf_device *vf,
			       const struct igbvf_state *state)
{
	u32 ivar, misc;
	unsigned int i;

	igbvf_wr32(vf, IGBVF_PSRTYPE, le32_to_cpu(state->psrtype));
	igbvf_wr32(vf, IGBVF_EIAC, le32_to_cpu(state->eiac));
	igbvf_wr32(vf, IGBVF_EIAM, le32_to_cpu(state->eiam));
	for (i = 0; i < IGBVF_VECTORS; i++)
		igbvf_wr32(vf, IGBVF_EITR(i), le32_to_cpu(state->eitr[i]));
	igbvf_wr32(vf, IGBVF_IVAR0, le32_to_cpu(state->ivar));
	igbvf_wr32(vf, IGBVF_IVAR_MISC, le32_to_cpu(state->ivar_misc));

	ivar = igbvf_rd32(vf, IGBVF_IVAR0);
	misc = igbvf_rd32(vf, IGBVF_IVAR_MISC);
	if (igbvf_is_gone(misc))
		return igbvf_fail_gone(vf);
	if ((ivar & IVAR_BITS) != le32_to_cpu(state->ivar) ||
	    (misc & IVAR_MISC_BITS) != le32_to_cpu(state->ivar_misc))
		return vfmig_fail(vf->vpci.vm, -EIO,
				  "IVAR0 reads %#x and IVAR_MISC %#x after %#x and %#x were written",
				  ivar & IVAR_BITS, misc & IVAR_MISC_BITS,
				  le32_to_cpu(state->ivar),
				  le32_to_cpu(state->ivar_misc));
	return 0;
}

/**
 * igbvf_write_state - put a state into the registers of a stopped function
 * @vf: the function, just reset
 * @state: a checked state
 *
 * Its queues stay disabled and its interrupts masked.
 *
 * Return: 0, or a negative errno and the reason has been given.
 */
int igbvf_write_state(struct igbvf_device *vf, const struct igbvf_state *state)
{
	const struct igbvf_state_queue *queue;
	unsigned int q;
	int ret;

	igbvf_wr32(vf, IGBVF_EIMC, IGBVF_ALL_VECTORS);
	ret = igbvf_disable_queues(vf);
	for (q = 0; !ret && q < IGBVF_QUEUES; q++) {
		queue = &state->queue[q];
		ret = igbvf_write_regs(vf, q, IGBVF_RX(q, 0), igbvf_rx_regs,
				       queue->rx, IGBVF_NR_RX);
		if (!ret)
			ret = igbvf_write_regs(vf, q, IGBVF_TX(q, 0), igbvf_tx_regs,
					       queue->tx, IGBVF_NR_TX);
	}
	return ret ?: igbvf_write_vectors(vf, state);
}
