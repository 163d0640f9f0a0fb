/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IGB_KTIME_H
#define IGB_KTIME_H

/* In the place of the tests' clock: what is waited for here is a device. */
#include <time.h>
#include <linux/types.h>

typedef s64 ktime_t;

static inline ktime_t ktime_get(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

#endif /* IGB_KTIME_H */
