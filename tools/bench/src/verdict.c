// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the selftests' library calls where something is not as it has to be.
 * A bench has no verdicts: it ends there.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

void tap_fail(bool fatal, const char *file, int line, const char *what,
	      long long got, long long want, const char *fmt, ...)
{
	va_list args;

	(void)fatal;
	fprintf(stderr, "%s:%d: %s: got %lld, want %lld", file, line, what, got,
		want);
	if (fmt[2]) {
		va_start(args, fmt);
		vfprintf(stderr, fmt, args);
		va_end(args);
	}
	fprintf(stderr, "\n");
	exit(EXIT_FAILURE);
}

void tap_compare(const char *file, int line, const char *what, const char *got,
		 const char *want)
{
	if (strcmp(got, want))
		tap_fail(true, file, line, what, 0, 0, ", %s", got);
}

void tap_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(EXIT_FAILURE);
}

void tap_note(const char *fmt, ...)
{
	va_list args;

	fputs("# ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}
