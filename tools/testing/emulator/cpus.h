/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests that need a thread on either CPU have in common; wants _GNU_SOURCE. */
#ifndef CPUS_H
#define CPUS_H

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

static inline void fail(const char *what)
{
	perror(what);
	exit(1);
}

static inline void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("sched_setaffinity");
}

#endif
