/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_ETHERDEVICE_H
#define VFMIG_SHIM_ETHERDEVICE_H

#include <string.h>
#include <linux/types.h>

#define ETH_ALEN	6

static inline bool is_valid_ether_addr(const u8 *mac)
{
	static const u8 zero[ETH_ALEN];

	return !(mac[0] & 1) && memcmp(mac, zero, ETH_ALEN);
}

static inline void eth_zero_addr(u8 *mac)
{
	memset(mac, 0, ETH_ALEN);
}

static inline bool ether_addr_equal_unaligned(const u8 *a, const u8 *b)
{
	return !memcmp(a, b, ETH_ALEN);
}

#endif /* VFMIG_SHIM_ETHERDEVICE_H */
