// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks a PF for what another one has granted, and takes back what was asked.
 *
 * All of this runs with the memory_lock of vfio held, so no access of the guest
 * comes in between.
 */
#include <linux/etherdevice.h>
#include <linux/pci.h>

#include "igbvf.h"

static void igbvf_put_address(u32 *msg, const u8 *mac)
{
	__le32 word[2] = {};

	memcpy(word, mac, ETH_ALEN);
	msg[1] = le32_to_cpu(word[0]);
	msg[2] = le32_to_cpu(word[1]);
}

/*
 * Resets the function, which igb forgets most of what was asked for by, and
 * shakes hands. @given is the address the PF has for it, or 0.
 */
static int igbvf_hello(struct igbvf_device *vf, u8 *given)
{
	const u32 hello = IGBVF_MSG_RESET;
	__le32 word[2];
	u32 answer[3];
	int ret;

	igbvf_wr32(vf, IGBVF_CTRL, IGBVF_CTRL_RST);
	igbvf_flush(vf);
	ret = igbvf_wait_mailbox(vf, 0, IGBVF_MBX_RSTI, IGBVF_PF_MS);
	if (!ret)
		ret = igbvf_exchange(vf, &hello, 1, answer);
	if (ret)
		return ret;

	/* What a PF that never knew this function says to it is no refusal. */
	eth_zero_addr(given);
	if (!(answer[0] & IGBVF_MSG_ACK))
		return 0;
	word[0] = cpu_to_le32(answer[1]);
	word[1] = cpu_to_le32(answer[2]);
	memcpy(given, word, ETH_ALEN);
	return 0;
}

/*
 * Takes all unicast filters of the function back, whoever has asked for them.
 * igb wants a valid address in this message, too, and makes nothing of it.
 */
static int igbvf_clear_unicast(struct igbvf_device *vf, u32 *answer)
{
	static const u8 any[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x01 };
	u32 msg[3] = { IGBVF_MSG_MAC | IGBVF_MAC_CLEAR };

	igbvf_put_address(msg, any);
	return igbvf_exchange(vf, msg, ARRAY_SIZE(msg), answer);
}

/*
 * The function's own address. A PF whose administrator has set it takes no
 * other, unless the function is trusted: well if it is the guest's, and else
 * the guest would be deaf.
 */
static int igbvf_restore_mac(struct igbvf_device *vf, const u8 *mac,
			     const u8 *given)
{
	u32 msg[3] = { IGBVF_MSG_MAC };
	u32 answer[3];
	int ret;

	if (ether_addr_equal_unaligned(mac, given))
		return 0;
	igbvf_put_address(msg, mac);
	ret = igbvf_exchange(vf, msg, ARRAY_SIZE(msg), answer);
	if (ret)
		return igbvf_say(vf, ret, "address");
	if (!(answer[0] & IGBVF_MSG_ACK))
		return vfmig_fail(vf->vpci.vm, -EPERM,
				  "the PF refuses the guest's address %pM and keeps %pM, set the VF's MAC to the guest's at the PF",
				  mac, given);
	/* Of an earlier load, and not given back yet? Then there is one before. */
	if (!ether_addr_equal_unaligned(vf->mac_set, given))
		memcpy(vf->mac_before, given, ETH_ALEN);
	memcpy(vf->mac_set, mac, ETH_ALEN);
	return 0;
}

/* After those of a former guest have gone, which igb keeps over any reset. */
static int igbvf_restore_unicast(struct igbvf_device *vf,
				 const struct igbvf_asked *asked)
{
	u32 msg[3] = { IGBVF_MSG_MAC | IGBVF_MAC_ADD };
	u16 nr = le16_to_cpu(asked->nr_unicast);
	u32 answer[3];
	u16 i;
	int ret;

	ret = igbvf_clear_unicast(vf, answer);
	if (ret)
		return igbvf_say(vf, ret, "unicast addresses");
	/* An administrator's address makes the PF refuse these messages. */
	if (nr && !(answer[0] & IGBVF_MSG_ACK))
		return vfmig_fail(vf->vpci.vm, -EPERM,
				  "the PF refuses to clear the VF's unicast filters, the guest needs %u: make the VF trusted at the PF",
				  nr);
	for (i = 0; !ret && i < nr; i++) {
		igbvf_put_address(msg, asked->unicast[i]);
		ret = igbvf_ask(vf, "unicast address", msg, ARRAY_SIZE(msg));
	}
	return ret;
}

static int igbvf_restore_multicast(struct igbvf_device *vf,
				   const struct igbvf_asked *asked)
{
	u32 msg[IGBVF_VMBMEM_WORDS] = {};
	unsigned int i;

	msg[0] = IGBVF_MSG_MULTICAST |
		 le16_to_cpu(asked->nr_multicast) << IGBVF_MSG_INFO_SHIFT;
	for (i = 0; i < IGBVF_MAX_HASHES; i++)
		msg[1 + i / 2] |= le16_to_cpu(asked->hashes[i]) <<
				  (i & 1 ? 16 : 0);
	return igbvf_ask(vf, "multicast addresses", msg, ARRAY_SIZE(msg));
}

/*
 * The handshake has left VLAN 0 on and all others off, and tags are not
 * stripped. Any VLAN switched on has them stripped, VLAN 0 leaves them again:
 * so it comes last, and only then, if that is how the guest had it.
 *
 * One that has tags stripped and no VLAN on has switched its last one off. To
 * say so again has them stripped here, too. A PF that has no filter free says
 * no, and is right: nothing is to be switched off.
 */
static int igbvf_restore_vlans(struct igbvf_device *vf,
			       const struct igbvf_asked *asked)
{
	u32 last = le32_to_cpu(asked->vlan_last);
	u32 msg[2] = { IGBVF_MSG_VLAN | 1 << IGBVF_MSG_INFO_SHIFT };
	bool any = false;
	int ret;

	for (msg[1] = 1; msg[1] <= IGBVF_VLAN_ID; msg[1]++) {
		if (!(le32_to_cpu(asked->vlans[msg[1] / 32]) &
		      BIT(msg[1] % 32)))
			continue;
		ret = igbvf_ask(vf, "VLAN", msg, ARRAY_SIZE(msg));
		if (ret)
			return ret;
		any = true;
	}

	msg[1] = last & IGBVF_VLAN_ID;
	if (!msg[1])
		return any ? igbvf_ask(vf, "VLAN", msg, ARRAY_SIZE(msg)) : 0;
	if (any)
		return 0;
	msg[0] = IGBVF_MSG_VLAN;
	return igbvf_suggest(vf, "VLAN", msg, ARRAY_SIZE(msg));
}

/* A guest that never asked has what a new function has, not a former guest's. */
static int igbvf_restore_packet(struct igbvf_device *vf,
				const struct igbvf_asked *asked, u32 flags)
{
	u32 msg[2] = { IGBVF_MSG_LPE, IGBVF_PLAIN_PACKET };

	if (!(flags & IGBVF_STATE_LPE))
		return igbvf_suggest(vf, "packet size", msg, ARRAY_SIZE(msg));
	msg[1] = le32_to_cpu(asked->lpe);
	return igbvf_ask(vf, "packet size", msg, ARRAY_SIZE(msg));
}

static int igbvf_restore_promisc(struct igbvf_device *vf,
				 const struct igbvf_asked *asked)
{
	u32 msg = le32_to_cpu(asked->promisc);

	/* As after the handshake. */
	if (!(msg & IGBVF_MSG_INFO))
		return 0;
	return igbvf_ask(vf, "promiscuous mode", &msg, 1);
}

static int igbvf_restore_asked(struct igbvf_device *vf,
			       const struct igbvf_asked *asked, u32 flags,
			       const u8 *given)
{
	int ret = 0;

	if (flags & IGBVF_STATE_MAC)
		ret = igbvf_restore_mac(vf, asked->mac, given);
	if (!ret)
		ret = igbvf_restore_unicast(vf, asked);
	if (!ret && flags & IGBVF_STATE_MULTICAST)
		ret = igbvf_restore_multicast(vf, asked);
	if (!ret && flags & IGBVF_STATE_VLAN)
		ret = igbvf_restore_vlans(vf, asked);
	if (!ret)
		ret = igbvf_restore_packet(vf, asked, flags);
	if (!ret && flags & IGBVF_STATE_PROMISC)
		ret = igbvf_restore_promisc(vf, asked);
	return ret;
}

/* Has the guest at its PF what a function that was just reset has not? */
static bool igbvf_has_asked(const struct igbvf_state *state)
{
	const struct igbvf_asked *asked = &state->asked;
	u32 flags = le32_to_cpu(state->flags);

	return flags & IGBVF_STATE_READY || asked->nr_unicast ||
	       (flags & IGBVF_STATE_LPE &&
		le32_to_cpu(asked->lpe) != IGBVF_PLAIN_PACKET);
}

static void igbvf_set_left(struct igbvf_device *vf, bool left)
{
	spin_lock(&vf->lock);
	vf->left = left;
	spin_unlock(&vf->lock);
}

/**
 * igbvf_pf_restore - reset the function and ask its PF for what a guest had
 * @vf: the function
 * @state: a checked state
 *
 * Return: 0, or a negative errno and the reason has been given.
 */
int igbvf_pf_restore(struct igbvf_device *vf, const struct igbvf_state *state)
{
	u32 flags = le32_to_cpu(state->flags);
	u8 given[ETH_ALEN];
	int ret;

	if (!igbvf_has_asked(state)) {
		/* It waits for no PF. */
		igbvf_pf_take_back(vf);
		return vfmig_must_stop(vf->vpci.vm);
	}

	ret = igbvf_hello(vf, given);
	if (ret == -ETIMEDOUT && igbvf_rd32(vf, IGBVF_V2PMAILBOX) & IGBVF_MBX_RSTI)
		return vfmig_fail(vf->vpci.vm, ret, "the PF is in reset, set its interface up");
	if (ret)
		return igbvf_say(vf, ret, "handshake");

	if (flags & IGBVF_STATE_READY && flags & IGBVF_STATE_LINK &&
	    !(igbvf_rd32(vf, IGBVF_STATUS) & IGBVF_STATUS_LU))
		return vfmig_fail(vf->vpci.vm, -ENETDOWN,
				  "the link is down, at the source it was up: set the PF's interface up or connect its port");

	igbvf_set_left(vf, true);
	ret = igbvf_restore_asked(vf, &state->asked, flags, given);
	/* The guest has yet to shake hands. */
	if (!ret && !(flags & IGBVF_STATE_READY)) {
		igbvf_wr32(vf, IGBVF_CTRL, IGBVF_CTRL_RST);
		igbvf_flush(vf);
	}
	return ret;
}

/* The address of before the load, where nobody has set another one since. */
static int igbvf_give_back_mac(struct igbvf_device *vf, const u8 *given)
{
	u32 msg[3] = { IGBVF_MSG_MAC };
	u32 answer[3];

	if (!is_valid_ether_addr(vf->mac_before) ||
	    !ether_addr_equal_unaligned(vf->mac_set, given))
		return 0;
	igbvf_put_address(msg, vf->mac_before);
	return igbvf_exchange(vf, msg, ARRAY_SIZE(msg), answer);
}

/**
 * igbvf_pf_take_back - reset the function and leave nothing of it at the PF
 * @vf: the function
 *
 * igb forgets VLANs, multicast and promiscuity by itself when a function is
 * reset, and its address with the handshake after that. It keeps the unicast
 * filters, the largest packet, and of a function that is trusted its address.
 *
 * A PF in reset, or one that does not answer, keeps what it has: it is tried
 * again with the next load, the next close and the next open. Says nothing, since
 * its callers are about something else.
 */
void igbvf_pf_take_back(struct igbvf_device *vf)
{
	const u32 packet[2] = { IGBVF_MSG_LPE, IGBVF_PLAIN_PACKET };
	u8 given[ETH_ALEN];
	u32 answer[3];
	u32 val;
	int ret;

	val = igbvf_rd32(vf, IGBVF_V2PMAILBOX);
	ret = igbvf_is_gone(val) || val & IGBVF_MBX_RSTI ? -EIO :
		igbvf_hello(vf, given);
	if (!ret)
		ret = igbvf_give_back_mac(vf, given);
	if (!ret)
		ret = igbvf_clear_unicast(vf, answer);
	if (!ret)
		ret = igbvf_exchange(vf, packet, ARRAY_SIZE(packet), answer);
	if (!ret) {
		igbvf_set_left(vf, false);
		eth_zero_addr(vf->mac_before);
		eth_zero_addr(vf->mac_set);
	}

	igbvf_wr32(vf, IGBVF_CTRL, IGBVF_CTRL_RST);
	igbvf_flush(vf);
}
