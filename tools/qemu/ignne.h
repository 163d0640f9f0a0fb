/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's cpu_clear_ignne(): which word it changes, and how it is replaced. */
#ifndef IGNNE_H
#define IGNNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "jump.h"

#define HF2_IGNNE	0x80u
/* Bytes of cpu_clear_ignne() in which it takes the bit away. */
#define CLEAR_CODE	64

/* Where a CPU has its hflags2: andl $~HF2_IGNNE, offset(%rax). */
static inline int32_t find_hflags2(const uint8_t *code)
{
	static const uint8_t and[] = { 0x81, 0xa0 };
	uint32_t mask;
	int32_t offset;
	size_t i;

	for (i = 0; i < CLEAR_CODE; i++) {
		if (memcmp(code + i, and, sizeof(and)))
			continue;
		memcpy(&offset, code + i + sizeof(and), sizeof(offset));
		memcpy(&mask, code + i + sizeof(and) + sizeof(offset), sizeof(mask));
		if (mask == ~HF2_IGNNE)
			return offset;
	}
	return 0;
}

/* In place of what is at @code. */
static inline bool jump(uint8_t *code, void (*to)(void))
{
	uint8_t jump[] = JUMP;
	size_t page = sysconf(_SC_PAGESIZE);
	uint8_t *first = (uint8_t *)((uintptr_t)code & -page);
	size_t length = code + sizeof(jump) - first;

	memcpy(jump + JUMP_TO, &to, sizeof(to));
	if (mprotect(first, length, PROT_READ | PROT_WRITE | PROT_EXEC))
		return false;
	memcpy(code, jump, sizeof(jump));
	return !mprotect(first, length, PROT_READ | PROT_EXEC);
}

/* Has somebody done that already? */
static inline bool is_jump(const uint8_t *code)
{
	static const uint8_t jump[] = JUMP;

	return !memcmp(code, jump, JUMP_TO);
}

#endif
