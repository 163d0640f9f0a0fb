// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "meter.h"

__thread uint64_t calls_made;

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* user, nice, system, idle, iowait, irq, softirq. */
static uint64_t machine_busy_us(void)
{
	unsigned long long in[7] = {};
	char text[512];
	ssize_t n;
	int found;
	int fd = open("/proc/stat", O_RDONLY);

	ASSERT_GT(fd, -1);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	ASSERT_GT(n, 0);
	text[n] = '\0';
	found = sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu", &in[0],
		       &in[1], &in[2], &in[3], &in[4], &in[5], &in[6]);
	ASSERT_EQ(found, 7);
	return (in[0] + in[1] + in[2] + in[5] + in[6]) * 1000000 /
	       sysconf(_SC_CLK_TCK);
}

static uint64_t us(const struct timeval *time)
{
	return time->tv_sec * 1000000ULL + time->tv_usec;
}

static void usage_now(struct cost *cost)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	cost->user_us = us(&usage.ru_utime);
	cost->sys_us = us(&usage.ru_stime);
	cost->faults = usage.ru_minflt + usage.ru_majflt;
	cost->sleeps = usage.ru_nvcsw;
	cost->preempted = usage.ru_nivcsw;
	cost->calls = calls_made;
}

void meter_start(struct cost *cost)
{
	cost->busy_us = machine_busy_us();
	usage_now(cost);
	cost->ns = now_ns();
}

void meter_stop(struct cost *cost)
{
	uint64_t end = now_ns();
	struct cost after;

	usage_now(&after);
	cost->ns = end - cost->ns;
	cost->user_us = after.user_us - cost->user_us;
	cost->sys_us = after.sys_us - cost->sys_us;
	cost->faults = after.faults - cost->faults;
	cost->sleeps = after.sleeps - cost->sleeps;
	cost->preempted = after.preempted - cost->preempted;
	cost->calls = after.calls - cost->calls;
	cost->busy_us = machine_busy_us() - cost->busy_us;
}

void row_cost(const struct cost *cost)
{
	row_number("ns", cost->ns);
	row_number("user_us", cost->user_us);
	row_number("sys_us", cost->sys_us);
	row_number("busy_us", cost->busy_us);
	row_number("calls", cost->calls);
	row_number("faults", cost->faults);
	row_number("sleeps", cost->sleeps);
	row_number("preempted", cost->preempted);
}
