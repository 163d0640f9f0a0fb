// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver of a VF against a model of its registers: what neither QEMU's VF
 * nor igb can be made to do. A function that goes away between any two reads; a
 * queue whose head is not spared by its being enabled; PFs that answer in ways
 * that igb does not.
 */
#include <stdarg.h>
#include <string.h>

#include "../../../drivers/vfio/pci/igbvf/exchange.c"
#include "../../../drivers/vfio/pci/igbvf/mailbox.c"
#include "../../../drivers/vfio/pci/igbvf/pf.c"
#include "../../../drivers/vfio/pci/igbvf/queues.c"
#include "../../../drivers/vfio/pci/igbvf/registers.c"
#include "../../../drivers/vfio/pci/igbvf/state.c"
#include "tap.h"

/* So often a function that has gone may be read: each register once, no loop. */
#define READS_WHEN_GONE	100

#define ALIVE		(~0U)

/* Of a link that has come up, E1000_PF_CONTROL_MSG of igb. */
#define PF_NOTICE	0x100

s64 shim_ns;

static struct igbvf_device vf;
static struct igbvf_guest guest;
static u32 regs[IGBVF_BAR0_MIN / 4];
/* Reads until the function goes, reads since. */
static unsigned int reads_left, reads_gone;
static bool head_is_lost;
/* Answers that the PF writes over. */
static unsigned int notices_left;
/* The DCTL of a queue that does not become disabled, or enabled again. */
static u32 stays_enabled, stays_disabled;
static char why[256];

int vfmig_must_stop(struct vfmig_device *vm)
{
	return 0;
}

int vfmig_fail(struct vfmig_device *vm, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	return err;
}

static u32 *reg(u32 offset)
{
	return &regs[offset / 4];
}

u32 ioread32(const void *at)
{
	u32 *from = (u32 *)at, val = *from;

	if (!reads_left) {
		reads_gone++;
		return ~0U;
	}
	if (reads_left != ALIVE)
		reads_left--;
	if (from == reg(IGBVF_V2PMAILBOX))
		*from &= ~(u32)IGBVF_MBX_R2C;
	return val;
}

/* As igb: granted, and heard; or what it says by itself has taken the answer's place. */
static void pf_answers(void)
{
	if (notices_left) {
		notices_left--;
		*reg(IGBVF_VMBMEM) = PF_NOTICE | IGBVF_MSG_CTS;
	} else {
		*reg(IGBVF_VMBMEM) |= IGBVF_MSG_ACK | IGBVF_MSG_CTS;
	}
	*reg(IGBVF_V2PMAILBOX) |= IGBVF_MBX_PFACK | IGBVF_MBX_PFSTS;
}

static bool is_dctl(u32 offset)
{
	unsigned int q;

	for (q = 0; q < IGBVF_QUEUES; q++)
		if (offset == IGBVF_RX(q, IGBVF_DCTL) ||
		    offset == IGBVF_TX(q, IGBVF_DCTL))
			return true;
	return false;
}

void iowrite32(u32 val, void *at)
{
	u32 offset = (u8 *)at - (u8 *)regs;
	u32 *mailbox = reg(IGBVF_V2PMAILBOX);

	if (offset == IGBVF_V2PMAILBOX) {
		*mailbox = (*mailbox & ~(u32)IGBVF_MBX_VFU) |
			   (val & IGBVF_MBX_VFU);
		if (val & IGBVF_MBX_REQ)
			pf_answers();
		return;
	}
	if (offset == stays_enabled)
		val |= IGBVF_DCTL_ENABLE;
	if (offset == stays_disabled && !(*reg(offset) & IGBVF_DCTL_ENABLE))
		val &= ~IGBVF_DCTL_ENABLE;
	if (is_dctl(offset) && val & IGBVF_DCTL_ENABLE && head_is_lost)
		*reg(offset - IGBVF_DCTL + IGBVF_HEAD) = 0;
	*reg(offset) = val;
	if (offset == IGBVF_EIMC)
		*reg(IGBVF_EIMS) &= ~val;
}

/* A function whose first queues run: 5 is next to be received into or sent. */
static void power_on(void)
{
	u32 base[2] = { IGBVF_RX(0, 0), IGBVF_TX(0, 0) };
	unsigned int i;

	memset(&vf, 0, sizeof(vf));
	memset(&guest, 0, sizeof(guest));
	memset(regs, 0, sizeof(regs));
	vf.guest = &guest;
	vf.regs = regs;
	reads_left = ALIVE;
	reads_gone = 0;
	head_is_lost = false;
	notices_left = 0;
	stays_enabled = 0;
	stays_disabled = 0;
	why[0] = '\0';
	for (i = 0; i < 2; i++) {
		*reg(base[i] + IGBVF_LEN) = 4096;
		*reg(base[i] + IGBVF_HEAD) = 5;
		*reg(base[i] + IGBVF_TAIL) = i ? 5 : 4;
		*reg(base[i] + IGBVF_DCTL) = IGBVF_DCTL_ENABLE;
	}
}

static struct igbvf_state state_of_much(void)
{
	struct igbvf_state s = {
		.flags = cpu_to_le32(IGBVF_STATE_READY | IGBVF_STATE_MAC |
				     IGBVF_STATE_MULTICAST | IGBVF_STATE_VLAN |
				     IGBVF_STATE_LPE | IGBVF_STATE_PROMISC),
		.asked = {
			.lpe = cpu_to_le32(3000),
			.promisc = cpu_to_le32(IGBVF_MSG_PROMISC |
					       IGBVF_PROMISC_MULTICAST),
			.vlans = { cpu_to_le32(BIT(7) | BIT(0)) },
			.vlan_last = cpu_to_le32(IGBVF_VLAN_ON),
			.nr_multicast = cpu_to_le16(1),
			.nr_unicast = cpu_to_le16(1),
			.mac = { 0x52, 0x54, 0, 1, 2, 3 },
			.unicast = { { 0x52, 0x54, 0, 1, 2, 4 } },
		},
	};

	return s;
}

static int go_stop(void)
{
	return igbvf_stop(&vf);
}

static int go_start(void)
{
	unsigned int left = reads_left;

	reads_left = ALIVE;
	if (igbvf_stop(&vf))
		return 1;
	reads_left = left;
	return igbvf_start(&vf);
}

static int go_settle(void)
{
	return igbvf_pf_settle(&vf);
}

static int go_read(void)
{
	unsigned int left = reads_left;
	static struct igbvf_state state;

	reads_left = ALIVE;
	if (igbvf_stop(&vf))
		return 1;
	reads_left = left;
	return igbvf_read_state(&vf, &state);
}

static int go_write(void)
{
	struct igbvf_state state = state_of_much();

	return igbvf_write_state(&vf, &state);
}

static int go_restore(void)
{
	struct igbvf_state state = state_of_much();

	return igbvf_pf_restore(&vf, &state);
}

static int go_leave(void)
{
	struct igbvf_state state = state_of_much();

	return igbvf_pf_leave(&vf, &state);
}

/* Whatever the function has answered before it went. */
static void must_notice(const char *name, int (*go)(void))
{
	unsigned int n, worst = 0;
	s64 longest = 0, start;
	int ret;

	for (n = 0; n < 10000; n++) {
		power_on();
		reads_left = n;
		start = shim_ns;
		ret = go();
		longest = max(longest, shim_ns - start);
		worst = max(worst, reads_gone);
		if (!reads_gone || reads_gone > READS_WHEN_GONE)
			break;
		/* To go with the last words of an answer is too late to fail. */
		if (ret ? ret != -EIO || !strstr(why, "all ones") :
			  reads_gone > 2)
			break;
	}
	ok(!reads_gone && !ret,
	   "%s notices that its function has gone, at any of %u reads: %d, %u reads more, \"%s\"",
	   name, n, ret, worst, why);
	ok(longest < 50 * 1000000LL, "%s does not wait for it: %lld us", name,
	   (long long)longest / 1000);
}

static void notices_are_no_answers(void)
{
	int ret;

	power_on();
	notices_left = 1;
	ret = go_restore();
	ok(!ret, "an answer that a notice of the PF's has replaced is asked for again: %d, \"%s\"",
	   ret, why);

	power_on();
	notices_left = ~0U;
	ret = go_restore();
	ok(ret == -ETIMEDOUT,
	   "of a PF that writes notices only an answer is not waited for without end: %d", ret);
}

static void heads_must_be_spared(void)
{
	u32 rx = IGBVF_RX(0, 0), tx = IGBVF_TX(0, 0);
	int ret;

	power_on();
	ret = igbvf_stop(&vf);
	ok(!ret && !igbvf_start(&vf) && *reg(rx + IGBVF_HEAD) == 5 &&
	   *reg(rx + IGBVF_TAIL) == 4 && *reg(tx + IGBVF_TAIL) == 5 &&
	   *reg(rx + IGBVF_DCTL) & IGBVF_DCTL_ENABLE,
	   "a queue goes on where it was");

	power_on();
	ret = igbvf_stop(&vf);
	head_is_lost = true;
	ret = ret ?: igbvf_start(&vf);
	ok(ret == -EIO && strstr(why, "from 5 to 0"),
	   "a head that is lost when its queue is enabled fails the start (%d, %s)",
	   ret, why);
	ok(!((*reg(rx + IGBVF_DCTL) | *reg(tx + IGBVF_DCTL)) & IGBVF_DCTL_ENABLE),
	   "and its queue does not run");
	ok(*reg(rx + IGBVF_HEAD) == 5 && *reg(rx + IGBVF_TAIL) == 4,
	   "but stands where it stood");
	ok(igbvf_start(&vf) == -EIO, "to try again is to fail again");

	power_on();
	vf.run.loaded = true;
	vf.run.rx_dctl[0] = IGBVF_DCTL_ENABLE;
	vf.run.rx_tail[0] = 4;
	*reg(rx + IGBVF_DCTL) = 0;
	*reg(rx + IGBVF_TAIL) = 0;
	head_is_lost = true;
	ok(igbvf_start(&vf) == -EIO && strstr(why, "from 5 to 0"),
	   "nor does a queue that was loaded run then (%s)", why);
}

static bool runs(u32 base)
{
	return *reg(base + IGBVF_DCTL) & IGBVF_DCTL_ENABLE;
}

static void there_or_back_or_lost(void)
{
	u32 rx = IGBVF_RX(0, 0), tx = IGBVF_TX(0, 0);
	int ret;

	power_on();
	stays_enabled = tx + IGBVF_DCTL;
	ret = igbvf_stop(&vf);
	ok(ret == -ETIMEDOUT && runs(rx) && runs(tx),
	   "where one queue cannot be disabled the others run again (%d, %s)",
	   ret, why);

	power_on();
	stays_enabled = tx + IGBVF_DCTL;
	stays_disabled = rx + IGBVF_DCTL;
	ret = igbvf_stop(&vf);
	ok(ret == -ENOTRECOVERABLE,
	   "where another one does not run again it says so (%d, %s)", ret, why);

	power_on();
	ret = igbvf_stop(&vf);
	stays_disabled = rx + IGBVF_DCTL;
	ret = ret ?: igbvf_start(&vf);
	ok(ret == -ETIMEDOUT && !runs(rx) && !runs(tx),
	   "where one queue cannot be enabled the others are disabled again (%d, %s)",
	   ret, why);

	power_on();
	ret = igbvf_stop(&vf);
	stays_disabled = rx + IGBVF_DCTL;
	stays_enabled = tx + IGBVF_DCTL;
	ret = ret ?: igbvf_start(&vf);
	ok(ret == -ENOTRECOVERABLE,
	   "where another one stays enabled it says so (%d, %s)", ret, why);
}

static void guest_asks(u32 word, u32 value)
{
	*reg(IGBVF_VMBMEM) = word;
	*reg(IGBVF_VMBMEM + 4) = value;
	*reg(IGBVF_VMBMEM + 8) = 0;
	vf.lock.held = true;
	igbvf_mailbox_request(&vf);
	vf.lock.held = false;
}

static void answer(u32 verdict)
{
	*reg(IGBVF_VMBMEM) |= verdict;
	*reg(IGBVF_V2PMAILBOX) |= IGBVF_MBX_PFACK | IGBVF_MBX_PFSTS;
	vf.lock.held = true;
	igbvf_mailbox_look(&vf);
	vf.lock.held = false;
}

#define YES	(IGBVF_MSG_ACK | IGBVF_MSG_CTS)
#define NO	(IGBVF_MSG_NACK | IGBVF_MSG_CTS)
#define ADD	(IGBVF_MSG_MAC | IGBVF_MAC_ADD)
#define CLEAR	(IGBVF_MSG_MAC | IGBVF_MAC_CLEAR)
/* Its first four bytes; the others are 0. */
#define ADDRESS(n)	(0x02 | (n) << 8)

static void shake_hands(void)
{
	power_on();
	guest_asks(IGBVF_MSG_RESET, 0);
	answer(IGBVF_MSG_NACK);
}

static void too_many_addresses_can_be_taken_back(void)
{
	unsigned int i;

	shake_hands();
	for (i = 0; i <= IGBVF_MAX_UNICAST; i++) {
		guest_asks(ADD, ADDRESS(i));
		answer(YES);
	}
	ok(guest.mailbox.lost, "one address more than fit is known");
	guest_asks(CLEAR, ADDRESS(0));
	answer(NO);
	ok(guest.mailbox.lost, "to clear them changes nothing if it is refused");
	guest_asks(CLEAR, ADDRESS(0));
	answer(YES);
	ok(!guest.mailbox.lost && !guest.mailbox.asked.nr_unicast,
	   "a guest that has cleared its list can be saved again");
}

/* The PF has taken it, and the guest asks anew before anybody has looked. */
static void guest_is_not_answered(u32 word, u32 value)
{
	guest_asks(word, value);
	*reg(IGBVF_V2PMAILBOX) |= IGBVF_MBX_PFACK;
	guest_asks(IGBVF_MSG_LPE, IGBVF_PLAIN_PACKET);
	answer(YES);
}

static void missed_answers(void)
{
	const struct igbvf_asked *asked = &guest.mailbox.asked;

	shake_hands();
	guest_is_not_answered(ADD, ADDRESS(1));
	ok(le16_to_cpu(asked->nr_unicast) == 1,
	   "a request whose answer was missed counts as granted");
	guest_is_not_answered(CLEAR, 0);
	ok(le16_to_cpu(asked->nr_unicast) == 1,
	   "but not one that igb always refuses");
	guest_is_not_answered(IGBVF_MSG_ACK | CLEAR, ADDRESS(1));
	ok(le16_to_cpu(asked->nr_unicast) == 1, "nor one that it passes over");
	guest_is_not_answered(IGBVF_MSG_PROMISC | 3 << 16, 0);
	ok(le32_to_cpu(asked->promisc) ==
	   (IGBVF_MSG_PROMISC | IGBVF_PROMISC_MULTICAST),
	   "and of a promiscuity only what igb does");
}

static void refusals(void)
{
	const struct igbvf_asked *asked = &guest.mailbox.asked;

	shake_hands();
	guest_asks(IGBVF_MSG_PROMISC | 3 << 16, 0);
	answer(IGBVF_MSG_NACK);
	ok(!asked->promisc, "a PF that does not listen has done nothing");
	guest_asks(IGBVF_MSG_PROMISC | 3 << 16, 0);
	answer(NO);
	ok(le32_to_cpu(asked->promisc) ==
	   (IGBVF_MSG_PROMISC | IGBVF_PROMISC_MULTICAST),
	   "one that refuses a promiscuity has done its multicast part");
	guest_asks(IGBVF_MSG_PROMISC | 1 << 16, 0);
	answer(YES);
	ok(le32_to_cpu(asked->promisc) == (IGBVF_MSG_PROMISC | 1 << 16),
	   "one that grants it has done it all");
}

int main(void)
{
	must_notice("a stop", go_stop);
	must_notice("a start", go_start);
	must_notice("an exchange under way", go_settle);
	must_notice("a save", go_read);
	must_notice("the registers of a load", go_write);
	must_notice("what a load asks of the PF", go_restore);
	must_notice("the message of a load", go_leave);
	notices_are_no_answers();
	heads_must_be_spared();
	there_or_back_or_lost();
	too_many_addresses_can_be_taken_back();
	missed_answers();
	refusals();
	return tap_end();
}
