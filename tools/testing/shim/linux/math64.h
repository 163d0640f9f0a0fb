/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_MATH64_H
#define VFMIG_SHIM_MATH64_H

#include <linux/types.h>

#define DIV_ROUND_UP_ULL(n, d)	(((u64)(n) + (d) - 1) / (d))
#define round_down(x, y)	((x) & ~((typeof(x))(y) - 1))

static inline u64 div_u64(u64 n, u32 d)
{
	return n / d;
}

static inline u64 div64_u64(u64 n, u64 d)
{
	return n / d;
}

#endif /* VFMIG_SHIM_MATH64_H */
