/* SPDX-License-Identifier: GPL-2.0-only */
/* How long the gap of a fault is held open. */
#ifndef LINGER_H
#define LINGER_H

#include <time.h>

/*
 * Each length up to @longest_ns in turn. By sleeping: where the other CPU's thread has
 * no CPU of this machine for itself, it gets this one's.
 */
static inline void linger(long step_ns, long longest_ns)
{
	static __thread struct timespec gap;

	gap.tv_nsec = (gap.tv_nsec + step_ns) % longest_ns;
	nanosleep(&gap, NULL);
}

#endif
