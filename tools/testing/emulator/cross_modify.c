// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in the host VM: one CPU replaces a byte of code, by another mapping of the
 * page as Linux does, while the other CPU runs that code; then tells it, and it
 * has to run the new one ("Handling Self- and Cross-Modifying Code" in Intel's
 * manual). TAP.
 *
 *	cross_modify [--control]	with it, old code has to run
 */
#define _GNU_SOURCE	/* memfd_create(), cpus.h */
#include <cpuid.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpus.h"
#include "gap.h"

#define PAGE		4096
#define ROUNDS		3000
/* mov $0, %eax; ret: and where in it the byte is. */
#define RETURN_0	{ 0xb8, 0, 0, 0, 0, 0xc3 }
#define VALUE_AT	1
/* Another function of the same page. */
#define NEIGHBOUR_AT	2048

typedef int code_fn(void);

struct race {
	code_fn *code;
	bool has_neighbour;
	atomic_uint told;	/* the round whose code is there */
	atomic_uint done;	/* the round that the other CPU has run */
	unsigned int stale;	/* rounds in which it ran older code */
};

static void serialize(void)
{
	unsigned int a, b, c, d;

	__cpuid(0, a, b, c, d);
}

static int value_of(unsigned int round)
{
	return round & 0x7f;
}

static void *run_code(void *argument)
{
	code_fn *neighbour;
	struct race *race = argument;
	unsigned int round = 0;

	run_on(1);
	neighbour = (code_fn *)((char *)race->code + NEIGHBOUR_AT);
	while (round < ROUNDS) {
		if (race->has_neighbour)
			neighbour();
		race->code();
		if (atomic_load(&race->told) == round)
			continue;
		round++;
		serialize();
		if (race->code() != value_of(round))
			race->stale++;
		atomic_store(&race->done, round);
	}
	return NULL;
}

/* The first store after this is a slow one, as the TLB does not have the page. */
static void forget_mapping(void *page)
{
	if (madvise(page, PAGE, MADV_DONTNEED))
		fail("madvise");
}

static unsigned int run(struct race *race)
{
	static const uint8_t code[] = RETURN_0;
	int memory = memfd_create("code", 0);
	pthread_t other;
	unsigned int round;
	uint8_t *page;

	if (memory < 0 || ftruncate(memory, PAGE))
		fail("memfd_create");
	race->code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, memory, 0);
	page = mmap((void *)GAP_ADDRESS, PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED_NOREPLACE, memory, 0);
	if (race->code == MAP_FAILED || page == MAP_FAILED)
		fail("mmap");
	memcpy(page, code, sizeof(code));
	memcpy(page + NEIGHBOUR_AT, code, sizeof(code));

	run_on(0);
	if (pthread_create(&other, NULL, run_code, race))
		fail("pthread_create");
	for (round = 1; round <= ROUNDS; round++) {
		forget_mapping(page);
		page[VALUE_AT] = value_of(round);
		atomic_store(&race->told, round);
		while (atomic_load(&race->done) != round)
			;
	}
	pthread_join(other, NULL);
	munmap(page, PAGE);
	munmap(race->code, PAGE);
	close(memory);
	return race->stale;
}

int main(int argc, char **argv)
{
	static const char *const name[] = {
		"a page with nothing else in it", "a page with other code in it",
	};
	bool control = argc > 1 && !strcmp(argv[1], "--control");
	int i, failed = 0;

	printf("1..2\n");
	for (i = 0; i < 2; i++) {
		struct race race = { .has_neighbour = i };
		unsigned int stale = run(&race);
		bool good = control ? stale : !stale;

		failed += !good;
		printf("%s %d %s: %u of %u times old code ran\n", good ? "ok" : "not ok",
		       i + 1, name[i], stale, ROUNDS);
		fflush(stdout);
	}
	return failed;
}
