// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <unistd.h>

#include "asked.h"
#include "tap.h"

/* For what comes before and after it, on a slow machine. */
#define MARGIN_S	900

static uint64_t asked_for(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

uint64_t asked_seed(void)
{
	return asked_for("VFMIG_SEED", 1);
}

uint64_t part_of_time(unsigned int percent)
{
	return asked_for("VFMIG_SECONDS", 60) * 1000 * percent / 100;
}

void announce(const char *name, uint64_t ms)
{
	alarm(ms / 1000 + MARGIN_S);
	tap_note("%s: VFMIG_SEED=%llu, %llu ms", name,
		 (unsigned long long)asked_seed(), (unsigned long long)ms);
}
