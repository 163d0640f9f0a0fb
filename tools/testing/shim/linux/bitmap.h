/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_BITMAP_H
#define VFMIG_SHIM_BITMAP_H

#include <string.h>
#include <linux/slab.h>
#include <linux/types.h>

static inline unsigned long *bitmap_zalloc(unsigned long bits, unsigned int gfp)
{
	return kvcalloc((bits + 63) / 64, 8, gfp);
}

static inline void bitmap_free(unsigned long *map)
{
	free(map);
}

static inline void __set_bit(unsigned long nr, unsigned long *map)
{
	map[nr / 64] |= 1UL << nr % 64;
}

static inline void __clear_bit(unsigned long nr, unsigned long *map)
{
	map[nr / 64] &= ~(1UL << nr % 64);
}

static inline bool test_bit(unsigned long nr, const unsigned long *map)
{
	return map[nr / 64] >> nr % 64 & 1;
}

static inline bool __test_and_set_bit(unsigned long nr, unsigned long *map)
{
	bool was = test_bit(nr, map);

	__set_bit(nr, map);
	return was;
}

static inline void bitmap_set(unsigned long *map, unsigned long start,
			      unsigned long nr)
{
	for (; nr; nr--, start++)
		__set_bit(start, map);
}

static inline void bitmap_zero(unsigned long *map, unsigned long bits)
{
	memset(map, 0, (bits + 63) / 64 * 8);
}

static inline unsigned long find_next_bit(const unsigned long *map,
					  unsigned long bits,
					  unsigned long start)
{
	while (start < bits && !test_bit(start, map))
		start += map[start / 64] ? 1 : 64 - start % 64;
	return start < bits ? start : bits;
}

static inline unsigned long find_first_bit(const unsigned long *map,
					   unsigned long bits)
{
	return find_next_bit(map, bits, 0);
}

static inline bool bitmap_full(const unsigned long *map, unsigned long bits)
{
	unsigned long i;

	for (i = 0; i < bits; i++)
		if (!test_bit(i, map))
			return false;
	return true;
}

#endif /* VFMIG_SHIM_BITMAP_H */
