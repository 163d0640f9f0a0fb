// SPDX-License-Identifier: GPL-2.0-only
/*
 * A chunk that is staged is read to its end: the first touch of its mapping
 * maps all of it, and not one page after the other.
 */
#include <pthread.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fixture.h"

#define MIB	0x100000ULL

/* A program faults here and there by itself. */
#define OTHER_FAULTS	8

#define THREADS		4

void before_open(void)
{
	need_mock(vf_first());
	mock_setn(vf_first(), "record", 256 << 10);
	mock_setn(vf_first(), "no_crc", 1);
	mock_setn(vf_first(), "size", 4 * MIB);
}

static long faults(void)
{
	struct rusage usage;

	ASSERT_EQ(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_minflt;
}

static uint8_t touch_all(const uint8_t *at, uint64_t len)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	uint8_t sum = 0;

	for (uint64_t pos = 0; pos < len; pos += page)
		sum += __atomic_load_n(&at[pos], __ATOMIC_RELAXED);
	return sum;
}

/* Returns how many bytes. */
static uint64_t stage(void)
{
	vf_data_offset(&vf);
	return vf_data_size(&vf);
}

TEST(staged, "a chunk that was staged is mapped with its first page")
{
	uint64_t len;
	long before;

	vf_map(&vf);
	vf_go(&vf, STATE_STOP_COPY);
	len = stage();
	ASSERT_GT(len, vf.area_len / 2);
	before = faults();
	touch_all(vf.map, len);
	EXPECT_LE(faults() - before, OTHER_FAULTS);
}

TEST(from_within, "wherever the first touch is, what is behind it is mapped too")
{
	uint64_t len;
	long before;

	vf_map(&vf);
	vf_go(&vf, STATE_STOP_COPY);
	len = stage();
	touch_all(vf.map + len / 2, 1);
	before = faults();
	touch_all(vf.map + len / 2, len / 2);
	EXPECT_LE(faults() - before, OTHER_FAULTS);
}

TEST(not_made, "a touch makes no page but its own")
{
	vf_map(&vf);
	touch_all(vf.map, 1);
	EXPECT_EQ(core_number(vf.bdf, "window", "used"),
		  sysconf(_SC_PAGESIZE));
}

static void *touch_it(void *len)
{
	return (void *)(uintptr_t)touch_all(vf.map, *(uint64_t *)len);
}

TEST(threads, "threads that touch the same pages at once find the same bytes")
{
	pthread_t thread[THREADS];
	void *sum[THREADS];
	uint64_t len;
	unsigned int i;

	vf_map(&vf);
	vf_go(&vf, STATE_STOP_COPY);
	len = stage();
	for (unsigned int round = 0; round < 20; round++) {
		for (i = 0; i < THREADS; i++)
			ASSERT_EQ(pthread_create(&thread[i], NULL, touch_it,
						 &len), 0);
		for (i = 0; i < THREADS; i++)
			pthread_join(thread[i], &sum[i]);
		for (i = 1; i < THREADS; i++)
			EXPECT_EQ(sum[i], sum[0], "round %u", round);
		vf_unmap(&vf);
		vf_map(&vf);
	}
}
