// SPDX-License-Identifier: GPL-2.0-only
/*
 * One state, one stream: what was loaded is what is saved, by either protocol and
 * from each to the other. Where the device is the mock, of states from the
 * smallest to many windows.
 */
#include <stdio.h>

#include "fixture.h"
#include "v2.h"
#include "ways.h"

static struct bytes first, again;

void before_open(void)
{
	bytes_free(&first);
	bytes_free(&again);
	if (is_mock(vf_first()))
		mock_setn(vf_first(), "no_crc", 0);
}

static void open_with(struct vf *vf, const char *bdf, const char *window)
{
	vf_close(vf);
	param_set("vfmig", "window", window);
	vf_open(vf, bdf);
}

static void load_elsewhere(const struct protocol *by)
{
	way_save(by, &vf, &first);
	change_device();
	way_load(by, &vf, &first);
}

TEST_EACH(load_then_save, "RESUMING to STOP-COPY: a stream loaded and saved at once is the same")
{
	load_elsewhere(by);
	way_stop_copy(by, &vf, &again);
	bytes_expect_same(&again, &first, by->name);
}

TEST_EACH(over_stop, "the same by way of STOP")
{
	load_elsewhere(by);
	way_go(by, &vf, TO_STOP);
	way_stop_copy(by, &vf, &again);
	bytes_expect_same(&again, &first, by->name);
}

TEST_EACH(chained, "ten times from one device to the other and back nothing is lost or added")
{
	const char *there = vf_second();

	if (is_mock(there))
		mock_setn(there, "seed", 7);
	vf_open(&other, there);
	way_stop_copy(by, &vf, &first);
	way_go(by, &vf, TO_STOP);
	bytes_add(&again, first.at, first.len);
	for (int i = 0; i < 10; i++) {
		struct vf *to = i % 2 ? &vf : &other;

		way_load(by, to, &again);
		bytes_free(&again);
		way_stop_copy(by, to, &again);
		bytes_expect_same(&again, &first, by->name);
		way_go(by, to, TO_STOP);
	}
}

static void compare_sizes(const char *window)
{
	static const uint64_t sizes[] = { 8, 4096, 65544, 1 << 20 };
	static const uint64_t records[] = { 504, 4096, 50000 };
	char what[64];

	for (size_t i = 0; i < ARRAY_SIZE(sizes) * ARRAY_SIZE(records); i++) {
		uint64_t size = sizes[i / ARRAY_SIZE(records)];
		uint64_t record = records[i % ARRAY_SIZE(records)];

		snprintf(what, sizeof(what), "window %s, size %llu, record %llu",
			 window, (unsigned long long)size,
			 (unsigned long long)record);
		mock_setn(vf_first(), "size", size);
		mock_setn(vf_first(), "record", record);
		open_with(&vf, vf_first(), window);
		expect_said_alike(&vf, size, what);
	}
}

TEST(said_alike, "v1 and v2 say the same bytes, of whatever size state, records and window are")
{
	static const char * const windows[] = { "4096", "12288", "1048576" };

	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		open_with(&vf, vf_first(), windows[i]);
		expect_said_alike(&vf, 0, windows[i]);
		if (is_mock(vf.bdf))
			compare_sizes(windows[i]);
	}
}

TEST(odd_records, "records nobody knows, and bulk ones without a CRC, go through both alike")
{
	static const char * const knobs[] = {
		"extra_optional", "no_crc", "overstate",
	};
	const size_t size = 65536;

	need_mock(vf_first());
	mock_setn(vf.bdf, "size", size);
	mock_setn(vf.bdf, "record", 4096);
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		mock_setn(vf_first(), knobs[i], 1);
		open_with(&vf, vf_first(), "4096");
		expect_said_alike(&vf, size, knobs[i]);
		mock_setn(vf_first(), knobs[i], 0);
	}
}

static void compare_pre_copied(void)
{
	struct bytes *to[NR_WAYS] = { &first, &again };

	for (size_t i = 0; i < NR_WAYS; i++) {
		bytes_free(to[i]);
		ASSERT_EQ(vf_reset(&vf), 0);
		way_pre_copy(&ways[i], &vf, to[i]);
		way_stop_copy(&ways[i], &vf, to[i]);
		way_go(&ways[i], &vf, TO_RUNNING);
	}
	bytes_expect_same(&again, &first, "with pre-copy");

	/* And across: each is taken by the other. */
	for (size_t i = 0; i < NR_WAYS; i++) {
		ASSERT_EQ(vf_reset(&vf), 0);
		way_load(&ways[i], &vf, to[!i]);
		way_go(&ways[i], &vf, TO_RUNNING);
	}
	v2_close_all();
}

TEST(pre_copied, "and of one that is saved while it runs, round by round, and then stopped")
{
	static const unsigned int rounds[] = { 0, 1, 2, 7 };

	v2_need_pre_copy(&vf);
	if (!is_mock(vf.bdf)) {
		compare_pre_copied();
		return;
	}
	mock_setn(vf.bdf, "size", 1 << 20);
	open_with(&vf, vf_first(), "65536");
	for (size_t i = 0; i < ARRAY_SIZE(rounds); i++) {
		mock_setn(vf.bdf, "rounds", rounds[i]);
		compare_pre_copied();
	}
}

TEST(to_itself, "saved by one, loaded by the other: the same state, all four ways")
{
	move_all_ways(&vf, &vf, "itself");
}

static void move_size(uint64_t size, uint64_t record)
{
	char what[64];

	snprintf(what, sizeof(what), "%llu bytes", (unsigned long long)size);
	mock_setn(vf.bdf, "size", size);
	mock_setn(vf.bdf, "record", record);
	mock_setn(other.bdf, "record", record);
	ASSERT_EQ(vf_reset(&vf), 0);
	move_all_ways(&vf, &other, what);
}

TEST(elsewhere, "the same to another device with a larger window, of whatever size the state")
{
	static const uint64_t sizes[] = { 8, 64, 4088, 4096, 70000 };

	open_with(&vf, vf_first(), "4096");
	open_with(&other, vf_second(), "65536");
	move_all_ways(&vf, &other, "elsewhere");
	for (size_t i = 0; is_mock(vf.bdf) && i < ARRAY_SIZE(sizes); i++)
		move_size(sizes[i], 1000);
}

TEST(large, "the same of a state of many windows, from a small window to a large one and back")
{
	need_mock(vf_first());
	open_with(&vf, vf_first(), "65536");
	open_with(&other, vf_second(), "1048576");
	move_size(4 << 20, 30000);
}
