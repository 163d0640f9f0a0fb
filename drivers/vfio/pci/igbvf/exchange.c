// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other end of the mailbox: talks with the PF in the guest's stead.
 *
 * All of this runs with the memory_lock of vfio held, so no access of the guest
 * comes in between.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/pci.h>

#include "igbvf.h"

static unsigned long igbvf_deadline(unsigned int ms)
{
	return jiffies + msecs_to_jiffies(ms);
}

/**
 * igbvf_fail_gone - the function reads as all ones
 * @vf: the function
 *
 * Return: -EIO, and the reason has been given.
 */
int igbvf_fail_gone(struct igbvf_device *vf)
{
	return vfmig_fail(vf->vpci.vm, -EIO,
			  "the VF's registers read as all ones, it was unplugged or switched off at its PF");
}

static int igbvf_in_flight(struct igbvf_device *vf)
{
	u32 val;
	int ret;

	spin_lock(&vf->lock);
	val = igbvf_mailbox_look(vf);
	ret = vf->guest->mailbox.pending || val & IGBVF_MBX_PFU;
	spin_unlock(&vf->lock);
	return igbvf_is_gone(val) ? igbvf_fail_gone(vf) : ret;
}

/**
 * igbvf_pf_settle - let an exchange of the guest with its PF come to an end
 * @vf: the function
 *
 * The answer stays for the guest to be read. A PF that does not answer is
 * nothing to fail for: the guest would have waited in vain where it was.
 *
 * Return: 0, -EIO of a function that has gone, or what vfmig_must_stop() said.
 */
int igbvf_pf_settle(struct igbvf_device *vf)
{
	unsigned long end = igbvf_deadline(IGBVF_SETTLE_MS);
	int ret;

	for (;;) {
		ret = igbvf_in_flight(vf);
		if (ret <= 0 || !time_before(jiffies, end))
			return min(ret, 0);
		ret = vfmig_must_stop(vf->vpci.vm);
		if (ret)
			return ret;
		usleep_range(IGBVF_POLL_US, 2 * IGBVF_POLL_US);
	}
}

/* From here on: a PF and a function that no guest is using. */

/**
 * igbvf_wait_mailbox - wait for bits of V2PMAILBOX
 * @vf: the function
 * @set: bits that must have been set
 * @clear: bits that must be clear
 * @ms: for how long at the most, in milliseconds
 *
 * Return: 0; -ETIMEDOUT; -EIO of a function that has gone; or what
 * vfmig_must_stop() said. igbvf_say() has the words.
 */
int igbvf_wait_mailbox(struct igbvf_device *vf, u32 set, u32 clear,
		       unsigned int ms)
{
	unsigned long end = igbvf_deadline(ms);
	u32 val, seen = 0;
	int ret;

	for (;;) {
		val = igbvf_rd32(vf, IGBVF_V2PMAILBOX);
		if (igbvf_is_gone(val))
			return -EIO;
		seen |= val;
		if ((seen & set) == set && !(seen & clear))
			return 0;
		seen &= IGBVF_MBX_R2C;
		ret = vfmig_must_stop(vf->vpci.vm);
		if (ret)
			return ret;
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		usleep_range(IGBVF_POLL_US, 2 * IGBVF_POLL_US);
	}
}

/* -EBUSY where the PF does not let go of the mailbox. */
static int igbvf_take_buffer(struct igbvf_device *vf)
{
	unsigned long end = igbvf_deadline(IGBVF_PF_MS);
	u32 val;
	int ret;

	for (;;) {
		igbvf_wr32(vf, IGBVF_V2PMAILBOX, IGBVF_MBX_VFU);
		val = igbvf_rd32(vf, IGBVF_V2PMAILBOX);
		if (igbvf_is_gone(val))
			return -EIO;
		if (val & IGBVF_MBX_VFU)
			return 0;
		ret = vfmig_must_stop(vf->vpci.vm);
		if (ret)
			return ret;
		if (time_after(jiffies, end))
			return -EBUSY;
		usleep_range(IGBVF_POLL_US, 2 * IGBVF_POLL_US);
	}
}

/* Reads what the PF has written last; true where it answers @type. */
static bool igbvf_read_answer(struct igbvf_device *vf, u32 type, u32 *answer)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		answer[i] = igbvf_rd32(vf, IGBVF_VMBMEM + 4 * i);
	igbvf_wr32(vf, IGBVF_V2PMAILBOX, IGBVF_MBX_ACK);

	return answer[0] & (IGBVF_MSG_ACK | IGBVF_MSG_NACK) &&
	       (answer[0] & IGBVF_MSG_TYPE) == type;
}

static int igbvf_send(struct igbvf_device *vf, const u32 *msg, unsigned int nr)
{
	unsigned int i;
	int ret;

	ret = igbvf_take_buffer(vf);
	if (ret)
		return ret;
	for (i = 0; i < nr; i++)
		igbvf_wr32(vf, IGBVF_VMBMEM + 4 * i, msg[i]);
	igbvf_wr32(vf, IGBVF_V2PMAILBOX, IGBVF_MBX_REQ);
	return 0;
}

/*
 * A PF writes notices of its own, as when its link has come up: before it answers,
 * or over the answer. -EAGAIN where there was a notice and nothing more.
 */
static int igbvf_receive(struct igbvf_device *vf, u32 type, u32 *answer,
			 unsigned long end)
{
	unsigned int ms = IGBVF_PF_MS;
	bool noticed = false;
	int ret;

	while (time_before(jiffies, end)) {
		ret = igbvf_wait_mailbox(vf, IGBVF_MBX_PFSTS, IGBVF_MBX_PFU, ms);
		if (ret == -ETIMEDOUT && noticed)
			return -EAGAIN;
		if (!ret)
			ret = igbvf_take_buffer(vf);
		if (ret)
			return ret;
		if (igbvf_read_answer(vf, type, answer))
			return 0;
		noticed = true;
		ms = IGBVF_NOTICE_MS;
	}
	return -ETIMEDOUT;
}

/**
 * igbvf_exchange - one message, and the PF's answer to it
 * @vf: the function
 * @msg: the message
 * @nr: its length in words
 * @answer: three words, filled
 *
 * Asks again where a notice of the PF's has taken the answer's place.
 *
 * Return: 0, whatever the answer is, or a negative errno; igbvf_say() has the
 * words.
 */
int igbvf_exchange(struct igbvf_device *vf, const u32 *msg, unsigned int nr,
		   u32 *answer)
{
	unsigned long end = igbvf_deadline(IGBVF_PF_MS);
	int ret;

	do {
		ret = igbvf_send(vf, msg, nr);
		if (!ret)
			ret = igbvf_receive(vf, msg[0] & IGBVF_MSG_TYPE, answer, end);
	} while (ret == -EAGAIN);
	return ret;
}

/**
 * igbvf_say - give the reason for which there was no answer
 * @vf: the function
 * @ret: what igbvf_exchange() or igbvf_wait_mailbox() returned
 * @what: what the message was about
 *
 * Return: 0, or a negative errno.
 */
int igbvf_say(struct igbvf_device *vf, int ret, const char *what)
{
	switch (ret) {
	case -EIO:
		return igbvf_fail_gone(vf);
	case -EBUSY:
		return vfmig_fail(vf->vpci.vm, -ETIMEDOUT,
				  "the PF does not release the mailbox within %u ms (%s)",
				  IGBVF_PF_MS, what);
	case -ETIMEDOUT:
		return vfmig_fail(vf->vpci.vm, ret,
				  "the PF does not answer (%s), set its interface up",
				  what);
	}
	return ret;
}

/**
 * igbvf_ask - an exchange that the PF must agree to
 * @vf: the function
 * @what: what the message is about, of the guest
 * @msg: the message
 * @nr: its length in words
 *
 * Return: 0, or a negative errno and the reason has been given.
 */
int igbvf_ask(struct igbvf_device *vf, const char *what, const u32 *msg,
	      unsigned int nr)
{
	u32 answer[3];
	int ret;

	ret = igbvf_exchange(vf, msg, nr, answer);
	if (ret)
		return igbvf_say(vf, ret, what);
	if (answer[0] & IGBVF_MSG_ACK)
		return 0;
	return vfmig_fail(vf->vpci.vm, -EPERM,
			  "the PF refuses the guest's %s (message %#x, %#x), see the log of its driver",
			  what, msg[0], nr > 1 ? msg[1] : 0);
}

/**
 * igbvf_suggest - an exchange that the PF may refuse
 * @vf: the function
 * @what: what the message is about
 * @msg: the message
 * @nr: its length in words
 *
 * Return: 0 where there was an answer, or a negative errno and the reason has
 * been given.
 */
int igbvf_suggest(struct igbvf_device *vf, const char *what, const u32 *msg,
		  unsigned int nr)
{
	u32 answer[3];

	return igbvf_say(vf, igbvf_exchange(vf, msg, nr, answer), what);
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

	ret = igbvf_take_buffer(vf);
	if (ret)
		return igbvf_say(vf, ret, "restoring the guest's message");
	for (i = 0; i < IGBVF_VMBMEM_WORDS; i++)
		igbvf_wr32(vf, IGBVF_VMBMEM + 4 * i,
			   le32_to_cpu(state->vmbmem[i]));
	if (!(le32_to_cpu(state->mailbox) & IGBVF_MBX_VFU))
		igbvf_wr32(vf, IGBVF_V2PMAILBOX, 0);
	/* What is there now is about our own talk. */
	igbvf_rd32(vf, IGBVF_V2PMAILBOX);
	return 0;
}
