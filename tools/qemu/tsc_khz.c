// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the frequency of this machine's TSC, in kHz, for the command line of the
 * host VM's kernel. An emulated CPU has the machine's own TSC. The kernel would
 * measure it against an emulated PIT and HPET; where its CPU is taken away in the
 * middle it believes the PIT ("PIT calibration deviates from HPET: 70667 2299775"),
 * and its clock runs thirty times too fast from then on.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define NSEC_PER_SEC	1000000000ULL
#define APART_NSEC	(NSEC_PER_SEC / 10)
#define TRIES		1000

struct moment {
	uint64_t tsc, nsec, uncertain;
};

/* The closest that both clocks could be read together: so it is no matter when others run. */
static struct moment read_both(void)
{
	struct moment best = { .uncertain = UINT64_MAX };
	uint64_t before, after;
	struct timespec now;
	int i;

	for (i = 0; i < TRIES; i++) {
		before = __rdtsc();
		clock_gettime(CLOCK_MONOTONIC_RAW, &now);
		after = __rdtsc();
		if (after - before >= best.uncertain)
			continue;
		best.uncertain = after - before;
		best.tsc = before + best.uncertain / 2;
		best.nsec = now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
	}
	return best;
}

int main(void)
{
	const struct timespec apart = { .tv_nsec = APART_NSEC };
	struct moment first, last;

	first = read_both();
	nanosleep(&apart, NULL);
	last = read_both();
	printf("%.0f\n", (last.tsc - first.tsc) * 1e6 / (last.nsec - first.nsec));
	return 0;
}
