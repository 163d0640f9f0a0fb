/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_DELAY_H
#define VFMIG_SHIM_DELAY_H

#include <linux/ktime.h>

static inline void fsleep(unsigned long us)
{
	shim_ns += us * 1000;
}

static inline void usleep_range(unsigned long us, unsigned long most)
{
	fsleep(us);
}

#endif /* VFMIG_SHIM_DELAY_H */
