/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_LOG2_H
#define VFMIG_SHIM_LOG2_H

#include <linux/types.h>

static inline unsigned int ilog2(u64 n)
{
	return 63 - __builtin_clzll(n);
}

/* The order of the power of two that is n or the next above. */
static inline unsigned int order_base_2(u64 n)
{
	return n > 1 ? ilog2(n - 1) + 1 : 0;
}

static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return 1UL << order_base_2(n);
}

#endif /* VFMIG_SHIM_LOG2_H */
