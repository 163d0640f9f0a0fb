// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the guest has asked its PF for, told from its accesses to the mailbox.
 *
 * An exchange: the guest takes the buffer (VFU), fills VMBMEM and writes REQ;
 * the PF reads the message (PFACK), acts, writes its answer over the message
 * and says so (PFSTS); the guest takes the buffer, reads and writes ACK. The
 * answer repeats the type of the request, with ACK or NACK.
 *
 * What was granted is remembered, to be asked of another PF after a move. A
 * handshake or a reset of the function makes the PF forget, and so do we.
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
 * igbvf_mailbox_forget - the PF knows nothing of this function any more
 * @vf: the function
 *
 * What the guest has yet to read stays for it to be read.
 */
void igbvf_mailbox_forget(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	u32 unread = mbx->unread;

	lockdep_assert_held(&vf->lock);
	memset(mbx, 0, sizeof(*mbx));
	mbx->unread = unread;
}

static void get_address(u8 *mac, const u32 *msg)
{
	__le32 word[2] = { cpu_to_le32(msg[1]), cpu_to_le32(msg[2]) };

	memcpy(mac, word, ETH_ALEN);
}

static void handshake_done(struct igbvf_device *vf, u32 answer)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	u32 msg[3];

	igbvf_mailbox_forget(vf);
	mbx->flags = IGBVF_STATE_READY;

	/* A NACK to this message says that the PF has no address for us. */
	if (!(answer & IGBVF_MSG_ACK))
		return;
	msg[1] = igbvf_rd32(vf, IGBVF_VMBMEM + 4);
	msg[2] = igbvf_rd32(vf, IGBVF_VMBMEM + 8);
	get_address(mbx->asked.mac, msg);
	if (is_valid_ether_addr(mbx->asked.mac))
		mbx->flags |= IGBVF_STATE_MAC;
	else
		eth_zero_addr(mbx->asked.mac);
}

static void add_unicast(struct igbvf_mailbox *mbx, const u8 *mac)
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

static void granted_address(struct igbvf_mailbox *mbx)
{
	struct igbvf_asked *asked = &mbx->asked;
	u8 mac[ETH_ALEN];

	get_address(mac, mbx->request);
	switch (mbx->request[0] & IGBVF_MSG_INFO) {
	case 0:
		if (!is_valid_ether_addr(mac))
			return;
		memcpy(asked->mac, mac, ETH_ALEN);
		mbx->flags |= IGBVF_STATE_MAC;
		return;
	case IGBVF_MAC_CLEAR:
		asked->nr_unicast = 0;
		memset(asked->unicast, 0, sizeof(asked->unicast));
		return;
	case IGBVF_MAC_ADD:
		if (is_valid_ether_addr(mac))
			add_unicast(mbx, mac);
		return;
	}
}

static void granted_multicast(struct igbvf_mailbox *mbx)
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

static void granted_vlan(struct igbvf_mailbox *mbx)
{
	struct igbvf_asked *asked = &mbx->asked;
	u32 id = mbx->request[1] & IGBVF_VLAN_ID;
	bool on = mbx->request[0] & IGBVF_MSG_INFO;
	__le32 bit = cpu_to_le32(BIT(id % 32));

	if (on)
		asked->vlans[id / 32] |= bit;
	else
		asked->vlans[id / 32] &= ~bit;
	asked->vlan_last = cpu_to_le32(id | (on ? IGBVF_VLAN_ON : 0));
	mbx->flags |= IGBVF_STATE_VLAN;
}

static void granted(struct igbvf_mailbox *mbx)
{
	struct igbvf_asked *asked = &mbx->asked;
	u32 msg = mbx->request[0];

	switch (msg & IGBVF_MSG_TYPE) {
	case IGBVF_MSG_MAC:
		granted_address(mbx);
		return;
	case IGBVF_MSG_MULTICAST:
		granted_multicast(mbx);
		return;
	case IGBVF_MSG_VLAN:
		granted_vlan(mbx);
		return;
	case IGBVF_MSG_LPE:
		asked->lpe = cpu_to_le32(min_t(u32, mbx->request[1],
					       IGBVF_MAX_PACKET));
		mbx->flags |= IGBVF_STATE_LPE;
		return;
	case IGBVF_MSG_PROMISC:
		asked->promisc = cpu_to_le32(msg & (IGBVF_MSG_INFO |
						    IGBVF_MSG_TYPE));
		mbx->flags |= IGBVF_STATE_PROMISC;
		return;
	}
}

/* The PF has written something: is it the answer to what is pending? */
static void look_at_answer(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	u32 answer = igbvf_rd32(vf, IGBVF_VMBMEM);
	u32 type = mbx->request[0] & IGBVF_MSG_TYPE;

	if (!(answer & (IGBVF_MSG_ACK | IGBVF_MSG_NACK)) ||
	    (answer & IGBVF_MSG_TYPE) != type)
		return;

	mbx->pending = false;
	if (type == IGBVF_MSG_RESET)
		handshake_done(vf, answer);
	else if (answer & IGBVF_MSG_ACK && mbx->flags & IGBVF_STATE_READY)
		granted(mbx);
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

	if (mbx->pending && val & IGBVF_MBX_PFACK)
		mbx->acked = true;
	if (mbx->pending && val & IGBVF_MBX_PFSTS)
		look_at_answer(vf);
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

	/*
	 * A notice of the PF may have taken the place of its answer. What it
	 * took it hardly ever refuses, and will refuse again if asked again.
	 */
	if (mbx->pending && mbx->acked && mbx->flags & IGBVF_STATE_READY &&
	    (mbx->request[0] & IGBVF_MSG_TYPE) != IGBVF_MSG_RESET)
		granted(mbx);

	for (i = 0; i < IGBVF_VMBMEM_WORDS; i++)
		mbx->request[i] = igbvf_rd32(vf, IGBVF_VMBMEM + 4 * i);
	mbx->pending = true;
	mbx->acked = false;
	vf->messages++;
}

/* Has the PF written nothing since it was last looked at, nor does it now? */
static bool is_quiet(struct igbvf_device *vf)
{
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	u32 unread = mbx->unread;
	u32 val;

	mbx->unread = 0;
	val = igbvf_mailbox_look(vf);
	mbx->unread |= unread;
	return !(val & (IGBVF_MBX_PFU | IGBVF_MBX_R2C));
}

/**
 * igbvf_mailbox_read - read what is in the mailbox and what is known of it
 * @vf: the function
 * @state: its mailbox, flags and asked are filled
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
		is_quiet(vf);
		for (i = 0; i < IGBVF_VMBMEM_WORDS; i++) {
			val = igbvf_rd32(vf, IGBVF_VMBMEM + 4 * i);
			state->vmbmem[i] = cpu_to_le32(val);
		}
	} while (!is_quiet(vf) && --tries);

	val = igbvf_mailbox_look(vf) & (IGBVF_MBX_VFU | IGBVF_MBX_R2C);
	if (mbx->pending && !mbx->acked)
		val |= IGBVF_MBX_REQ;
	state->mailbox = cpu_to_le32(val);
	state->flags = cpu_to_le32(mbx->flags);
	state->asked = mbx->asked;
}
