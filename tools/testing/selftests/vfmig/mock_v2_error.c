// SPDX-License-Identifier: GPL-2.0-only
/*
 * ERROR as v2 shows it, and failures of a transfer, which never lead there.
 */
#include <poll.h>

#include "fixture.h"
#include "v2.h"

static struct bytes stream;

void before_open(void)
{
	need_mock(vf_first());
	bytes_free(&stream);
}

/* Nothing but a reset, or a close, leads out. */
static void expect_no_way_out(int err)
{
	for (uint32_t to = 0; to < V2_NR_STATES + 2; to++) {
		int fd;

		EXPECT_EQ(v2_set_state(&vf, to, &fd), err, "to %s",
			  v2_name(to));
		EXPECT_EQ(fd, NO_FD);
		EXPECT_EQ(v2_state(&vf), V2_ERROR, "to %s", v2_name(to));
		EXPECT_EQ(vf_state(&vf), STATE_ERROR, "to %s", v2_name(to));
	}
}

/* The freeze works, the save does not begin, nor the thaw that would undo it. */
static int fall_by_v2(void)
{
	int fd;

	v2_need_pre_copy(&vf);
	fd = v2_begin(&vf, V2_PRE_COPY_P2P);
	mock_set(vf.bdf, "fault", "save_begin 1 5");
	mock_set(vf.bdf, "fault", "thaw 1 5");
	EXPECT_EQ(v2_try(&vf, V2_STOP_COPY), -EIO);
	ASSERT_EQ(v2_state(&vf), V2_ERROR);
	return fd;
}

/* The only hop of v2 with two steps has PRE_COPY; v1's arcs have them all. */
static void fall_by_v1(void)
{
	mock_set(vf.bdf, "fault", "freeze 1 5");
	mock_set(vf.bdf, "fault", "run 1 5");
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP), -EFAULT);
	ASSERT_EQ(vf_state(&vf), STATE_ERROR);
}

TEST(undo_fails, "where an undo fails: ERROR, the fd has ended, and no state can be set")
{
	int fd = fall_by_v2();
	uint64_t bytes;
	int ret;

	v2_expect_ended(fd, "ERROR");
	/* This can be asked in each state, where the kernel has it. */
	ret = v2_data_size(&vf, &bytes);
	if (ret != -ENOTTY)
		EXPECT_EQ(ret, 0);
	expect_no_way_out(-EINVAL);
	EXPECT_STREQ(core_owner(vf.bdf), "v2");
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	v2_need_whole_transfer();
}

TEST(undo_fails_closed, "and a close leads out too")
{
	fall_by_v2();
	reopen();
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	v2_need_whole_transfer();
}

TEST(v1s_error, "an ERROR that v1 has brought about reads as ERROR, and a reset leads out")
{
	fall_by_v1();
	EXPECT_EQ(v2_state(&vf), V2_ERROR);
	expect_no_way_out(-EBUSY);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	EXPECT_STREQ(core_owner(vf.bdf), "none");
	v2_need_whole_transfer();
}

static void expect_sticky(int fd, int err)
{
	uint8_t some[10];

	for (int i = 0; i < 3; i++)
		EXPECT_EQ(v2_read(fd, some, sizeof(some)), err);
	/* Who waits for the fd must hear of it. */
	EXPECT_NE(v2_poll(fd) & (POLLIN | POLLERR), 0);
}

TEST(save_fails, "the failure of a save fails this read and all that follow, and nothing else")
{
	int fd;

	mock_set(vf.bdf, "fault", "save 2 5");
	fd = v2_begin(&vf, V2_STOP_COPY);
	EXPECT_EQ(v2_drain(fd, &stream, 100), -EIO);
	EXPECT_EQ(stream.len, 0);
	expect_sticky(fd, -EIO);
	EXPECT_EQ(v2_state(&vf), V2_STOP_COPY);
	v2_go(&vf, V2_RUNNING);
	v2_need_whole_transfer();
}

TEST(save_fails_late, "what was said before it can be read, and then the failure")
{
	int fd;

	param_set("vfmig", "window", "4096");
	reopen();
	v2_save_stopped(&vf, &stream);
	mock_set(vf.bdf, "fault", "save 5 28");
	fd = v2_begin(&vf, V2_STOP_COPY);
	stream.len = 0;
	EXPECT_EQ(v2_drain(fd, &stream, 100), -ENOSPC);
	EXPECT_GT(stream.len, 0);
	expect_sticky(fd, -ENOSPC);
	v2_go(&vf, V2_RUNNING);
	v2_need_whole_transfer();
}

TEST(pre_copy_fails, "a save that fails in PRE_COPY leaves the device running")
{
	int fd;

	v2_need_pre_copy(&vf);
	mock_set(vf.bdf, "fault", "save 1 5");
	fd = v2_begin(&vf, V2_PRE_COPY);
	EXPECT_EQ(v2_drain(fd, &stream, 100), -EIO);
	expect_sticky(fd, -EIO);
	EXPECT_EQ(v2_state(&vf), V2_PRE_COPY);
	EXPECT_EQ(mock_is(vf.bdf, "run", "running"), true);
	EXPECT_EQ(v2_try(&vf, V2_STOP_COPY), -EIO);
	EXPECT_EQ(v2_state(&vf), V2_PRE_COPY_P2P);
	v2_go(&vf, V2_RUNNING);
	v2_need_whole_transfer();
}

static void expect_load_fails(const char *fault, int err)
{
	int fd;

	v2_save_stopped(&vf, &stream);
	fd = v2_begin(&vf, V2_RESUMING);
	mock_set(vf.bdf, "fault", fault);
	EXPECT_EQ(v2_fill(fd, stream.at, stream.len, 1000), err);
	EXPECT_EQ(v2_fill(fd, stream.at, stream.len, 1000), -EINVAL);
	EXPECT_EQ(v2_state(&vf), V2_RESUMING);
	EXPECT_EQ(v2_try(&vf, V2_RUNNING), -EINVAL);
	EXPECT_EQ(v2_state(&vf), V2_RESUMING);
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	v2_expect_ended(fd, fault);
	v2_need_whole_transfer();
}

TEST(load_fails, "a record the backend refuses fails the write that brings it, not the device")
{
	expect_load_fails("load 3 5", -EIO);
}

TEST(commit_fails, "the failure of a commit fails the write that brings the end, not the device")
{
	expect_load_fails("load_commit 1 28", -ENOSPC);
}

TEST(load_begin_fails, "a load that could not begin has taken nothing and can be tried again")
{
	int fd;

	v2_save_stopped(&vf, &stream);
	fd = v2_begin(&vf, V2_RESUMING);
	mock_set(vf.bdf, "fault", "load_begin 1 12");
	EXPECT_EQ(v2_fill(fd, stream.at, stream.len, AT_ONCE), -ENOMEM);
	EXPECT_EQ(v2_fill(fd, stream.at, stream.len, AT_ONCE), 0);
	v2_go(&vf, V2_RUNNING);
}

TEST(last_error, "the reason of a failure can be read by the operator")
{
	uint64_t before = core_number(vf.bdf, "last_error", "");

	mock_set(vf.bdf, "fault", "freeze 1 5");
	EXPECT_EQ(v2_try(&vf, V2_STOP), -EIO);
	EXPECT_GT(core_number(vf.bdf, "last_error", ""), before);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING_P2P);
	tap_note("%s", core_text(vf.bdf, "last_error"));
}
