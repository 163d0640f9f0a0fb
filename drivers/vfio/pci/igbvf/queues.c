// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stops and starts a function.
 *
 * The datasheet wants a transmit queue to be empty before it is disabled.
 *
 * All of this runs inside of vfmig_bars_begin().
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/pci.h>

#include "igbvf.h"

static int igbvf_pause_or_stop(struct igbvf_device *vf, unsigned long end)
{
	int ret = vfmig_must_stop(vf->vpci.vm);

	if (ret)
		return ret;
	if (time_after(jiffies, end))
		return -ETIMEDOUT;
	usleep_range(IGBVF_POLL_US, 2 * IGBVF_POLL_US);
	return 0;
}

/*
 * Waits until a transmit queue has fetched all it was given. Then it is at the
 * border of a packet, and no context descriptor is cut from its packet, unless
 * the guest itself has handed over half a packet.
 */
static int igbvf_wait_until_empty(struct igbvf_device *vf, unsigned int q)
{
	unsigned long end = jiffies + msecs_to_jiffies(IGBVF_DRAIN_MS);
	u32 dctl, head, tail;
	int ret;

	dctl = igbvf_rd32(vf, IGBVF_TX(q, IGBVF_DCTL));
	if (igbvf_is_gone(dctl))
		return igbvf_fail_gone(vf);
	if (!(dctl & IGBVF_DCTL_ENABLE) ||
	    !igbvf_rd32(vf, IGBVF_TX(q, IGBVF_LEN)))
		return 0;

	for (;;) {
		head = igbvf_rd32(vf, IGBVF_TX(q, IGBVF_HEAD));
		tail = igbvf_rd32(vf, IGBVF_TX(q, IGBVF_TAIL));
		if (igbvf_is_gone(head))
			return igbvf_fail_gone(vf);
		if (head == tail)
			return 0;
		ret = igbvf_pause_or_stop(vf, end);
		if (ret == -ETIMEDOUT)
			return vfmig_fail(vf->vpci.vm, ret,
					  "transmit queue %u does not drain: head %u, tail %u",
					  q, head, tail);
		if (ret)
			return ret;
	}
}

/* Of a queue that one of its registers belongs to, for messages. */
static const char *igbvf_direction(u32 reg)
{
	return reg < IGBVF_TX(0, 0) ? "receive" : "transmit";
}

static unsigned int igbvf_queue(u32 reg)
{
	return (reg - IGBVF_RX(0, 0)) / 0x100 % IGBVF_QUEUES;
}

/*
 * Writes RXDCTL or TXDCTL and waits until the queue is as it says. Serves to
 * undo, too, and so asks nobody whether it should go on.
 */
static int igbvf_set_dctl(struct igbvf_device *vf, u32 reg, u32 dctl)
{
	unsigned long end = jiffies + msecs_to_jiffies(IGBVF_QUEUE_MS);
	u32 val;

	igbvf_wr32(vf, reg, dctl);
	for (;;) {
		val = igbvf_rd32(vf, reg);
		if (igbvf_is_gone(val))
			return igbvf_fail_gone(vf);
		if (!((val ^ dctl) & IGBVF_DCTL_ENABLE))
			return 0;
		if (time_after(jiffies, end))
			return vfmig_fail(vf->vpci.vm, -ETIMEDOUT,
					  "%s queue %u does not become %s within %u ms: its DCTL reads %#x",
					  igbvf_direction(reg), igbvf_queue(reg),
					  dctl & IGBVF_DCTL_ENABLE ? "enabled" :
								     "disabled",
					  IGBVF_QUEUE_MS, val);
		usleep_range(IGBVF_POLL_US, 2 * IGBVF_POLL_US);
	}
}

/**
 * igbvf_disable_queues - disable all queues
 * @vf: the function
 *
 * Return: 0, or a negative errno where a queue does not become disabled.
 */
int igbvf_disable_queues(struct igbvf_device *vf)
{
	unsigned int q;
	u32 reg, dctl;
	int ret = 0;

	for (q = 0; !ret && q < IGBVF_QUEUES; q++) {
		reg = IGBVF_RX(q, IGBVF_DCTL);
		dctl = igbvf_rd32(vf, reg);
		ret = igbvf_set_dctl(vf, reg, dctl & ~IGBVF_DCTL_ENABLE);
	}
	for (q = 0; !ret && q < IGBVF_QUEUES; q++) {
		reg = IGBVF_TX(q, IGBVF_DCTL);
		dctl = igbvf_rd32(vf, reg);
		ret = igbvf_set_dctl(vf, reg, dctl & ~IGBVF_DCTL_ENABLE);
	}
	return ret;
}

/*
 * Masks all vectors. Returns those to be unmasked again.
 *
 * EIMS reads as the mask, says the datasheet. The 82576 of QEMU returns what
 * was last written to it, which after an interrupt is one vector of several.
 * If it does, take all the guest ever uses: EIAC has them. To unmask one too
 * many costs an interrupt that finds nothing to do, one too few hangs a queue.
 */
static u32 igbvf_mask_vectors(struct igbvf_device *vf)
{
	u32 eims = igbvf_rd32(vf, IGBVF_EIMS) & IGBVF_ALL_VECTORS;

	igbvf_wr32(vf, IGBVF_EIMC, IGBVF_ALL_VECTORS);
	igbvf_flush(vf);
	if (igbvf_rd32(vf, IGBVF_EIMS) & IGBVF_ALL_VECTORS)
		eims |= igbvf_rd32(vf, IGBVF_EIAC) & IGBVF_ALL_VECTORS;
	return eims;
}

/*
 * An interrupt that was raised but not delivered is lost in a move, and on the
 * way back through EIMC perhaps too: raise those of the queues that run. The
 * mailbox's must not be raised without a message: igbvf of Linux takes it for
 * news of the PF.
 */
static u32 igbvf_vectors_to_kick(const struct igbvf_run *run, u32 ivar)
{
	unsigned int q;
	u32 entry, kick = 0;

	for (q = 0; q < IGBVF_QUEUES; q++) {
		entry = ivar >> 16 * q;
		if (run->rx_dctl[q] & IGBVF_DCTL_ENABLE &&
		    entry & IGBVF_IVAR_VALID)
			kick |= BIT(entry & IGBVF_IVAR_VECTOR);
		entry >>= 8;
		if (run->tx_dctl[q] & IGBVF_DCTL_ENABLE &&
		    entry & IGBVF_IVAR_VALID)
			kick |= BIT(entry & IGBVF_IVAR_VECTOR);
	}
	return kick & IGBVF_ALL_VECTORS;
}

static void igbvf_note_queues(struct igbvf_device *vf)
{
	struct igbvf_run *run = &vf->run;
	unsigned int q;

	memset(run, 0, sizeof(*run));
	for (q = 0; q < IGBVF_QUEUES; q++) {
		run->rx_dctl[q] = igbvf_rd32(vf, IGBVF_RX(q, IGBVF_DCTL));
		run->tx_dctl[q] = igbvf_rd32(vf, IGBVF_TX(q, IGBVF_DCTL));
	}
	run->kick = igbvf_vectors_to_kick(run, igbvf_rd32(vf, IGBVF_IVAR0));
}

/*
 * Enables a queue, of registers that begin at @base, that was stopped or loaded,
 * and lets it see its work.
 *
 * The datasheet says that ENABLE initialises a queue, and does not say whether
 * its head is spared. One that is not would have descriptors done again whose
 * memory is the guest's by now. So the queue is enabled with nothing to do, and
 * gets its tail only if its head is where it was.
 */
static int igbvf_start_queue(struct igbvf_device *vf, u32 base, u32 dctl,
			     u32 loaded_tail)
{
	u32 head, tail, is;
	int ret;

	if (!(dctl & IGBVF_DCTL_ENABLE))
		return 0;
	/* A stop that is undone need not have come as far as this one. */
	if (igbvf_rd32(vf, base + IGBVF_DCTL) & IGBVF_DCTL_ENABLE)
		return igbvf_set_dctl(vf, base + IGBVF_DCTL, dctl);
	/* Whoever may reach a function that is only quiesced may have moved it. */
	tail = vf->run.loaded ? loaded_tail : igbvf_rd32(vf, base + IGBVF_TAIL);
	head = igbvf_rd32(vf, base + IGBVF_HEAD);
	igbvf_wr32(vf, base + IGBVF_TAIL, head);
	ret = igbvf_set_dctl(vf, base + IGBVF_DCTL, dctl);
	is = igbvf_rd32(vf, base + IGBVF_HEAD);
	if (!ret && is != head) {
		igbvf_set_dctl(vf, base + IGBVF_DCTL, dctl & ~IGBVF_DCTL_ENABLE);
		/* As it was, so that to try again is to fail again. */
		igbvf_wr32(vf, base + IGBVF_HEAD, head);
		ret = igbvf_is_gone(is) ? igbvf_fail_gone(vf) :
			vfmig_fail(vf->vpci.vm, -EIO,
				   "%s queue %u moves its head from %u to %u when it is enabled",
				   igbvf_direction(base), igbvf_queue(base),
				   head, is);
	}
	igbvf_wr32(vf, base + IGBVF_TAIL, tail);
	return ret;
}

/* Starts what it can, whatever fails. */
static int igbvf_start_all(struct igbvf_device *vf)
{
	const struct igbvf_run *run = &vf->run;
	unsigned int q;
	int ret, err = 0;

	for (q = 0; q < IGBVF_QUEUES; q++) {
		ret = igbvf_start_queue(vf, IGBVF_RX(q, 0), run->rx_dctl[q],
					run->rx_tail[q]);
		err = err ?: ret;
	}
	for (q = 0; q < IGBVF_QUEUES; q++) {
		ret = igbvf_start_queue(vf, IGBVF_TX(q, 0), run->tx_dctl[q],
					run->tx_tail[q]);
		err = err ?: ret;
	}

	igbvf_wr32(vf, IGBVF_EIMS, run->eims);
	igbvf_wr32(vf, IGBVF_EICS, run->kick);
	if (run->resend)
		igbvf_wr32(vf, IGBVF_V2PMAILBOX, IGBVF_MBX_REQ);
	igbvf_flush(vf);
	return err;
}

/*
 * The way there has failed with @ret, and the way back too. A function that is
 * gone does nothing in either state, and comes back by a reset alone.
 */
static int igbvf_fail_between(struct igbvf_device *vf, int ret)
{
	if (igbvf_is_gone(igbvf_rd32(vf, IGBVF_STATUS)))
		return ret;
	return vfmig_fail(vf->vpci.vm, -ENOTRECOVERABLE,
			  "the queues can neither be stopped nor started");
}

/**
 * igbvf_stop - no more DMA, no more interrupts
 * @vf: the function
 *
 * Return: 0; or a negative errno and the function runs as before;
 * -ENOTRECOVERABLE where it is neither stopped nor runs as before.
 */
int igbvf_stop(struct igbvf_device *vf)
{
	unsigned int q;
	int ret = 0;

	for (q = 0; !ret && q < IGBVF_QUEUES; q++)
		ret = igbvf_wait_until_empty(vf, q);
	/* Before the masks, so that its interrupt gets through. */
	if (!ret)
		ret = igbvf_pf_settle(vf);
	if (ret)
		return ret;

	igbvf_note_queues(vf);
	vf->run.eims = igbvf_mask_vectors(vf);
	ret = igbvf_disable_queues(vf);
	/* What was written has arrived with the reads; what is read may not. */
	if (!ret && !pci_wait_for_pending_transaction(vf->vpci.core.pdev))
		ret = vfmig_fail(vf->vpci.vm, -EBUSY,
				 "the VF has DMA pending after its queues were disabled (Device Status, Transactions Pending)");
	if (ret && igbvf_start_all(vf))
		return igbvf_fail_between(vf, ret);
	return ret;
}

/**
 * igbvf_start - undo igbvf_stop(), or start what was loaded
 * @vf: the function
 *
 * Return: 0; or a negative errno where a queue does not come up, and the
 * function is stopped as before; -ENOTRECOVERABLE where it is not.
 */
int igbvf_start(struct igbvf_device *vf)
{
	int ret = igbvf_start_all(vf);

	if (!ret)
		return 0;
	/* What has come up goes down again. */
	igbvf_wr32(vf, IGBVF_EIMC, IGBVF_ALL_VECTORS);
	if (igbvf_disable_queues(vf))
		return igbvf_fail_between(vf, ret);
	return ret;
}

/**
 * igbvf_plan_run - what igbvf_start() has to do for a state
 * @run: filled
 * @state: a checked state
 */
void igbvf_plan_run(struct igbvf_run *run, const struct igbvf_state *state)
{
	const struct igbvf_state_queue *queue;
	unsigned int q;

	memset(run, 0, sizeof(*run));
	run->loaded = true;
	for (q = 0; q < IGBVF_QUEUES; q++) {
		queue = &state->queue[q];
		run->rx_dctl[q] = le32_to_cpu(queue->rx[IGBVF_RX_DCTL]);
		run->rx_tail[q] = le32_to_cpu(queue->rx[IGBVF_RX_TAIL]);
		run->tx_dctl[q] = le32_to_cpu(queue->tx[IGBVF_TX_DCTL]);
		run->tx_tail[q] = le32_to_cpu(queue->tx[IGBVF_TX_TAIL]);
	}
	run->eims = le32_to_cpu(state->eims);
	run->kick = igbvf_vectors_to_kick(run, le32_to_cpu(state->ivar));
	run->resend = le32_to_cpu(state->mailbox) & IGBVF_MBX_REQ;
}
