/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest without a system: it owns the VF, sends back each frame it is sent,
 * and holds the VF's counters against its own. It is there in a second and has
 * a few MB of RAM, so it can be migrated many times.
 */
#ifndef BARE_H
#define BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

static inline void out8(uint16_t port, uint8_t val)
{
	asm volatile("outb %0, %1" :: "a"(val), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t val;

	asm volatile("inb %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

static inline void out32(uint16_t port, uint32_t val)
{
	asm volatile("outl %0, %1" :: "a"(val), "Nd"(port));
}

static inline uint32_t in32(uint16_t port)
{
	uint32_t val;

	asm volatile("inl %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

/**
 * struct counts - what the guest knows of its VF
 * @received: frames taken from the ring
 * @sent: frames given to the ring
 * @backwards: how often a counter of the VF was less than before
 * @wrong: how often one was not what the guest had counted itself
 * @first: the first of these, zero while there is none: which register, what it
 *	was before and after the ring was emptied, and the guest's own count then
 * @spurious: interrupts that nobody had enabled
 */
struct counts {
	uint32_t received;
	uint32_t sent;
	uint32_t backwards;
	uint32_t wrong;
	uint32_t spurious;
	struct {
		uint32_t reg;
		uint32_t before;
		uint32_t own;
		uint32_t after;
	} first;
};

extern struct counts counts;

/* start.S: the interrupts. */
#define TICK_VECTOR		0x20
#define INTERRUPT_ENTRY_SIZE	16
extern const char tick_entry[];
extern const char interrupt_entries[];

/* interrupt.c: the tick's, and what to do about all others. */
void interrupt_init(void);
void interrupt_unexpected(uint32_t vector);

/* tick.c: sleeps until something may have happened. */
void tick_init(void);
void tick_wait(void);

/* serial.c: one port to complain, one to be asked. */
void serial_init(void);
void serial_complain(const char *what);
void serial_complain_number(const char *what, uint32_t number);
void serial_ready(void);
void serial_answer(void);

/* vf.c: the function; returns why it cannot be had, or NULL. */
const char *vf_init(void);
bool vf_echo(void);
void vf_check_counters(void);

#endif /* BARE_H */
