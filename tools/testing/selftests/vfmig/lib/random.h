/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers that a run can be repeated with.
 */
#ifndef VFMIG_RANDOM_H
#define VFMIG_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

/* Another sequence for each @who and @which of a seed. */
struct random random_of(uint64_t seed, uint64_t who, uint64_t which);

uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t limit);
bool random_one_in(struct random *random, unsigned int n);
void random_fill(struct random *random, void *to, size_t len);

#define RANDOM_OF(random, array)					\
	((array)[random_below(random, sizeof(array) / sizeof((array)[0]))])

#endif /* VFMIG_RANDOM_H */
