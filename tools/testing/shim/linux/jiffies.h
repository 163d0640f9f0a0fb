/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_JIFFIES_H
#define VFMIG_SHIM_JIFFIES_H

#include <linux/ktime.h>

/* A thousand a second. */
#define jiffies			((unsigned long)(ktime_get() / 1000000))
#define msecs_to_jiffies(ms)	(ms)
#define time_after(a, b)	((long)((b) - (a)) < 0)
#define time_before(a, b)	time_after(b, a)

#endif /* VFMIG_SHIM_JIFFIES_H */
