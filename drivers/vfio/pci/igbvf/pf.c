// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other end of the mailbox: ask a PF for what another one has granted.
 *
 * All of this runs inside of vfmig_bars_begin(), so no access of the guest
 * comes in between.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/jiffies.h>
#include <linux/pci.h>

#include "igbvf.h"

static unsigned long deadline(unsigned int ms)
{
	return jiffies + msecs_to_jiffies(ms);
}

static u32 look(struct igbvf_device *vf)
{
	u32 val;

	spin_lock(&vf->lock);
	val = igbvf_mailbox_look(vf);
	spin_unlock(&vf->lock);
	return val;
}

static bool in_flight(struct igbvf_device *vf)
{
	bool pending;
	u32 val;

	val = look(vf);
	spin_lock(&vf->lock);
	pending = vf->guest->mailbox.pending;
	spin_unlock(&vf->lock);
	return pending || val & IGBVF_MBX_PFU;
}

/**
 * igbvf_pf_settle - let an exchange of the guest with its PF come to an end
 * @vf: the function
 *
 * The answer stays for the guest to be read. A PF that does not answer is
 * nothing to fail for: the guest would have waited in vain where it was.
 *
 * Return: 0, or what vfmig_must_stop() said.
 */
int igbvf_pf_settle(struct igbvf_device *vf)
{
	unsigned long end = deadline(IGBVF_PF_MS);
	int ret;

	while (in_flight(vf) && time_before(jiffies, end)) {
		ret = vfmig_must_stop(vf->vm);
		if (ret)
			return ret;
		usleep_range(IGBVF_POLL_US, 2 * IGBVF_POLL_US);
	}
	return 0;
}

/* From here on: a PF and a function that no guest is using yet. */

static int wait_mailbox(struct igbvf_device *vf, u32 set, u32 clear)
{
	unsigned long end = deadline(IGBVF_PF_MS);
	u32 seen = 0;
	int ret;

	for (;;) {
		seen |= igbvf_rd32(vf, IGBVF_V2PMAILBOX);
		if ((seen & set) == set && !(seen & clear))
			return 0;
		seen &= IGBVF_MBX_R2C;
		ret = vfmig_must_stop(vf->vm);
		if (ret)
			return ret;
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		usleep_range(IGBVF_POLL_US, 2 * IGBVF_POLL_US);
	}
}

static int take_buffer(struct igbvf_device *vf)
{
	unsigned long end = deadline(IGBVF_PF_MS);
	u32 val;
	int ret;

	for (;;) {
		igbvf_wr32(vf, IGBVF_V2PMAILBOX, IGBVF_MBX_VFU);
		val = igbvf_rd32(vf, IGBVF_V2PMAILBOX);
		if (val & IGBVF_MBX_VFU)
			return 0;
		ret = vfmig_must_stop(vf->vm);
		if (ret)
			return ret;
		if (time_after(jiffies, end))
			return vfmig_fail(vf->vm, -ETIMEDOUT,
					  "the PF does not let go of the mailbox");
		usleep_range(IGBVF_POLL_US, 2 * IGBVF_POLL_US);
	}
}

/* Reads what the PF has written last; true where it answers @type. */
static bool read_answer(struct igbvf_device *vf, u32 type, u32 *answer)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		answer[i] = igbvf_rd32(vf, IGBVF_VMBMEM + 4 * i);
	igbvf_wr32(vf, IGBVF_V2PMAILBOX, IGBVF_MBX_ACK);

	return answer[0] & (IGBVF_MSG_ACK | IGBVF_MSG_NACK) &&
	       (answer[0] & IGBVF_MSG_TYPE) == type;
}

/* One exchange. Returns 0 and fills @answer, three words, or an errno. */
static int exchange(struct igbvf_device *vf, const char *what, const u32 *msg,
		    unsigned int nr, u32 *answer)
{
	u32 type = msg[0] & IGBVF_MSG_TYPE;
	unsigned long end = deadline(IGBVF_PF_MS);
	unsigned int i;
	int ret;

	ret = take_buffer(vf);
	if (ret)
		return ret;
	for (i = 0; i < nr; i++)
		igbvf_wr32(vf, IGBVF_VMBMEM + 4 * i, msg[i]);
	igbvf_wr32(vf, IGBVF_V2PMAILBOX, IGBVF_MBX_REQ);

	/* A PF may write notices of its own in between. */
	while (time_before(jiffies, end)) {
		ret = wait_mailbox(vf, IGBVF_MBX_PFSTS, IGBVF_MBX_PFU);
		if (!ret)
			ret = take_buffer(vf);
		if (ret == -ETIMEDOUT)
			break;
		if (ret)
			return ret;
		if (read_answer(vf, type, answer))
			return 0;
	}
	return vfmig_fail(vf->vm, -ETIMEDOUT,
			  "the PF does not answer (%s): is it up?", what);
}

/* An exchange the PF must agree to. */
static int ask(struct igbvf_device *vf, const char *what, const u32 *msg,
	       unsigned int nr)
{
	u32 answer[3];
	int ret;

	ret = exchange(vf, what, msg, nr, answer);
	if (ret)
		return ret;
	if (answer[0] & IGBVF_MSG_ACK)
		return 0;
	return vfmig_fail(vf->vm, -EPERM, "the PF refuses the guest's %s",
			  what);
}

static void put_address(u32 *msg, const u8 *mac)
{
	__le32 word[2] = {};

	memcpy(word, mac, ETH_ALEN);
	msg[1] = le32_to_cpu(word[0]);
	msg[2] = le32_to_cpu(word[1]);
}

/*
 * The function's own address. A PF whose administrator has set it takes no
 * other: well if it is the guest's, and else the guest would be deaf.
 */
static int restore_mac(struct igbvf_device *vf, const u8 *mac, const u8 *given)
{
	u32 msg[3] = { IGBVF_MSG_MAC };
	u32 answer[3];
	int ret;

	if (ether_addr_equal_unaligned(mac, given))
		return 0;
	put_address(msg, mac);
	ret = exchange(vf, "address", msg, ARRAY_SIZE(msg), answer);
	if (ret || answer[0] & IGBVF_MSG_ACK)
		return ret;
	return vfmig_fail(vf->vm, -EPERM,
			  "the PF refuses the guest's address %pM for its %pM",
			  mac, given);
}

static int restore_unicast(struct igbvf_device *vf,
			   const struct igbvf_asked *asked)
{
	u32 msg[3] = { IGBVF_MSG_MAC | IGBVF_MAC_ADD };
	u16 i;
	int ret = 0;

	for (i = 0; !ret && i < le16_to_cpu(asked->nr_unicast); i++) {
		put_address(msg, asked->unicast[i]);
		ret = ask(vf, "unicast address", msg, ARRAY_SIZE(msg));
	}
	return ret;
}

static int restore_multicast(struct igbvf_device *vf,
			     const struct igbvf_asked *asked)
{
	u32 msg[IGBVF_VMBMEM_WORDS] = {};
	unsigned int i;

	msg[0] = IGBVF_MSG_MULTICAST |
		 le16_to_cpu(asked->nr_multicast) << IGBVF_MSG_INFO_SHIFT;
	for (i = 0; i < IGBVF_MAX_HASHES; i++)
		msg[1 + i / 2] |= le16_to_cpu(asked->hashes[i]) <<
				  (i & 1 ? 16 : 0);
	return ask(vf, "multicast addresses", msg, ARRAY_SIZE(msg));
}

static int restore_vlan(struct igbvf_device *vf, u32 id, bool on)
{
	u32 msg[2] = { IGBVF_MSG_VLAN, id };

	if (on)
		msg[0] |= 1 << IGBVF_MSG_INFO_SHIFT;
	return ask(vf, "VLAN", msg, ARRAY_SIZE(msg));
}

/* The last one last: whether tags are stripped follows from it. */
static int restore_vlans(struct igbvf_device *vf,
			 const struct igbvf_asked *asked)
{
	u32 last = le32_to_cpu(asked->vlan_last);
	u32 last_id = last & IGBVF_VLAN_ID;
	u32 id;
	int ret = 0;

	for (id = 0; !ret && id <= IGBVF_VLAN_ID; id++)
		if (id != last_id &&
		    le32_to_cpu(asked->vlans[id / 32]) & BIT(id % 32))
			ret = restore_vlan(vf, id, true);
	return ret ?: restore_vlan(vf, last_id, last & IGBVF_VLAN_ON);
}

static int restore_asked(struct igbvf_device *vf,
			 const struct igbvf_asked *asked, u32 flags,
			 const u8 *given)
{
	u32 lpe[2] = { IGBVF_MSG_LPE, le32_to_cpu(asked->lpe) };
	u32 promisc = le32_to_cpu(asked->promisc);
	int ret = 0;

	if (flags & IGBVF_STATE_MAC)
		ret = restore_mac(vf, asked->mac, given);
	if (!ret)
		ret = restore_unicast(vf, asked);
	if (!ret && flags & IGBVF_STATE_MULTICAST)
		ret = restore_multicast(vf, asked);
	if (!ret && flags & IGBVF_STATE_VLAN)
		ret = restore_vlans(vf, asked);
	if (!ret && flags & IGBVF_STATE_LPE)
		ret = ask(vf, "packet size", lpe, ARRAY_SIZE(lpe));
	if (!ret && flags & IGBVF_STATE_PROMISC)
		ret = ask(vf, "promiscuity", &promisc, 1);
	return ret;
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
	u32 hello = IGBVF_MSG_RESET;
	u8 given[ETH_ALEN] = {};
	u32 answer[3];
	int ret;

	igbvf_wr32(vf, IGBVF_CTRL, IGBVF_CTRL_RST);
	igbvf_flush(vf);
	if (!(flags & IGBVF_STATE_READY))
		return 0;

	ret = wait_mailbox(vf, 0, IGBVF_MBX_RSTI);
	if (ret == -ETIMEDOUT)
		return vfmig_fail(vf->vm, ret, "the PF is in reset: is it up?");
	if (ret)
		return ret;

	/* What a PF that never knew this function says to it is no refusal. */
	ret = exchange(vf, "handshake", &hello, 1, answer);
	if (ret)
		return ret;
	if (answer[0] & IGBVF_MSG_ACK) {
		__le32 word[2] = { cpu_to_le32(answer[1]),
				   cpu_to_le32(answer[2]) };

		memcpy(given, word, ETH_ALEN);
	}

	if (flags & IGBVF_STATE_LINK &&
	    !(igbvf_rd32(vf, IGBVF_STATUS) & IGBVF_STATUS_LU))
		return vfmig_fail(vf->vm, -ENETDOWN,
				  "the link is down here, and was up there");
	return restore_asked(vf, &state->asked, flags, given);
}

/**
 * igbvf_pf_leave - leave the mailbox as the guest left it elsewhere
 * @vf: the function
 * @state: a checked state
 *
 * A request the other PF had not taken is for igbvf_start() to hand on.
 *
 * Return: 0, or a negative errno and the reason has been given.
 */
int igbvf_pf_leave(struct igbvf_device *vf, const struct igbvf_state *state)
{
	unsigned int i;
	int ret;

	ret = take_buffer(vf);
	if (ret)
		return ret;
	for (i = 0; i < IGBVF_VMBMEM_WORDS; i++)
		igbvf_wr32(vf, IGBVF_VMBMEM + 4 * i,
			   le32_to_cpu(state->vmbmem[i]));
	if (!(le32_to_cpu(state->mailbox) & IGBVF_MBX_VFU))
		igbvf_wr32(vf, IGBVF_V2PMAILBOX, 0);
	/* What is there now is about our own talk. */
	igbvf_rd32(vf, IGBVF_V2PMAILBOX);
	return 0;
}
