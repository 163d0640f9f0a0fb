// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <linux/io.h>

#include "igbvf/igbvf.h"
#include "fuzz.h"
#include "igbvf_model.h"

static u32 regs[IGBVF_BAR0_MIN / 4];
static const struct input *moods;
static unsigned int requests;
static bool link_up;
static bool agreed;

/* As page0.c has them, which needs more of VFIO than there is here. */
/* What opens and maps a function needs more of VFIO than there is here. */
int igbvf_open(void *backend)
{
	return 0;
}

void igbvf_close(void *backend)
{
}

int igbvf_exposure_check(struct igbvf_device *vf)
{
	return 0;
}

void igbvf_exposure_reset_ends(struct igbvf_device *vf)
{
}

static u32 *reg(u32 offset)
{
	return &regs[offset / 4];
}

static void power_on(void)
{
	memset(regs, 0, sizeof(regs));
	*reg(IGBVF_STATUS) = link_up ? IGBVF_STATUS_LU : 0;
}

void *model_reset(const struct input *in, bool link)
{
	moods = in;
	requests = 0;
	link_up = link;
	agreed = true;
	power_on();
	return regs;
}

/* Has the PF agreed to everything that it was asked? */
bool model_agreed(void)
{
	return agreed;
}

static void pf_answers(void)
{
	u8 mood = moods->cut[requests++ % INPUT_CUTS];
	u32 *msg = reg(IGBVF_VMBMEM);

	if (mood == MOOD_SILENT || mood == MOOD_REFUSES ||
	    mood == MOOD_CONFUSED)
		agreed = false;
	if (mood == MOOD_SILENT)
		return;
	if (mood == MOOD_CONFUSED)
		msg[0] ^= requests;
	msg[0] |= mood == MOOD_REFUSES ? IGBVF_MSG_NACK : IGBVF_MSG_ACK;
	if ((msg[0] & IGBVF_MSG_TYPE) == IGBVF_MSG_RESET) {
		msg[1] = 0x76005452;
		msg[2] = 0x0066;
	}
	*reg(IGBVF_V2PMAILBOX) |= IGBVF_MBX_PFACK | IGBVF_MBX_PFSTS;
}

static void write_mailbox(u32 val)
{
	u32 *mailbox = reg(IGBVF_V2PMAILBOX);

	*mailbox &= ~(u32)IGBVF_MBX_VFU;
	*mailbox |= val & IGBVF_MBX_VFU;
	if (val & IGBVF_MBX_REQ)
		pf_answers();
}

u32 ioread32(const void *at)
{
	u32 offset = (const u8 *)at - (const u8 *)regs;
	u32 val;

	must(offset < sizeof(regs) && !(offset % 4));
	val = *reg(offset);
	if (offset == IGBVF_V2PMAILBOX)
		*reg(offset) &= ~(u32)IGBVF_MBX_R2C;
	return val;
}

void iowrite32(u32 val, void *at)
{
	u32 offset = (u8 *)at - (u8 *)regs;

	must(offset < sizeof(regs) && !(offset % 4));
	switch (offset) {
	case IGBVF_CTRL:
		if (val & IGBVF_CTRL_RST)
			power_on();
		return;
	case IGBVF_V2PMAILBOX:
		write_mailbox(val);
		return;
	case IGBVF_EIMS:
		*reg(IGBVF_EIMS) |= val;
		return;
	case IGBVF_EIMC:
		*reg(IGBVF_EIMS) &= ~val;
		return;
	case IGBVF_EICS:
	case IGBVF_STATUS:
		return;
	default:
		*reg(offset) = val;
	}
}
