// SPDX-License-Identifier: GPL-2.0-only
/*
 * ERROR, the last resort: reached only where an undo has failed too, left only
 * by a reset or a close. And failures of a transfer, which never lead there.
 */
#include "fixture.h"

static struct bytes stream;

void before_open(void)
{
	need_mock(vf_first());
	bytes_free(&stream);
}

/* quiesce works, freeze does not, and nor does the run that would undo it. */
static void fall_into_error(uint32_t to)
{
	mock_set(vf.bdf, "fault", "freeze 1 5");
	mock_set(vf.bdf, "fault", "run 1 5");
	EXPECT_EQ(vf_set_state(&vf, to), -EFAULT);
	ASSERT_EQ(vf_state(&vf), STATE_ERROR);
}

TEST(undo_fails, "where an undo fails the state reads ERROR, from every arc that stops the device")
{
	static const uint32_t targets[] = {
		STATE_STOP, STATE_STOP_COPY, STATE_RESUMING,
	};

	for (int i = 0; i < 3; i++) {
		fall_into_error(targets[i]);
		ASSERT_EQ(vf_reset(&vf), 0);
		ASSERT_EQ(vf_state(&vf), STATE_RUNNING);
	}
	vf_go(&vf, STATE_PRE_COPY);
	fall_into_error(STATE_STOP_COPY);
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true);
}

TEST(start_fails, "where a start and its undo fail the state reads ERROR too")
{
	vf_go(&vf, STATE_STOP);
	mock_set(vf.bdf, "fault", "run 1 5");
	mock_set(vf.bdf, "fault", "freeze 1 5");
	EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_ERROR);
}

/* As a backend says whose own way back has failed. */
TEST(neither, "a call that leaves the device in neither state leads to ERROR without an undo")
{
	mock_set(vf.bdf, "fault", "quiesce 1 131");
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP), -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_ERROR);
	ASSERT_EQ(vf_reset(&vf), 0);
	mock_set(vf.bdf, "fault", "freeze 1 131");
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP_COPY), -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_ERROR);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(mock_number(vf.bdf, "counts", "run"), 0);
	need_whole_transfer();
}

TEST(from_error, "out of ERROR leads no write, not to any of the eight values")
{
	fall_into_error(STATE_STOP);
	for (uint32_t to = 0; to < 8; to++) {
		EXPECT_EQ(vf_set_state(&vf, to), -EINVAL, "to %u", to);
		EXPECT_EQ(vf_state(&vf), STATE_ERROR, "to %u", to);
	}
	EXPECT_EQ(vf_set_state(&vf, 8 | STATE_RUNNING), -EINVAL);
	EXPECT_EQ(vf_pending(&vf), 0);
	EXPECT_EQ(vf_data_size(&vf), 0);
	EXPECT_EQ(vf_put_data_size(&vf, 8), -EINVAL);
}

TEST(reset, "VFIO_DEVICE_RESET leads out of ERROR, and a transfer works")
{
	fall_into_error(STATE_STOP);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	need_whole_transfer();
}

TEST(closed, "a close leads out of ERROR, and a transfer works")
{
	fall_into_error(STATE_STOP);
	reopen();
	need_whole_transfer();
}

TEST(save_fails, "the failure of a save fails the read and nothing else: RUNNING, and again")
{
	uint64_t value;

	mock_set(vf.bdf, "fault", "save 2 5");
	vf_go(&vf, STATE_STOP_COPY);
	EXPECT_NE(vf_read64(&vf, REG_DATA_OFFSET, &value), 0);
	EXPECT_EQ(vf_state(&vf), STATE_STOP_COPY);
	EXPECT_NE(vf_read64(&vf, REG_PENDING_BYTES, &value), 0);
	EXPECT_NE(vf_read64(&vf, REG_DATA_SIZE, &value), 0);
	vf_go(&vf, STATE_RUNNING);
	need_whole_transfer();
}

TEST(pre_copy_fails, "a save that fails in pre-copy leaves the device running")
{
	uint64_t value;

	mock_set(vf.bdf, "fault", "save 1 5");
	vf_go(&vf, STATE_PRE_COPY);
	EXPECT_NE(vf_read64(&vf, REG_DATA_SIZE, &value), 0);
	EXPECT_EQ(vf_state(&vf), STATE_PRE_COPY);
	EXPECT_EQ(mock_is(vf.bdf, "run", "running"), true);
	vf_go(&vf, STATE_RUNNING);
	need_whole_transfer();
}

static void expect_load_fails(const char *fault)
{
	save_stopped(&vf, &stream);
	vf_go(&vf, STATE_RESUMING);
	mock_set(vf.bdf, "fault", fault);
	EXPECT_NE(load_all(&vf, &stream), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING);
	EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING);
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	need_whole_transfer();
}

TEST(load_fails, "a record the backend refuses fails the write of data_size, not the device")
{
	expect_load_fails("load 3 5");
}

TEST(commit_fails, "the failure of a commit fails the write of data_size, not the device")
{
	expect_load_fails("load_commit 1 5");
}

TEST(load_begin_fails, "a load that could not begin has taken nothing and can be tried again")
{
	save_stopped(&vf, &stream);
	vf_go(&vf, STATE_RESUMING);
	mock_set(vf.bdf, "fault", "load_begin 1 12");
	EXPECT_NE(load_all(&vf, &stream), 0);
	EXPECT_EQ(load_all(&vf, &stream), 0);
	vf_go(&vf, STATE_RUNNING);
}

TEST(last_error, "the reason of a failure can be read by the operator")
{
	uint64_t before = core_number(vf.bdf, "last_error", "");

	mock_set(vf.bdf, "fault", "freeze 1 5");
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP), -EFAULT);
	EXPECT_GT(core_number(vf.bdf, "last_error", ""), before);
	tap_note("%s", core_text(vf.bdf, "last_error"));
}
