// SPDX-License-Identifier: GPL-2.0-only
/* The PC's timer, a hundred times a second: the guest polls, but not all the time. */
#include "bare.h"

#define PIC		0x20
#define PIC_DATA	0x21
#define PIC2_DATA	0xa1
#define FIRST_VECTOR	0x20
#define PIT_DIVIDER	11932
#define CODE_SEGMENT	8
#define INTERRUPT_GATE	0x8e00

struct gate {
	uint16_t offset;
	uint16_t segment;
	uint16_t flags;
	uint16_t offset_high;
};

static struct gate idt[FIRST_VECTOR + 1];

void tick_init(void)
{
	uint32_t entry = (uint32_t)tick_entry;
	const struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) pointer = { sizeof(idt) - 1, (uint32_t)idt };

	idt[FIRST_VECTOR] = (struct gate) {
		.offset = entry,
		.segment = CODE_SEGMENT,
		.flags = INTERRUPT_GATE,
		.offset_high = entry >> 16,
	};
	asm volatile("lidt %0" :: "m"(pointer));

	out8(PIC, 0x11);
	out8(PIC_DATA, FIRST_VECTOR);
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
