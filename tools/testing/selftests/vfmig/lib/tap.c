// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE	/* program_invocation_short_name */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "last_words.h"
#include "tap.h"

#define TAP_SKIP_EXIT	4
#define TAP_MAX_TESTS	64
/* Nobody waits for a device longer than this. Slow tests say so: VFMIG_SLOW. */
#define TAP_TIMEOUT_S	300
#define TAP_SLOW_S	1200

enum { TAP_LEAVE = 1, TAP_LEAVE_SKIPPED };

static struct tap_test {
	const char *name;
	const char *rule;
	void (*run)(void);
} tests[TAP_MAX_TESTS];

static unsigned int nr_tests;
static unsigned int current;
static unsigned int failures;
static bool in_teardown;
static char reason[160];
static sigjmp_buf leave;

void tap_add(const char *name, const char *rule, void (*run)(void))
{
	if (nr_tests == TAP_MAX_TESTS)
		abort();
	tests[nr_tests++] = (struct tap_test){ name, rule, run };
}

void tap_fail(bool fatal, const char *file, int line, const char *what,
	      long long got, long long want, const char *fmt, ...)
{
	va_list args;

	failures++;
	printf("# %s:%d: %s: got %lld (%#llx), want %lld (%#llx)", file, line,
	       what, got, (unsigned long long)got, want,
	       (unsigned long long)want);
	/* The macros put ", " before whatever context there is. */
	if (fmt[2]) {
		va_start(args, fmt);
		vprintf(fmt, args);
		va_end(args);
	}
	printf("\n");
	if (fatal && !in_teardown)
		siglongjmp(leave, TAP_LEAVE);
}

void tap_compare(const char *file, int line, const char *what,
		 const char *got, const char *want)
{
	if (!strcmp(got, want))
		return;
	failures++;
	printf("# %s:%d: %s\n#   got:  %s\n#   want: %s\n", file, line, what,
	       got, want);
}

void tap_note(const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

void tap_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	siglongjmp(leave, TAP_LEAVE_SKIPPED);
}

/* A complaint of the kernel can so be told to belong to a test. */
static void tell_kernel(const struct tap_test *test)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char line[128];
	int len;

	if (fd < 0)
		return;
	len = snprintf(line, sizeof(line), "<6>selftest: %s.%s\n",
		       program_invocation_short_name, test->name);
	if (write(fd, line, len) != len)
		tap_note("the kernel could not be told of %s", test->name);
	close(fd);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static bool run_one(const struct tap_test *test)
{
	static char if_it_ends_here[512];
	double began = now();
	int left;

	snprintf(if_it_ends_here, sizeof(if_it_ends_here), "not ok %u - %s: %s",
		 current + 1, test->name, test->rule);
	last_words_verdict(if_it_ends_here);
	tap_note("begins %s", test->name);
	tell_kernel(test);
	failures = 0;
	in_teardown = false;
	alarm(getenv("VFMIG_SLOW") ? TAP_SLOW_S : TAP_TIMEOUT_S);
	left = sigsetjmp(leave, 1);
	if (!left) {
		test_setup();
		test->run();
	}
	in_teardown = true;
	test_teardown();
	alarm(0);

	printf("%s %u - %s: %s", failures ? "not ok" : "ok", current + 1,
	       test->name, test->rule);
	if (left == TAP_LEAVE_SKIPPED && !failures)
		printf(" # SKIP %s", reason);
	printf("\n");
	tap_note("time=%.3f s", now() - began);
	return left == TAP_LEAVE_SKIPPED && !failures;
}

/* VFMIG_TESTS names the tests to run, and leaves out the others. */
static void choose(void)
{
	const char *names = getenv("VFMIG_TESTS");
	unsigned int i, kept = 0;

	if (!names)
		return;
	for (i = 0; i < nr_tests; i++) {
		size_t len = strlen(tests[i].name);
		const char *at = names;

		while ((at = strstr(at, tests[i].name)) &&
		       ((at != names && at[-1] != ' ') ||
			(at[len] && at[len] != ' ')))
			at += len;
		if (at)
			tests[kept++] = tests[i];
	}
	nr_tests = kept;
}

int main(int argc, char **argv)
{
	unsigned int failed = 0;
	unsigned int skipped = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	choose();
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (current = 0; current < nr_tests; current++)
			printf("%s\t%s\n", tests[current].name,
			       tests[current].rule);
		return EXIT_SUCCESS;
	}
	if (argc > 1)
		setenv("VFMIG_DEV", argv[1], 1);
	if (argc > 2)
		setenv("VFMIG_DEV2", argv[2], 1);

	printf("TAP version 13\n");
	if (!getenv("VFMIG_DEV")) {
		printf("1..0 # SKIP no device: give its address, or VFMIG_DEV\n");
		return TAP_SKIP_EXIT;
	}
	last_words_prepare();
	printf("1..%u\n", nr_tests);
	for (current = 0; current < nr_tests; current++) {
		if (run_one(&tests[current]))
			skipped++;
		else if (failures)
			failed++;
	}
	if (failed)
		return EXIT_FAILURE;
	return skipped == nr_tests ? TAP_SKIP_EXIT : EXIT_SUCCESS;
}
