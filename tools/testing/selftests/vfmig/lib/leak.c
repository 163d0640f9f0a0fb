// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "leak.h"

#define LINE		64
/* One address in a line is chance where bytes are random; three never are. */
#define ADDRESSES	3

/* What the kernel fills freed, and not yet used, memory with. */
#define POISON_FREE	0x6b6b6b6b6b6b6b6bULL
#define POISON_INUSE	0x5a5a5a5a5a5a5a5aULL

static bool is_address(uint64_t word)
{
	return word >> 47 == 0x1ffff && word < 0xfffffffffffff000ULL;
}

const void *find_kernel_memory(const void *from, size_t len)
{
	const uint8_t *line = from;
	unsigned int addresses;
	uint64_t word;
	size_t i;

	for (; len >= LINE; line += LINE, len -= LINE) {
		addresses = 0;
		for (i = 0; i < LINE; i += sizeof(word)) {
			memcpy(&word, line + i, sizeof(word));
			if (word == POISON_FREE || word == POISON_INUSE)
				return line + i;
			addresses += is_address(word);
		}
		if (addresses >= ADDRESSES)
			return line;
	}
	return NULL;
}
