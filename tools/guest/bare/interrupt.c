// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of interrupts. It has an entry for every vector: an interrupt
 * without one is a triple fault, which resets the guest, and a guest that has
 * begun anew looks like one whose memory was lost on the way.
 */
#include "bare.h"

#define CODE_SEGMENT	8
#define INTERRUPT_GATE	0x8e00
#define VECTORS		256
#define EXCEPTIONS	32

struct gate {
	uint16_t offset;
	uint16_t segment;
	uint16_t flags;
	uint16_t offset_high;
};

static struct gate idt[VECTORS];

static void set_gate(unsigned int vector, const char *entry)
{
	uint32_t offset = (uint32_t)entry;

	idt[vector] = (struct gate) {
		.offset = offset,
		.segment = CODE_SEGMENT,
		.flags = INTERRUPT_GATE,
		.offset_high = offset >> 16,
	};
}

void interrupt_init(void)
{
	const struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) pointer = { sizeof(idt) - 1, (uint32_t)idt };

	for (unsigned int i = 0; i < VECTORS; i++)
		set_gate(i, interrupt_entries + i * INTERRUPT_ENTRY_SIZE);
	set_gate(TICK_VECTOR, tick_entry);
	asm volatile("lidt %0" :: "m"(pointer));
}

/*
 * A PIC or APIC may raise its spurious vector whatever is masked, and wants no
 * end of interrupt for it. An exception is an error, of the guest or of what it
 * runs on: nothing that it says later could be trusted.
 */
void interrupt_unexpected(uint32_t vector)
{
	if (vector >= EXCEPTIONS) {
		counts.spurious++;
		serial_complain_number("bare guest: spurious interrupt ", vector);
		return;
	}
	serial_complain_number("bare guest: exception ", vector);
	for (;;)
		asm volatile("cli; hlt");
}
