/* SPDX-License-Identifier: GPL-2.0-only */
/* Where QEMU's stores call mmu_lookup(), which has no name outside of it. */
#ifndef CALL_H
#define CALL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* x86's call rel32. */
#define CALL		0xe8
#define CALL_SIZE	5
/* Bytes of helper_stb_mmu() in which it is: the first that it calls. */
#define STORE_HEAD	128

static inline uint8_t *find_lookup_call(uint8_t *store)
{
	return memchr(store, CALL, STORE_HEAD);
}

static inline uint8_t *call_target(uint8_t *call)
{
	int32_t distance;

	memcpy(&distance, call + 1, sizeof(distance));
	return call + CALL_SIZE + distance;
}

#endif
