/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's crc32c(), four bits at a time. */
#ifndef VFMIG_SHIM_CRC32C_H
#define VFMIG_SHIM_CRC32C_H

#include <linux/types.h>

static inline u32 crc32c(u32 crc, const void *buf, unsigned int len)
{
	static const u32 of_nibble[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	const u8 *p = buf;

	while (len--) {
		crc ^= *p++;
		crc = crc >> 4 ^ of_nibble[crc & 15];
		crc = crc >> 4 ^ of_nibble[crc & 15];
	}
	return crc;
}

#endif /* VFMIG_SHIM_CRC32C_H */
