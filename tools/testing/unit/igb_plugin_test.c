// SPDX-License-Identifier: GPL-2.0-only
/*
 * igb.so, with a model of the PF behind it: a function moves to another one by what
 * the PF's registers have of it, or is refused and as it was.
 */
#include <stdio.h>
#include <string.h>

#include "igb_pf.h"

#include "../../../drivers/vfio/pci/igbvf/exchange.c"
#include "../../../drivers/vfio/pci/igbvf/mailbox.c"
#include "../../../drivers/vfio/pci/igbvf/pf.c"
#include "../../../drivers/vfio/pci/igbvf/queues.c"
#include "../../../drivers/vfio/pci/igbvf/registers.c"
#include "../../../drivers/vfio/pci/igbvf/state.c"
#include "../../agent/plugins/igb/address.c"
#include "../../agent/plugins/igb/asked.c"
#include "../../agent/plugins/igb/kernel.c"
#include "../../agent/plugins/igb/mailbox.c"
#include "../../agent/plugins/igb/plugin.c"
#include "tap.h"

#define SIZE	sizeof(struct igbvf_state)
#define DEVID	"0000:01:10.0"
#define FROM	1
#define TO	4
#define REFUSED	(RESUMING | SAVING)

s64 shim_ns;

static const u8 mac[ETH_ALEN] = { 0x52, 0x54, 0, 0x76, 0x66, 1 };
static const u8 other_mac[ETH_ALEN] = { 0x52, 0x54, 0, 0x76, 0x66, 2 };
static char said[512];
static u8 saved[SIZE];
static void *handle;
static typeof(vfio_lm_get_plugin_ops()) ops;

/* The first that was given. */
static const char *reason(void)
{
	said[strcspn(said, "\n")] = '\0';
	return said;
}

static void ask(unsigned int vf, unsigned int nr, ...)
{
	va_list words;
	unsigned int i;

	va_start(words, nr);
	for (i = 0; i < nr; i++)
		*vf_reg(vf, IGBVF_VMBMEM + 4 * i) = va_arg(words, u32);
	va_end(words);
	pf_mailbox_write(vf, IGBVF_MBX_REQ);
	igb_bar_read(igb_address(IGBVF_V2PMAILBOX, vf));
}

/* A guest has shaken hands, and its first queues run: 5 is next to be received or sent. */
static void power_on(void)
{
	u32 base[2] = { IGBVF_RX(0, 0), IGBVF_TX(0, 0) };
	unsigned int i;

	memset(pf_bar, 0, sizeof(pf_bar));
	memset(pf_admin_mac, 0, sizeof(pf_admin_mac));
	pf_is_down = false;
	pf_is_gone = false;
	rewind(stderr);
	memset(said, 0, sizeof(said));
	*pf_reg(IGBVF_STATUS) = IGBVF_STATUS_LU;
	for (i = 0; i < 2; i++) {
		*vf_reg(FROM, base[i] + IGBVF_BAL) = 0x1000 * (i + 1);
		*vf_reg(FROM, base[i] + IGBVF_LEN) = 4096;
		*vf_reg(FROM, base[i] + IGBVF_HEAD) = 5;
		*vf_reg(FROM, base[i] + IGBVF_TAIL) = i ? 5 : 4;
		*vf_reg(FROM, base[i] + IGBVF_DCTL) = IGBVF_DCTL_ENABLE | 0x1f;
	}
	*vf_reg(FROM, IGBVF_IVAR0) = 0x8180;
	*vf_reg(FROM, IGBVF_IVAR_MISC) = 0x82;
	*vf_reg(FROM, IGBVF_EITR(2)) = 0x1234;
	ask(FROM, 1, IGBVF_MSG_RESET);
	ask(FROM, 3, IGBVF_MSG_MAC, 0x76005452, 0x0166);
	*vf_reg(FROM, IGBVF_EIAC) = 3;
	*vf_reg(FROM, IGBVF_EIMS) = 7;
}

static bool go(u32 state)
{
	u32 got;

	return !ops->set_state(handle, state) && !ops->get_state(handle, &got) && got == state;
}

static u32 state_now(void)
{
	u32 state = ~0U;

	ops->get_state(handle, &state);
	return state;
}

static void use(unsigned int vf)
{
	static char devid[sizeof(DEVID)], arg[2];

	if (handle)
		ops->cleanup(handle);
	strcpy(devid, DEVID);
	arg[0] = '0' + vf;
	handle = ops->init(devid, arg);
}

static bool save(size_t piece)
{
	size_t at, len;
	uint64_t pending;

	use(FROM);
	if (!go(RUNNING | SAVING) || ops->update_pending(handle, &pending) || pending ||
	    !go(SAVING))
		return false;
	for (at = 0; !ops->update_pending(handle, &pending) && pending; at += len) {
		len = min_t(size_t, pending, piece);
		if (at + len > SIZE || ops->save(handle, saved + at, len))
			return false;
	}
	return at == SIZE && go(0);
}

static bool load(size_t len, size_t piece)
{
	size_t at;

	use(TO);
	if (!go(RESUMING))
		return false;
	for (at = 0; at < len; at += piece)
		if (ops->load(handle, saved + at, min_t(size_t, piece, len - at)) < 0)
			return false;
	return true;
}

static bool same(u32 reg)
{
	return *vf_reg(FROM, reg) == *vf_reg(TO, reg);
}

static bool queues_are_same(void)
{
	static const u32 regs[] = {
		IGBVF_BAL, IGBVF_BAH, IGBVF_LEN, IGBVF_SRRCTL, IGBVF_HEAD, IGBVF_DCA,
	};
	unsigned int q, i;

	for (q = 0; q < IGBVF_QUEUES; q++)
		for (i = 0; i < ARRAY_SIZE(regs); i++)
			if (!same(IGBVF_RX(q, regs[i])) || !same(IGBVF_TX(q, regs[i])))
				return false;
	return true;
}

static bool runs(unsigned int vf)
{
	return *vf_reg(vf, IGBVF_RX(0, IGBVF_DCTL)) & *vf_reg(vf, IGBVF_TX(0, IGBVF_DCTL)) &
	       IGBVF_DCTL_ENABLE && *vf_reg(vf, IGBVF_RX(0, IGBVF_TAIL)) == 4;
}

static void moves(void)
{
	struct igbvf_asked before, after;
	u32 had, has;

	power_on();
	ask(FROM, 3, IGBVF_MSG_MAC | IGBVF_MAC_ADD, 0x76005452, 0x0777);
	ask(FROM, 3, IGBVF_MSG_MULTICAST | 3 << 16, 0x00210020, 0x0fff);
	ask(FROM, 2, IGBVF_MSG_VLAN | 1 << 16, 5);
	ask(FROM, 2, IGBVF_MSG_VLAN | 1 << 16, 7);
	ask(FROM, 2, IGBVF_MSG_LPE, 9018);
	ok(save(SIZE), "a function is saved by way of its PF (%s)", reason());
	had = igb_read_asked(FROM, &before);
	ok(!runs(FROM), "and is stopped");
	ok(load(SIZE, SIZE) && state_now() == RESUMING,
	   "it is loaded into another one (%s)", reason());
	ok(!runs(TO), "which does not run yet");
	ok(go(RUNNING) && runs(TO), "and then runs");
	ok(queues_are_same() && same(IGBVF_IVAR0) && same(IGBVF_IVAR_MISC) &&
	   same(IGBVF_EITR(2)) && same(IGBVF_EIAC) && *vf_reg(TO, IGBVF_EIMS) == 7,
	   "with the same registers");
	ok(*vf_reg(TO, IGBVF_EICS) == 3, "the vectors of its queues are raised, no other");
	has = igb_read_asked(TO, &after);
	ok(had == has && !memcmp(&before, &after, sizeof(before)),
	   "the PF has granted it the same: %#x, %#x", had, has);
	ok(le16_to_cpu(after.nr_unicast) == 1 && le16_to_cpu(after.nr_multicast) == 3 &&
	   le32_to_cpu(after.lpe) == 9018 && !memcmp(after.mac, mac, ETH_ALEN),
	   "which is what was asked for");
}

static void moves_bit_by_bit(void)
{
	power_on();
	ok(save(1) && load(SIZE, 7) && go(RUNNING) && runs(TO) && queues_are_same(),
	   "a state moves in pieces (%s)", reason());
}

static void goes_on(void)
{
	power_on();
	use(FROM);
	*vf_reg(FROM, IGBVF_V2PMAILBOX) |= IGBVF_MBX_PFSTS;
	ok(go(RUNNING | SAVING) && go(SAVING) && !runs(FROM) &&
	   !(*vf_reg(FROM, IGBVF_V2PMAILBOX) & IGBVF_MBX_PFSTS), "a function is stopped");
	ok(go(RUNNING) && runs(FROM) && *vf_reg(FROM, IGBVF_EIMS) == 7, "and goes on");
	ok((*vf_reg(FROM, IGBVF_V2PMAILBOX) & IGBVF_MBX_R2C) == IGBVF_MBX_PFSTS,
	   "what it had yet to read of its mailbox is there again");
}

/* The PF takes no requests while the function moves. */
static void request_waits(void)
{
	power_on();
	pf_is_down = true;
	*vf_reg(FROM, IGBVF_VMBMEM) = IGBVF_MSG_LPE;
	*vf_reg(FROM, IGBVF_VMBMEM + 4) = 4000;
	pf_mailbox_write(FROM, IGBVF_MBX_REQ);
	ok(save(SIZE), "a function whose request the PF has not taken is saved (%s)", reason());
	pf_is_down = false;
	ok(load(SIZE, SIZE) && go(RUNNING) &&
	   (*pf_reg(IGB_VMOLR(TO)) & IGB_VMOLR_RLPML) == 4000,
	   "the other PF gets the request (%s)", reason());
}

static void keeps_address(void)
{
	power_on();
	ask(FROM, 3, IGBVF_MSG_MAC | IGBVF_MAC_ADD, 0x76005452, 0x0777);
	memcpy(pf_admin_mac[TO], other_mac, ETH_ALEN);
	ok(save(SIZE) && !load(SIZE, 100),
	   "a load is refused by a PF that keeps another address");
	ok(strstr(said, DEVID ": the PF refuses the guest's address 52:54:00:76:66:01 ") &&
	   strstr(said, " and keeps 52:54:00:76:66:02,"),
	   "the reason has both: %s", reason());
	ok(state_now() == REFUSED, "the state says so");
	ok(go(RUNNING) && !runs(TO), "it can be given up, and nothing is started");
}

static void torn_load(void)
{
	power_on();
	ok(save(SIZE) && load(SIZE - 1, SIZE) && state_now() == REFUSED,
	   "a torn state is told before it is to run");
	ok(ops->set_state(handle, RUNNING) && state_now() != RUNNING,
	   "it does not run as if it were whole");
	ok(go(RUNNING), "it can be given up");
	ok(load(0, 1) && state_now() == RESUMING && go(RUNNING),
	   "a load of nothing is given up at once");
}

static void damaged(void)
{
	struct igbvf_state *state = (struct igbvf_state *)saved;

	power_on();
	save(SIZE);
	state->queue[0].rx[IGBVF_RX_HEAD] = cpu_to_le32(256);
	*vf_reg(TO, IGBVF_RX(0, IGBVF_BAL)) = 0x4200;
	ok(!load(SIZE, SIZE) && strstr(said, "RDH is 0x100: "),
	   "a head beyond its ring is refused: %s", reason());
	ok(*vf_reg(TO, IGBVF_RX(0, IGBVF_BAL)) == 0x4200, "and nothing is touched");
	power_on();
	save(SIZE);
	ok(load(SIZE, SIZE) && ops->load(handle, saved, 1) < 0 && state_now() == REFUSED,
	   "more than a state is refused");
}

static void more_than_it_may(void)
{
	struct igbvf_asked asked;
	unsigned int i;
	u32 flags;

	power_on();
	*pf_reg(IGB_VMOLR(FROM)) |= IGB_VMOLR_ROMPE;
	for (i = 0; i < 31; i++)
		*pf_reg(IGB_MTA(i)) = BIT(i);
	flags = igb_read_asked(FROM, &asked);
	ok(flags & IGBVF_STATE_PROMISC && !(flags & IGBVF_STATE_MULTICAST) && !asked.nr_multicast,
	   "of more multicast than a message holds all is asked for");
	ask(FROM, 2, IGBVF_MSG_VLAN | 1 << 16, 5);
	*pf_reg(IGB_VMVIR(FROM)) = IGB_VMVIR_DEFAULT | 5;
	ok(!(igb_read_asked(FROM, &asked) & IGBVF_STATE_VLAN),
	   "an administrator's VLAN is not the guest's");
}

static void last_vlans(void)
{
	struct igbvf_asked before, after;

	power_on();
	ask(FROM, 2, IGBVF_MSG_LPE, IGBVF_PLAIN_PACKET);
	ask(FROM, 2, IGBVF_MSG_VLAN | 1 << 16, 5);
	ask(FROM, 2, IGBVF_MSG_VLAN | 1 << 16, 0);
	ok(save(SIZE) && load(SIZE, SIZE) && !(*pf_reg(IGB_VMOLR(TO)) & IGB_VMOLR_STRVLAN) &&
	   igb_read_asked(FROM, &before) == igb_read_asked(TO, &after) &&
	   !memcmp(&before, &after, sizeof(after)),
	   "tags that a guest wants to have it has (%s)", reason());
	power_on();
	ask(FROM, 2, IGBVF_MSG_VLAN | 1 << 16, 5);
	ask(FROM, 2, IGBVF_MSG_VLAN, 5);
	ok(save(SIZE) && load(SIZE, SIZE) && *pf_reg(IGB_VMOLR(TO)) & IGB_VMOLR_STRVLAN,
	   "tags that it does not want it does not have (%s)", reason());
}

static void without_a_driver(void)
{
	power_on();
	pf_resets(FROM);
	ok(save(SIZE) && load(SIZE, SIZE) && go(RUNNING) && !(*pf_reg(IGB_VFRE) & BIT(TO)),
	   "a function whose guest has no driver moves, and has not shaken hands (%s)", reason());
}

static void does_not_keep_still(void)
{
	power_on();
	*vf_reg(FROM, IGBVF_TX(0, IGBVF_TAIL)) = 9;
	use(FROM);
	ok(go(RUNNING | SAVING) && ops->set_state(handle, SAVING) &&
	   strstr(said, "transmit queue 0 does not drain: head 5, tail 9"),
	   "a queue that does not drain fails the stop: %s", reason());
	ok(runs(FROM) && state_now() == (RUNNING | SAVING) && go(RUNNING), "and the function runs");
	pf_is_gone = true;
	ok(go(RUNNING | SAVING) && ops->set_state(handle, SAVING) && strstr(said, "all ones"),
	   "a function that is gone is not saved");
	pf_is_gone = false;
}

static void wrong_calls(void)
{
	char devid[] = "0000:01:10.1", arg[] = "2";
	uint64_t pending = 1;

	power_on();
	use(FROM);
	ok(!ops->init(devid, arg), "a process has one function");
	ok(ops->set_state(handle, RESUMING | RUNNING) && ops->set_state(handle, 8) &&
	   state_now() == RUNNING,
	   "what is no state is not set");
	ok(ops->save(handle, saved, 1) && ops->load(handle, saved, 1) < 0 &&
	   !ops->update_pending(handle, &pending) && !pending && runs(FROM),
	   "a function that runs has nothing to be saved, and is not loaded");
}

int main(void)
{
	stderr = fmemopen(said, sizeof(said) - 1, "w");
	setbuf(stderr, NULL);
	ops = vfio_lm_get_plugin_ops();
	moves();
	moves_bit_by_bit();
	goes_on();
	request_waits();
	keeps_address();
	torn_load();
	damaged();
	more_than_it_may();
	last_vlans();
	without_a_driver();
	does_not_keep_still();
	wrong_calls();
	return tap_end();
}
