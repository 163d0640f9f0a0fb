// SPDX-License-Identifier: GPL-2.0-only
/*
 * Saves where memory is short: whichever access fails, it can be tried again,
 * and the stream is not one byte another.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "fixture.h"

#define PLACES	400

static struct bytes want, got;

void before_open(void)
{
	fault_prepare_save(&got);
	bytes_free(&want);
}

/* For a window without a page. */
static void open_again(void)
{
	close(vf.fd);
	vf.fd = vf_open_device(&vf);
	ASSERT_GT(vf.fd, -1);
}

static void expect_same(const struct sweep *sweep)
{
	ASSERT_EQ(got.len, want.len, "%s, place %u", sweep->path, sweep->nth);
	EXPECT_EQ(memcmp(got.at, want.at, got.len), 0, "%s, place %u",
		  sweep->path, sweep->nth);
}

static int save_stopped_patiently(int *err)
{
	int ret = try_state(&vf, STATE_STOP_COPY, err);

	if (!ret)
		ret = try_phase(&vf, &got, err);
	if (!ret)
		ret = try_state(&vf, STATE_RUNNING, err);
	return ret;
}

static void sweep_stopped(const char *path, bool pages)
{
	struct sweep sweep = SWEEP(path, PLACES);
	int err, ret;

	fault_pages(pages);
	while (sweep_next(&sweep)) {
		open_again();
		got.len = 0;
		err = 0;
		sweep_arm(&sweep);
		ret = save_stopped_patiently(&err);
		sweep_disarm(&sweep, err);
		ASSERT_EQ(ret, 0, "place %u", sweep.nth);
		expect_same(&sweep);
	}
	sweep_done(&sweep, 10);
	EXPECT_GT(sweep.felt, 5);
}

TEST(stop_copy, "any access fails once, the window still to be grown: the stream has every byte")
{
	save_stopped(&vf, &want);
	sweep_stopped("save, stopped", false);
	sweep_stopped("save, stopped, pages wanting", true);
	need_whole_transfer();
}

static int save_live(int *err)
{
	int ret = try_state(&vf, STATE_PRE_COPY, err);

	if (!ret)
		ret = try_phase(&vf, &got, err);
	if (!ret)
		ret = try_state(&vf, STATE_STOP_COPY, err);
	if (!ret)
		ret = try_phase(&vf, &got, err);
	return ret;
}

static void load_and_compare(const struct sweep *sweep)
{
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &got), 0, "place %u", sweep->nth);
	bytes_free(&want);
	got.len = 0;
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &want, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RUNNING);
}

TEST(pre_copy, "any access of a live save fails once: a destination takes it, and is as the source")
{
	struct sweep sweep = SWEEP("save, live", PLACES);
	struct bytes source = {};
	int err, ret;

	while (sweep_next(&sweep)) {
		got.len = 0;
		err = 0;
		sweep_arm(&sweep);
		ret = save_live(&err);
		sweep_disarm(&sweep, err);
		ASSERT_EQ(ret, 0, "place %u", sweep.nth);

		/* What the source is, said once more and in one phase. */
		vf_go(&vf, STATE_STOP);
		bytes_free(&source);
		vf_go(&vf, STATE_STOP_COPY);
		save_phase(&vf, &source, TRAPPED_WHOLE);
		vf_go(&vf, STATE_RUNNING);

		change_device();
		load_and_compare(&sweep);
		ASSERT_EQ(want.len, source.len, "place %u", sweep.nth);
		EXPECT_EQ(memcmp(want.at, source.at, want.len), 0, "place %u",
			  sweep.nth);
	}
	sweep_done(&sweep, 10);
	bytes_free(&source);
}

TEST(offered_twice, "a size that did not reach the user is told again, of the same chunk")
{
	struct sweep sweep = SWEEP("data_size", PLACES);
	uint64_t size, again;
	int ret;

	vf_go(&vf, STATE_STOP_COPY);
	size = vf_data_size(&vf);
	ASSERT_GT(size, 0);
	while (sweep_next(&sweep)) {
		sweep_arm(&sweep);
		ret = vf_read64(&vf, REG_DATA_SIZE, &again);
		sweep_disarm(&sweep, ret);
		if (ret)
			ASSERT_EQ(vf_read64(&vf, REG_DATA_SIZE, &again), 0);
		EXPECT_EQ(again, size, "place %u", sweep.nth);
	}
	sweep_done(&sweep, 1);
	vf_go(&vf, STATE_RUNNING);
}
