// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest and a PF that write what they like into the mailbox, in any order:
 * what is remembered of it can always be saved, or it is known why not.
 *
 * An input is a play in steps of STEP bytes: who does what, where, with what.
 */
#include <string.h>

#include "igbvf/igbvf.h"
#include "fuzz.h"

#define STEP	6

enum act {
	GUEST_WRITES,
	GUEST_REQUESTS,
	GUEST_LOOKS,
	GUEST_RESETS,
	PF_WRITES,
	PF_SETS_BITS,
	PF_ANSWERS,
	SAVE,
	NR_ACTS,
};

static struct igbvf_device vf;
static struct igbvf_guest guest;
static struct igbvf_bad_field bad;
static u32 regs[IGBVF_BAR0_MIN / 4];

u32 ioread32(const void *at)
{
	u32 *reg = (u32 *)at;
	u32 val = *reg;

	must(reg >= regs && reg < regs + ARRAY_SIZE(regs));
	if (reg == &regs[IGBVF_V2PMAILBOX / 4])
		*reg &= ~(u32)IGBVF_MBX_R2C;
	return val;
}

void iowrite32(u32 val, void *at)
{
	must(!"the mailbox is only looked at");
}

static void save(void)
{
	struct igbvf_state state = {
		.size = cpu_to_le32(sizeof(state)),
		.version = cpu_to_le16(IGBVF_STATE_VERSION),
		.queues = cpu_to_le16(IGBVF_QUEUES),
	};
	const char *why;

	igbvf_mailbox_read(&vf, &state);
	why = igbvf_state_check(&state, sizeof(state), &bad);
	/* A PF that grants more than it has room for. */
	must(!why || !strcmp(why, "more VLANs than a PF has filters"));
}

static void answer(u32 verdict)
{
	u32 *msg = &regs[IGBVF_VMBMEM / 4];

	msg[0] |= verdict & (IGBVF_MSG_ACK | IGBVF_MSG_NACK);
	regs[IGBVF_V2PMAILBOX / 4] |= IGBVF_MBX_PFSTS | IGBVF_MBX_PFACK;
}

static void act(u8 what, u8 where, u32 with)
{
	switch (what % NR_ACTS) {
	case GUEST_WRITES:
	case PF_WRITES:
		regs[IGBVF_VMBMEM / 4 + where % IGBVF_VMBMEM_WORDS] = with;
		return;
	case GUEST_REQUESTS:
		igbvf_mailbox_request(&vf);
		return;
	case GUEST_LOOKS:
		igbvf_mailbox_look(&vf);
		guest.mailbox.unread &= ~with;
		return;
	case GUEST_RESETS:
		igbvf_mailbox_forget(&vf);
		return;
	case PF_SETS_BITS:
		regs[IGBVF_V2PMAILBOX / 4] = with;
		return;
	case PF_ANSWERS:
		answer(with);
		return;
	case SAVE:
		save();
		return;
	}
}

int fuzz_one(const u8 *data, size_t size)
{
	u32 with;

	memset(&vf, 0, sizeof(vf));
	memset(&guest, 0, sizeof(guest));
	vf.guest = &guest;
	memset(regs, 0, sizeof(regs));
	vf.regs = regs;
	vf.lock.held = true;
	for (; size >= STEP; data += STEP, size -= STEP) {
		memcpy(&with, data + 2, sizeof(with));
		act(data[0], data[1], le32_to_cpu(with));
	}
	save();
	return 0;
}
