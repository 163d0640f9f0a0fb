// SPDX-License-Identifier: GPL-2.0-only
/*
 * ERROR, the last resort: reached only where an undo has failed too, left only
 * by a reset or a close. And failures of a transfer, which never lead there.
 */
#include "fixture.h"
#include "v2.h"
#include "ways.h"

/* As many states as either has, and some that neither has. */
#define MANY_STATES	10

static struct bytes stream;

void before_open(void)
{
	need_mock(vf_first());
	bytes_free(&stream);
}

/* Both say so, whoever has brought it about. */
static void expect_error(const char *when)
{
	EXPECT_EQ(vf_state(&vf), STATE_ERROR, "%s", when);
	EXPECT_EQ(v2_state(&vf), V2_ERROR, "%s", when);
}

/* quiesce works, freeze does not, and nor does the run that would undo it. */
static void fall_by_v1(uint32_t to)
{
	mock_set(vf.bdf, "fault", "freeze 1 5");
	mock_set(vf.bdf, "fault", "run 1 5");
	EXPECT_EQ(vf_set_state(&vf, to), -EFAULT);
	expect_error("v1");
}

/* The only hop of v2 with two steps has PRE_COPY; v1's arcs have them all. */
static void fall_by_v2(void)
{
	const struct protocol *v2 = &ways[BY_V2];

	v2_need_pre_copy(&vf);
	ASSERT_EQ(v2->set(&vf, V2_PRE_COPY_P2P), 0);
	mock_set(vf.bdf, "fault", "save_begin 1 5");
	mock_set(vf.bdf, "fault", "thaw 1 5");
	EXPECT_EQ(way_try(v2, &vf, TO_STOP_COPY), -EIO);
	expect_error("v2");
}

static void fall(const struct protocol *by)
{
	if (by == &ways[BY_V1])
		fall_by_v1(STATE_STOP);
	else
		fall_by_v2();
}

TEST(undo_fails, "where an undo fails the state reads ERROR, from every arc that stops the device")
{
	static const uint32_t targets[] = {
		STATE_STOP, STATE_STOP_COPY, STATE_RESUMING,
	};

	for (int i = 0; i < 3; i++) {
		fall_by_v1(targets[i]);
		ASSERT_EQ(vf_reset(&vf), 0);
		ASSERT_EQ(vf_state(&vf), STATE_RUNNING);
	}
	vf_go(&vf, STATE_PRE_COPY);
	fall_by_v1(STATE_STOP_COPY);
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true);
}

TEST(start_fails, "where a start and its undo fail the state reads ERROR too")
{
	vf_go(&vf, STATE_STOP);
	mock_set(vf.bdf, "fault", "run 1 5");
	mock_set(vf.bdf, "fault", "freeze 1 5");
	EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), -EFAULT);
	expect_error("start");
}

/* As a backend says whose own way back has failed. */
TEST_EACH(neither, "a call that leaves the device in neither state leads to ERROR without an undo")
{
	static const char *const faults[] = { "quiesce 1 131", "freeze 1 131" };

	for (unsigned int i = 0; i < 2; i++) {
		mock_set(vf.bdf, "fault", faults[i]);
		EXPECT_EQ(way_try(by, &vf, TO_STOP), by->step_failed);
		expect_error(faults[i]);
		ASSERT_EQ(vf_reset(&vf), 0);
	}
	EXPECT_EQ(mock_number(vf.bdf, "counts", "run"), 0);
	way_need_whole_transfer(by);
}

static void expect_no_way_out(const struct protocol *by, int err)
{
	for (uint32_t to = 0; to < MANY_STATES; to++) {
		EXPECT_EQ(by->set(&vf, to), err, "to %u", to);
		expect_error(by->name);
	}
}

TEST_EACH(no_way_out, "in ERROR the transfer has ended, and no state can be set, not even ERROR")
{
	fall(by);
	by->expect_ended(&vf, "ERROR");
	expect_no_way_out(by, -EINVAL);
	EXPECT_STREQ(core_owner(vf.bdf), by->name);
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true);
}

TEST(data_size, "the data size can be asked for in ERROR too, where the kernel has it")
{
	uint64_t bytes;
	int ret;

	fall_by_v2();
	ret = v2_data_size(&vf, &bytes);
	if (ret != -ENOTTY)
		EXPECT_EQ(ret, 0);
}

TEST_EACH(reset, "VFIO_DEVICE_RESET leads out of ERROR, and a transfer works")
{
	fall(by);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true);
	way_need_whole_transfer(by);
}

TEST_EACH(closed, "a close leads out of ERROR, and a transfer works")
{
	fall(by);
	reopen();
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true);
	way_need_whole_transfer(by);
}

TEST(v1s_error, "an ERROR that v1 has brought about v2 does not lead out of either; a reset does")
{
	fall_by_v1(STATE_STOP);
	expect_no_way_out(&ways[BY_V2], -EBUSY);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	EXPECT_STREQ(core_owner(vf.bdf), "none");
	v2_need_whole_transfer();
}

TEST_EACH(save_fails, "the failure of a save fails this read and all that follow, and nothing else")
{
	mock_set(vf.bdf, "fault", "save 2 5");
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_EQ(by->drain(&vf, &stream), -EIO);
	EXPECT_EQ(stream.len, 0);
	by->expect_failed(&vf, -EIO);
	EXPECT_EQ(way_in(by, &vf, TO_STOP_COPY), true);
	way_go(by, &vf, TO_RUNNING);
	way_need_whole_transfer(by);
}

TEST_EACH(save_fails_late, "what was said before it can be read, and then the failure")
{
	param_set("vfmig", "window", "4096");
	reopen();
	mock_set(vf.bdf, "fault", "save 5 28");
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_EQ(by->drain(&vf, &stream), -ENOSPC);
	EXPECT_GT(stream.len, 0);
	by->expect_failed(&vf, -ENOSPC);
	way_go(by, &vf, TO_RUNNING);
	way_need_whole_transfer(by);
}

TEST_EACH(pre_copy_fails, "a save that fails in pre-copy leaves the device running")
{
	by->need_pre_copy(&vf);
	mock_set(vf.bdf, "fault", "save 1 5");
	way_go(by, &vf, TO_PRE_COPY);
	EXPECT_EQ(by->drain(&vf, &stream), -EIO);
	by->expect_failed(&vf, -EIO);
	EXPECT_EQ(way_in(by, &vf, TO_PRE_COPY), true);
	EXPECT_EQ(mock_is(vf.bdf, "run", "running"), true);
	EXPECT_EQ(way_try(by, &vf, TO_STOP_COPY), by->step_failed);
	EXPECT_EQ(way_in(by, &vf, NOT_STOPPED_PRE_COPY), true);
	way_go(by, &vf, TO_RUNNING);
	way_need_whole_transfer(by);
}

static void expect_load_fails(const struct protocol *by, const char *fault,
			      int err)
{
	way_save(by, &vf, &stream);
	way_go(by, &vf, TO_RESUMING);
	mock_set(vf.bdf, "fault", fault);
	EXPECT_EQ(by->fill(&vf, stream.at, stream.len), err);
	EXPECT_EQ(by->fill(&vf, stream.at, stream.len), -EINVAL);
	EXPECT_EQ(way_in(by, &vf, TO_RESUMING), true);
	EXPECT_EQ(way_try(by, &vf, TO_RUNNING), by->not_loaded);
	EXPECT_EQ(way_in(by, &vf, TO_RESUMING), true);
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true);
	by->expect_ended(&vf, fault);
	way_need_whole_transfer(by);
}

TEST_EACH(load_fails, "a record the backend refuses fails the write that brings it, not the device")
{
	expect_load_fails(by, "load 3 5", -EIO);
}

TEST_EACH(commit_fails, "a failed commit fails the write that brings the end, not the device")
{
	expect_load_fails(by, "load_commit 1 28", -ENOSPC);
}

TEST_EACH(load_begin_fails, "a load that could not begin has taken nothing and can be tried again")
{
	way_save(by, &vf, &stream);
	way_go(by, &vf, TO_RESUMING);
	mock_set(vf.bdf, "fault", "load_begin 1 12");
	EXPECT_EQ(by->fill(&vf, stream.at, stream.len), -ENOMEM);
	EXPECT_EQ(by->fill(&vf, stream.at, stream.len), 0);
	way_go(by, &vf, TO_RUNNING);
}

TEST_EACH(last_error, "the reason of a failure can be read by the operator")
{
	uint64_t before = core_number(vf.bdf, "last_error", "");

	mock_set(vf.bdf, "fault", "freeze 1 5");
	EXPECT_EQ(way_try(by, &vf, TO_STOP), by->step_failed);
	EXPECT_GT(core_number(vf.bdf, "last_error", ""), before);
	EXPECT_EQ(way_in(by, &vf, NOT_STOPPED), true);
	tap_note("%s", core_text(vf.bdf, "last_error"));
}
