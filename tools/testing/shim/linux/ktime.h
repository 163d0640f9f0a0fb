/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_KTIME_H
#define VFMIG_SHIM_KTIME_H

#include <linux/types.h>

typedef s64 ktime_t;

/* Time passes by looking at the clock, and by delays. */
extern s64 shim_ns;

static inline ktime_t ktime_get(void)
{
	return ++shim_ns;
}

#define ktime_sub(a, b)		((a) - (b))
#define ktime_to_ns(t)		(t)
#define ktime_add_us(t, us)	((t) + (s64)(us) * 1000)
#define ktime_us_delta(a, b)	(((a) - (b)) / 1000)
#define USEC_PER_MSEC		1000L

#endif /* VFMIG_SHIM_KTIME_H */
