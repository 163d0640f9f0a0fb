// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "random.h"

#define STEP	0x9e3779b97f4a7c15ULL

static uint64_t stir(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

struct random random_of(uint64_t seed, uint64_t who, uint64_t which)
{
	uint64_t state = stir(seed + STEP);

	state = stir(state ^ (who + 1) * STEP);
	return (struct random){ stir(state ^ (which + 1) * STEP) };
}

uint64_t random_next(struct random *random)
{
	random->state += STEP;
	return stir(random->state);
}

uint64_t random_below(struct random *random, uint64_t limit)
{
	return random_next(random) % limit;
}

bool random_one_in(struct random *random, unsigned int n)
{
	return !random_below(random, n);
}

void random_fill(struct random *random, void *to, size_t len)
{
	uint8_t *p = to;
	uint64_t word;
	size_t n;

	for (; len; len -= n, p += n) {
		word = random_next(random);
		n = len < sizeof(word) ? len : sizeof(word);
		memcpy(p, &word, n);
	}
}
