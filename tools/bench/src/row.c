// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "bench.h"

void row_begin(const char *figure)
{
	printf("{\"figure\": \"%s\"", figure);
}

/* For names of our own: nothing is escaped. */
void row_text(const char *name, const char *value)
{
	printf(", \"%s\": \"%s\"", name, value);
}

void row_number(const char *name, uint64_t value)
{
	printf(", \"%s\": %llu", name, (unsigned long long)value);
}

void row_numbers(const char *name, const uint32_t *values, size_t nr)
{
	size_t i;

	printf(", \"%s\": [", name);
	for (i = 0; i < nr; i++)
		printf("%s%u", i ? "," : "", values[i]);
	printf("]");
}

void row_end(void)
{
	printf("}\n");
	fflush(stdout);
}
