// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the guest has asked its PF for, told from its accesses to the mailbox.
 *
 * An exchange: the guest takes the buffer (VFU), fills VMBMEM and writes REQ;
 * the PF reads the message (PFACK), acts, writes its answer over the message
 * and says so (PFSTS); the guest takes the buffer, reads and writes ACK. The
 * answer repeats the type of the request, with ACK or NACK.
 *
 * What was granted is remembered, to be asked of another PF after a move. What
 * a message does at the PF, granted or refused, and what is left of it after
 * which reset, is as igb has it; see the table in Documentation/igbvf.rst.
 *
 * All of this runs under &igbvf_device.lock.
 */
#include <linux/etherdevice.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>

#include "igbvf.h"

/* So often a PF would have to write in a row to be read in half. */
#define IGBVF_QUIET_TRIES	100

/**
 * igbvf_mailbox_forget - the guest has reset the function or shakes hands
 * @vf: the function
 *
 * The PF keeps the unicast filters and the largest packet then, and so do we.
 * What the guest has yet to read stays for it to be read.
 */
void igbvf_mailbox_forget(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	struct igbvf_asked *asked = &mbx->asked;

	lockdep_assert_held(&vf->lock);
	mbx->flags &= IGBVF_STATE_LPE;
	mbx->pending = false;
	mbx->acked = false;
	memset(mbx->request, 0, sizeof(mbx->request));

	asked->promisc = 0;
	asked->vlan_last = 0;
	memset(asked->vlans, 0, sizeof(asked->vlans));
	asked->nr_multicast = 0;
	memset(asked->hashes, 0, sizeof(asked->hashes));
	eth_zero_addr(asked->mac);
}

static void igbvf_forget_unicast(struct igbvf_mailbox *mbx)
{
	mbx->asked.nr_unicast = 0;
	memset(mbx->asked.unicast, 0, sizeof(mbx->asked.unicast));
	mbx->lost = false;
}

static void igbvf_get_address(u8 *mac, const u32 *msg)
{
	__le32 word[2] = { cpu_to_le32(msg[1]), cpu_to_le32(msg[2]) };

	memcpy(mac, word, ETH_ALEN);
}

static void igbvf_handshake_done(struct igbvf_device *vf, u32 answer)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	u32 msg[3];

	igbvf_mailbox_forget(vf);
	if (mbx->pf_reset) {
		igbvf_forget_unicast(mbx);
		mbx->asked.lpe = 0;
		mbx->flags = 0;
		mbx->pf_reset = false;
	}
	mbx->flags |= IGBVF_STATE_READY;

	/* A NACK to this message says that the PF has no address for us. */
	if (!(answer & IGBVF_MSG_ACK))
		return;
	msg[1] = igbvf_rd32(vf, IGBVF_VMBMEM + 4);
	msg[2] = igbvf_rd32(vf, IGBVF_VMBMEM + 8);
	igbvf_get_address(mbx->asked.mac, msg);
	if (is_valid_ether_addr(mbx->asked.mac))
		mbx->flags |= IGBVF_STATE_MAC;
	else
		eth_zero_addr(mbx->asked.mac);
}

static void igbvf_add_unicast(struct igbvf_mailbox *mbx, const u8 *mac)
{
	struct igbvf_asked *asked = &mbx->asked;
	u16 nr = le16_to_cpu(asked->nr_unicast);
	u16 i;

	for (i = 0; i < nr; i++)
		if (ether_addr_equal_unaligned(asked->unicast[i], mac))
			return;
	if (nr == IGBVF_MAX_UNICAST) {
		mbx->lost = true;
		return;
	}
	memcpy(asked->unicast[nr], mac, ETH_ALEN);
	asked->nr_unicast = cpu_to_le16(nr + 1);
}

/* Twice the same address is two filters to igb, and one to us. */
static void igbvf_granted_address(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	struct igbvf_asked *asked = &mbx->asked;
	u8 mac[ETH_ALEN];

	igbvf_get_address(mac, mbx->request);
	switch (mbx->request[0] & IGBVF_MSG_INFO) {
	case 0:
		if (!is_valid_ether_addr(mac))
			return;
		memcpy(asked->mac, mac, ETH_ALEN);
		mbx->flags |= IGBVF_STATE_MAC;
		vf->left = true;
		return;
	case IGBVF_MAC_CLEAR:
		igbvf_forget_unicast(mbx);
		return;
	case IGBVF_MAC_ADD:
		if (is_valid_ether_addr(mac))
			igbvf_add_unicast(mbx, mac);
		vf->left = true;
		return;
	}
}

static void igbvf_granted_multicast(struct igbvf_mailbox *mbx)
{
	struct igbvf_asked *asked = &mbx->asked;
	u32 nr = (mbx->request[0] & IGBVF_MSG_INFO) >> IGBVF_MSG_INFO_SHIFT;
	u32 i, word;

	asked->nr_multicast = cpu_to_le16(nr);
	for (i = 0; i < IGBVF_MAX_HASHES; i++) {
		word = mbx->request[1 + i / 2] >> (i & 1 ? 16 : 0);
		asked->hashes[i] = cpu_to_le16(i < nr ? word & 0xfff : 0);
	}
	mbx->flags |= IGBVF_STATE_MULTICAST;
}

static void igbvf_granted_vlan(struct igbvf_mailbox *mbx)
{
	struct igbvf_asked *asked = &mbx->asked;
	u32 id = mbx->request[1] & IGBVF_VLAN_ID;
	bool on = mbx->request[0] & IGBVF_MSG_INFO;
	__le32 bit = cpu_to_le32(BIT(id % 32));

	/* igb says yes to "VLAN 0 off" and does nothing, to stripping neither. */
	if (!id && !on)
		return;
	if (on)
		asked->vlans[id / 32] |= bit;
	else
		asked->vlans[id / 32] &= ~bit;
	asked->vlan_last = cpu_to_le32(id | (on ? IGBVF_VLAN_ON : 0));
	mbx->flags |= IGBVF_STATE_VLAN;
}

static void igbvf_granted_packet(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	u32 lpe = min_t(u32, mbx->request[1], IGBVF_MAX_PACKET);

	mbx->asked.lpe = cpu_to_le32(lpe);
	mbx->flags |= IGBVF_STATE_LPE;
	if (lpe != IGBVF_PLAIN_PACKET)
		vf->left = true;
}

static void igbvf_granted_promisc(struct igbvf_mailbox *mbx, u32 info)
{
	mbx->asked.promisc = cpu_to_le32(IGBVF_MSG_PROMISC | info);
	mbx->flags |= IGBVF_STATE_PROMISC;
}

static void igbvf_granted(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;

	switch (mbx->request[0] & IGBVF_MSG_TYPE) {
	case IGBVF_MSG_MAC:
		igbvf_granted_address(vf);
		return;
	case IGBVF_MSG_MULTICAST:
		igbvf_granted_multicast(mbx);
		return;
	case IGBVF_MSG_VLAN:
		igbvf_granted_vlan(mbx);
		return;
	case IGBVF_MSG_LPE:
		igbvf_granted_packet(vf);
		return;
	case IGBVF_MSG_PROMISC:
		igbvf_granted_promisc(mbx, mbx->request[0] & IGBVF_MSG_INFO);
		return;
	}
}

/*
 * igb sets or clears multicast promiscuity before it refuses the rest of a
 * message, and a filter it has no room for takes a place in its list.
 */
static void igbvf_refused(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	u32 msg = mbx->request[0];

	if ((msg & IGBVF_MSG_TYPE) == IGBVF_MSG_PROMISC)
		igbvf_granted_promisc(mbx, msg & IGBVF_PROMISC_MULTICAST);
	if ((msg & (IGBVF_MSG_TYPE | IGBVF_MSG_INFO)) ==
	    (IGBVF_MSG_MAC | IGBVF_MAC_ADD))
		vf->left = true;
}

/*
 * The PF has taken a request, and a notice of its own may have taken the place
 * of the answer. What igb always refuses or passes over was not granted; what
 * it hardly ever refuses was, and will be refused again if asked again.
 */
static void igbvf_answer_missed(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	u32 msg = mbx->request[0];
	u8 mac[ETH_ALEN];

	if (msg == IGBVF_MSG_RESET || msg & (IGBVF_MSG_ACK | IGBVF_MSG_NACK))
		return;
	igbvf_get_address(mac, mbx->request);
	if ((msg & IGBVF_MSG_TYPE) == IGBVF_MSG_MAC &&
	    !is_valid_ether_addr(mac))
		return;
	if ((msg & IGBVF_MSG_TYPE) == IGBVF_MSG_PROMISC)
		igbvf_refused(vf);
	else
		igbvf_granted(vf);
}

/* The PF has written something: is it the answer to what is pending? */
static void igbvf_look_at_answer(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	u32 answer = igbvf_rd32(vf, IGBVF_VMBMEM);

	if (!(answer & (IGBVF_MSG_ACK | IGBVF_MSG_NACK)) ||
	    (answer ^ mbx->request[0]) & IGBVF_MSG_TYPE)
		return;

	mbx->pending = false;
	if (mbx->request[0] == IGBVF_MSG_RESET)
		igbvf_handshake_done(vf, answer);
	else if (!(mbx->flags & IGBVF_STATE_READY))
		return;
	else if (answer & IGBVF_MSG_ACK)
		igbvf_granted(vf);
	else if (answer & IGBVF_MSG_CTS)
		igbvf_refused(vf);
}

/**
 * igbvf_mailbox_look - read V2PMAILBOX and keep what reading it clears
 * @vf: the function
 *
 * Return: the register, with the bits the guest has yet to see.
 */
u32 igbvf_mailbox_look(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	u32 val = igbvf_rd32(vf, IGBVF_V2PMAILBOX);

	lockdep_assert_held(&vf->lock);

	if (igbvf_is_gone(val))
		return val;
	if (val & (IGBVF_MBX_RSTI | IGBVF_MBX_RSTD))
		mbx->pf_reset = true;
	if (mbx->pending && val & IGBVF_MBX_PFACK)
		mbx->acked = true;
	if (mbx->pending && val & IGBVF_MBX_PFSTS)
		igbvf_look_at_answer(vf);
	mbx->unread |= val & IGBVF_MBX_R2C;
	return val | mbx->unread;
}

/**
 * igbvf_mailbox_request - the guest is about to hand a message to its PF
 * @vf: the function
 */
void igbvf_mailbox_request(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	unsigned int i;

	lockdep_assert_held(&vf->lock);

	/* A guest that goes by interrupts need not have read the register. */
	igbvf_mailbox_look(vf);

	if (mbx->pending && mbx->acked && mbx->flags & IGBVF_STATE_READY)
		igbvf_answer_missed(vf);

	for (i = 0; i < IGBVF_VMBMEM_WORDS; i++)
		mbx->request[i] = igbvf_rd32(vf, IGBVF_VMBMEM + 4 * i);
	mbx->pending = true;
	mbx->acked = false;
	vf->messages++;
}

/* Has the PF written nothing since it was last looked at, nor does it now? */
static bool igbvf_is_quiet(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	u32 unread = mbx->unread;
	u32 val;

	mbx->unread = 0;
	val = igbvf_mailbox_look(vf);
	mbx->unread |= unread;
	return igbvf_is_gone(val) || !(val & (IGBVF_MBX_PFU | IGBVF_MBX_R2C));
}

/**
 * igbvf_mailbox_read - read what is in the mailbox and what is known of it
 * @vf: the function
 * @state: its mailbox, flags and asked are filled
 *
 * Of a function that has gone the first read tells; igbvf_read_state() says so.
 */
void igbvf_mailbox_read(struct igbvf_device *vf, struct igbvf_state *state)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	unsigned int tries = IGBVF_QUIET_TRIES;
	unsigned int i;
	u32 val;

	lockdep_assert_held(&vf->lock);

	/* The PF may write at any time, a notice if nothing else. */
	do {
		igbvf_is_quiet(vf);
		for (i = 0; i < IGBVF_VMBMEM_WORDS; i++) {
			val = igbvf_rd32(vf, IGBVF_VMBMEM + 4 * i);
			state->vmbmem[i] = cpu_to_le32(val);
		}
	} while (!igbvf_is_quiet(vf) && --tries);

	val = igbvf_mailbox_look(vf) & (IGBVF_MBX_VFU | IGBVF_MBX_R2C);
	if (mbx->pending && !mbx->acked)
		val |= IGBVF_MBX_REQ;
	state->mailbox = cpu_to_le32(val);
	state->flags = cpu_to_le32(mbx->flags);
	state->asked = mbx->asked;
}
