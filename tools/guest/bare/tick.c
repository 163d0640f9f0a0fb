// SPDX-License-Identifier: GPL-2.0-only
/* The PC's timer, a hundred times a second: the guest polls, but not all the time. */
#include "bare.h"

#define PIC		0x20
#define PIC_DATA	0x21
#define PIC2_DATA	0xa1
#define PIT_DIVIDER	11932

void tick_init(void)
{
	out8(PIC, 0x11);
	out8(PIC_DATA, TICK_VECTOR);
	out8(PIC_DATA, 4);
	out8(PIC_DATA, 1);
	out8(PIC_DATA, 0xfe);
	out8(PIC2_DATA, 0xff);
	out8(0x43, 0x34);
	out8(0x40, PIT_DIVIDER & 0xff);
	out8(0x40, PIT_DIVIDER >> 8);
}

void tick_wait(void)
{
	asm volatile("sti; hlt; cli" ::: "memory");
}
