/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a stretch of work of this thread costs.
 */
#ifndef VFMIG_METER_H
#define VFMIG_METER_H

#include <stdint.h>

/**
 * struct cost - of a stretch; while it lasts, what there was before it
 * @ns: of the wall
 * @user_us: CPU time of this thread
 * @sys_us: CPU time of this thread in the kernel
 * @busy_us: CPU time of the whole machine, in the clock ticks of /proc/stat:
 *	what others do on a thread's behalf is in it
 * @calls: system calls of this thread that were counted
 * @faults: page faults
 * @sleeps: how often this thread has slept until something came, a lock among
 *	it; spinning for one does not count
 * @preempted: how often it had to let another run
 */
struct cost {
	uint64_t ns;
	uint64_t user_us;
	uint64_t sys_us;
	uint64_t busy_us;
	uint64_t calls;
	uint64_t faults;
	uint64_t sleeps;
	uint64_t preempted;
};

extern __thread uint64_t calls_made;

/* Every system call of a stretch is made through this. */
#define CALL(call)	({ calls_made++; (call); })

uint64_t now_ns(void);
void meter_start(struct cost *cost);
void meter_stop(struct cost *cost);
void row_cost(const struct cost *cost);

#endif /* VFMIG_METER_H */
