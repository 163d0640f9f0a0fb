/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP for programs that run anywhere: ok() a rule at a time, then tap_end(). */
#ifndef VFMIG_UNIT_TAP_H
#define VFMIG_UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

static int tap_passed, tap_failed;
static clock_t tap_last;

/* Since the test before. Of most there is nothing to say. */
static inline void tap_time(void)
{
	clock_t now = clock();

	if (now - tap_last >= CLOCKS_PER_SEC / 1000)
		printf("# time=%.3f s\n", (double)(now - tap_last) / CLOCKS_PER_SEC);
	tap_last = now;
}

__attribute__((format(printf, 2, 3)))
static inline void ok(bool good, const char *fmt, ...)
{
	va_list args;

	good ? tap_passed++ : tap_failed++;
	printf("%sok %d ", good ? "" : "not ", tap_passed + tap_failed);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	tap_time();
}

static inline int tap_end(void)
{
	printf("1..%d\n", tap_passed + tap_failed);
	printf("%d passed, %d failed, 0 skipped\n", tap_passed, tap_failed);
	return tap_failed ? 1 : 0;
}

#endif /* VFMIG_UNIT_TAP_H */
