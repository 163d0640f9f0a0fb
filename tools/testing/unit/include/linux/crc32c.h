/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's crc32c(), bit by bit: slow, and plainly the polynomial. */
#ifndef VFMIG_UNIT_CRC32C_H
#define VFMIG_UNIT_CRC32C_H

#include <linux/types.h>

static inline u32 crc32c(u32 crc, const void *buf, unsigned int len)
{
	const u8 *p = buf;
	int bit;

	while (len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return crc;
}

#endif /* VFMIG_UNIT_CRC32C_H */
