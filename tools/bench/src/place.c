// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/mman.h>

#include "bench.h"
#include "place.h"

#define SPAN	(64 * KIB)
#define PAGE	(4 * KIB)

/* An address of @len unused bytes, with @spot as its rest; to be mapped over. */
static uint8_t *reserve(size_t len, enum spot spot)
{
	size_t pages = (len + PAGE - 1) / PAGE * PAGE;
	uint8_t *all = mmap(NULL, pages + SPAN, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;

	ASSERT_NE((void *)all, MAP_FAILED);
	before = (spot - (uintptr_t)all) % SPAN;
	if (before)
		ASSERT_EQ(munmap(all, before), 0);
	ASSERT_EQ(munmap(all + before + pages, SPAN - before), 0);
	return all + before;
}

uint8_t *memory_at(size_t len, enum spot spot)
{
	uint8_t *at = mmap(reserve(len, spot), len, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE |
			   MAP_FIXED, -1, 0);

	ASSERT_NE((void *)at, MAP_FAILED);
	return at;
}

uint8_t *move_to(uint8_t *at, size_t len, enum spot spot)
{
	uint8_t *to = mremap(at, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
			     reserve(len, spot));

	ASSERT_NE((void *)to, MAP_FAILED);
	return to;
}

void copy(void *to, const void *from, size_t len)
{
	size_t n;

	for (; len; len -= n) {
		n = len < PIECE ? len : PIECE;
		memcpy(to, from, n);
		to = (uint8_t *)to + n;
		from = (const uint8_t *)from + n;
	}
}
