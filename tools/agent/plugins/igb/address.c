// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the PF's BAR has the registers of a function. Queues 0 and 1 of function n
 * are n and n + 8 of the PF's, its vectors 0 to 2 are three below those of n - 1.
 *
 * The datasheet gives an interrupt's assignment (VTIVAR) no address on the PF's side;
 * the emulation's is at 0x11700. On silicon that reads as nothing, and what is loaded
 * does not read back as written: it is refused.
 */
#include "igb.h"

struct range {
	u16 first;
	u16 last;
	u32 at;
	/* From one function to the next. */
	s32 stride;
};

static const struct range igb_ranges[] = {
	{ IGBVF_CTRL,		IGBVF_CTRL,		0x10000,	0x100 },
	{ IGBVF_STATUS,		IGBVF_STATUS,		IGBVF_STATUS,	0 },
	{ IGBVF_VMBMEM,		IGBVF_VMBMEM + 0x3c,	IGBVF_VMBMEM,	0x40 },
	{ IGBVF_V2PMAILBOX,	IGBVF_V2PMAILBOX,	IGBVF_V2PMAILBOX, 4 },
	{ IGBVF_PSRTYPE,	IGBVF_PSRTYPE,		0x5480,		4 },
	{ IGBVF_VFGPRC,		IGBVF_VFGOTLBC,		0x10010,	0x100 },
	{ IGBVF_EICS,		IGBVF_EIAM,		0x10020,	0x100 },
	{ IGBVF_EITR(0),	IGBVF_EITR(2),		IGBVF_EITR(22),	-0xc },
	{ IGBVF_IVAR0,		IGBVF_IVAR0,		0x11700,	4 },
	{ IGBVF_IVAR_MISC,	IGBVF_IVAR_MISC,	0x11720,	4 },
	{ IGBVF_RX(0, 0),	IGBVF_RX(0, 0x3c),	0xc000,		0x40 },
	{ IGBVF_RX(1, 0),	IGBVF_RX(1, 0x3c),	0xc200,		0x40 },
	{ IGBVF_TX(0, 0),	IGBVF_TX(0, 0x3c),	0xe000,		0x40 },
	{ IGBVF_TX(1, 0),	IGBVF_TX(1, 0x3c),	0xe200,		0x40 },
};

/* What the driver takes for the function's BAR: nothing is ever there. */
u8 igb_function_regs[IGBVF_BAR0_MIN];

static unsigned int igb_vf;

/* Of function @vf; there is no register that the driver uses and that has none. */
u32 igb_address(u32 reg, unsigned int vf)
{
	const struct range *range;

	for (range = igb_ranges; range < igb_ranges + ARRAY_SIZE(igb_ranges); range++)
		if (reg >= range->first && reg <= range->last)
			return range->at + reg - range->first + range->stride * (s32)vf;
	abort();
}

/* From here on. */
void igb_address_of(unsigned int vf)
{
	igb_vf = vf;
}

u32 ioread32(const void *at)
{
	return igb_bar_read(igb_address((const u8 *)at - igb_function_regs, igb_vf));
}

void iowrite32(u32 val, void *at)
{
	igb_bar_write(igb_address((u8 *)at - igb_function_regs, igb_vf), val);
}
