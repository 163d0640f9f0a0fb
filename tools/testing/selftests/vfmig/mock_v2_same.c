// SPDX-License-Identifier: GPL-2.0-only
/*
 * One stream through both protocols, of states from the smallest to many
 * windows, and between windows of all sizes.
 */
#include <stdio.h>

#include "fixture.h"
#include "v2.h"
#include "ways.h"

void before_open(void)
{
	need_mock(vf_first());
	mock_setn(vf_first(), "no_crc", 0);
}

static void open_with(struct vf *vf, const char *bdf, const char *window)
{
	vf_close(vf);
	param_set("vfmig", "window", window);
	vf_open(vf, bdf);
}

static void all_ways(uint64_t size, uint64_t record)
{
	mock_setn(vf.bdf, "size", size);
	mock_setn(vf.bdf, "record", record);
	mock_setn(other.bdf, "record", record);
	ASSERT_EQ(vf_reset(&vf), 0);
	for (size_t out = 0; out < nr_ways; out++) {
		for (size_t in = 0; in < nr_ways; in++) {
			char what[64];

			snprintf(what, sizeof(what), "%llu bytes, %s to %s",
				 (unsigned long long)size, ways[out].name,
				 ways[in].name);
			move_and_compare(&vf, &other, &ways[out], &ways[in],
					 what);
		}
	}
}

TEST(small, "small states, all four ways, the window of one side larger than that of the other")
{
	static const uint64_t sizes[] = { 8, 64, 4088, 4096, 70000 };

	open_with(&vf, vf_first(), "4096");
	open_with(&other, vf_second(), "65536");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		all_ways(sizes[i], 1000);
}

TEST(large, "a state of many windows, all four ways, from a small window to a large one and back")
{
	open_with(&vf, vf_first(), "65536");
	open_with(&other, vf_second(), "1048576");
	all_ways(4 << 20, 30000);
}

static void compare(const char *window, uint64_t size, uint64_t record)
{
	struct bytes by_v1 = {}, by_v2 = {};

	mock_setn(vf_first(), "size", size);
	mock_setn(vf_first(), "record", record);
	open_with(&vf, vf_first(), window);
	ways[0].stop(&vf);
	ways[0].save(&vf, &by_v1);
	ways[0].run(&vf);
	ways[1].stop(&vf);
	ways[1].save(&vf, &by_v2);
	ways[1].run(&vf);
	bytes_expect_same(&by_v2, &by_v1, window);
	EXPECT_GT(by_v1.len, size);
	bytes_free(&by_v1);
	bytes_free(&by_v2);
}

TEST(compared, "the same bytes, whatever size the state, its records and the window have")
{
	static const uint64_t sizes[] = { 8, 4096, 65544, 1 << 20 };
	static const uint64_t records[] = { 504, 4096, 50000 };
	static const char * const windows[] = { "4096", "12288", "1048576" };

	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
		for (size_t r = 0; r < ARRAY_SIZE(records); r++)
			for (size_t w = 0; w < ARRAY_SIZE(windows); w++)
				compare(windows[w], sizes[s], records[r]);
}

TEST(odd_records, "records nobody knows, and bulk ones without a CRC, go through both alike")
{
	static const char * const knobs[] = {
		"extra_optional", "no_crc", "overstate",
	};

	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		mock_setn(vf_first(), knobs[i], 1);
		compare("4096", 65536, 4096);
		mock_setn(vf_first(), knobs[i], 0);
	}
}

static void pre_copy_by_v1(struct bytes *to)
{
	ASSERT_EQ(vf_reset(&vf), 0);
	vf_go(&vf, STATE_PRE_COPY);
	save_phase(&vf, to, TRAPPED_WHOLE);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, to, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RUNNING);
}

static void pre_copy_by_v2(struct bytes *to)
{
	int fd;

	ASSERT_EQ(vf_reset(&vf), 0);
	fd = v2_begin(&vf, V2_PRE_COPY);
	ASSERT_EQ(v2_drain(fd, to, 5003), -ENOMSG);
	v2_go(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_drain(fd, to, 5003), 0);
	v2_go(&vf, V2_RUNNING);
	v2_close(fd);
}

TEST(pre_copied, "v1 and v2 say the same bytes with pre-copy, round by round")
{
	static const unsigned int rounds[] = { 0, 1, 2, 7 };

	v2_need_pre_copy(&vf);
	mock_setn(vf.bdf, "size", 1 << 20);
	open_with(&vf, vf_first(), "65536");
	for (size_t i = 0; i < ARRAY_SIZE(rounds); i++) {
		struct bytes by_v1 = {}, by_v2 = {};

		mock_setn(vf.bdf, "rounds", rounds[i]);
		pre_copy_by_v1(&by_v1);
		pre_copy_by_v2(&by_v2);
		bytes_expect_same(&by_v2, &by_v1, "with pre-copy");

		/* And across: each is taken by the other. */
		ASSERT_EQ(vf_reset(&vf), 0);
		ways[0].load(&vf, &by_v2);
		ways[0].run(&vf);
		ASSERT_EQ(vf_reset(&vf), 0);
		ways[1].load(&vf, &by_v1);
		ways[1].run(&vf);
		bytes_free(&by_v1);
		bytes_free(&by_v2);
	}
}
