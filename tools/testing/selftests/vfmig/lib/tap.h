/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test program in TAP: one line a test, diagnostics with file, line and both
 * operands.
 *
 *	TEST(name, "the rule of the specification that it holds up")
 *	{
 *		ASSERT_EQ(vf_state(&vf), STATE_RUNNING);
 *	}
 *
 * EXPECT_* notes a failure and goes on, ASSERT_* leaves the test. Both take a
 * format and arguments that say where a loop was.
 */
#ifndef VFMIG_TAP_H
#define VFMIG_TAP_H

#include <stdbool.h>
#include <stddef.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define TEST(fn, rule)							\
	static void fn(void);						\
	static void __attribute__((constructor)) fn##_add(void)		\
	{								\
		tap_add(#fn, rule, fn);					\
	}								\
	static void fn(void)

#define COMPARE(fatal, got, op, want, ...)				\
	do {								\
		long long got_ = (long long)(got);			\
		long long want_ = (long long)(want);			\
									\
		if (!(got_ op want_))					\
			tap_fail(fatal, __FILE__, __LINE__,		\
				 #got " " #op " " #want, got_, want_,	\
				 ", " __VA_ARGS__);			\
	} while (0)

#define EXPECT_EQ(got, want, ...) COMPARE(false, got, ==, want, __VA_ARGS__)
#define EXPECT_NE(got, want, ...) COMPARE(false, got, !=, want, __VA_ARGS__)
#define EXPECT_GT(got, want, ...) COMPARE(false, got, >, want, __VA_ARGS__)
#define EXPECT_LE(got, want, ...) COMPARE(false, got, <=, want, __VA_ARGS__)
#define ASSERT_EQ(got, want, ...) COMPARE(true, got, ==, want, __VA_ARGS__)
#define ASSERT_NE(got, want, ...) COMPARE(true, got, !=, want, __VA_ARGS__)
#define ASSERT_GT(got, want, ...) COMPARE(true, got, >, want, __VA_ARGS__)
#define ASSERT_LE(got, want, ...) COMPARE(true, got, <=, want, __VA_ARGS__)

#define EXPECT_STREQ(got, want)						\
	tap_compare(__FILE__, __LINE__, #got, got, want)

#define SKIP(...) tap_skip(__VA_ARGS__)

void tap_add(const char *name, const char *rule, void (*run)(void));
void tap_fail(bool fatal, const char *file, int line, const char *what,
	      long long got, long long want, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
void tap_compare(const char *file, int line, const char *what,
		 const char *got, const char *want);
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void tap_skip(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* Run before and after each test; see fixture.c. */
void test_setup(void);
void test_teardown(void);

#endif /* VFMIG_TAP_H */
