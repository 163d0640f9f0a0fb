// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "race_moment.h"
#include "v2.h"

static struct bytes stream;
/* Of the moment that was entered last, if it is one of v2's. */
static int data_fd = NO_FD;

static void in_stop(void)
{
	vf_go(&vf, STATE_STOP);
}

static void in_running(void)
{
}

static void in_pre_copy(void)
{
	vf_go(&vf, STATE_PRE_COPY);
}

static void in_stop_copy(void)
{
	vf_go(&vf, STATE_STOP_COPY);
}

static void in_resuming(void)
{
	vf_go(&vf, STATE_RESUMING);
}

static void staged(void)
{
	in_stop_copy();
	vf_data_offset(&vf);
}

static void offered(void)
{
	in_stop_copy();
	EXPECT_GT(vf_data_size(&vf), 0);
}

static void pre_copy_half_way(void)
{
	struct bytes some = {};

	in_pre_copy();
	save_chunk(&vf, &some, TRAPPED_WHOLE);
	vf_data_offset(&vf);
	bytes_free(&some);
}

static void half_loaded(void)
{
	in_resuming();
	ASSERT_EQ(load_bytes(&vf, stream.at, stream.len / 2, TRAPPED_WHOLE), 0);
}

static void whole_loaded(void)
{
	in_resuming();
	ASSERT_EQ(load_all(&vf, &stream), 0);
}

static void refused(void)
{
	in_resuming();
	EXPECT_NE(load_bytes(&vf, stream.at + 1, stream.len - 1,
			     TRAPPED_WHOLE), 0);
}

static void stopped_over_a_chunk(void)
{
	pre_copy_half_way();
	vf_go(&vf, STATE_STOP_COPY);
}

static void v2_quiesced(void)
{
	v2_go(&vf, V2_RUNNING_P2P);
}

static void v2_stopped(void)
{
	v2_go(&vf, V2_STOP);
}

static void v2_saving(void)
{
	data_fd = v2_begin(&vf, V2_STOP_COPY);
}

static void v2_read_some(void)
{
	uint8_t some[50];

	ASSERT_EQ(v2_read(data_fd, some, sizeof(some)), sizeof(some));
}

static void v2_half_read(void)
{
	v2_saving();
	v2_read_some();
}

static void v2_whole_read(void)
{
	struct bytes all = {};

	v2_saving();
	ASSERT_EQ(v2_drain(data_fd, &all, AT_ONCE), 0);
	bytes_free(&all);
}

/* Where the kernel's v2 has no pre-copy, without. */
static void v2_pre_copy_half_way(void)
{
	if (!v2_can(&vf, V2_PRE_COPY)) {
		v2_half_read();
		return;
	}
	data_fd = v2_begin(&vf, V2_PRE_COPY);
	v2_read_some();
}

static void v2_pre_copy_quiesced(void)
{
	v2_pre_copy_half_way();
	if (v2_can(&vf, V2_PRE_COPY_P2P))
		v2_go(&vf, V2_PRE_COPY_P2P);
}

static void v2_stopped_over_a_read(void)
{
	v2_pre_copy_half_way();
	v2_go(&vf, V2_STOP_COPY);
}

static void v2_resuming(void)
{
	data_fd = v2_begin(&vf, V2_RESUMING);
}

static void v2_half_loaded(void)
{
	v2_resuming();
	ASSERT_EQ(v2_fill(data_fd, stream.at, stream.len / 2, AT_ONCE), 0);
}

static void v2_whole_loaded(void)
{
	v2_resuming();
	ASSERT_EQ(v2_fill(data_fd, stream.at, stream.len, AT_ONCE), 0);
}

static void v2_refused(void)
{
	v2_resuming();
	EXPECT_EQ(v2_fill(data_fd, stream.at + 1, stream.len - 1, AT_ONCE),
		  -EINVAL);
}

const struct moment moments[] = {
	{ "stop", in_stop },
	{ "running", in_running },
	{ "pre-copy", in_pre_copy },
	{ "stop-and-copy", in_stop_copy },
	{ "resuming", in_resuming },
	{ "chunk staged", staged },
	{ "chunk offered", offered },
	{ "pre-copy half way", pre_copy_half_way },
	{ "half loaded", half_loaded },
	{ "whole loaded", whole_loaded },
	{ "stream refused", refused },
	{ "stopped over a chunk", stopped_over_a_chunk },
	{ "v2 quiesced", v2_quiesced },
	{ "v2 stop", v2_stopped },
	{ "v2 stop-and-copy", v2_saving },
	{ "v2 half read", v2_half_read },
	{ "v2 whole read", v2_whole_read },
	{ "v2 pre-copy half way", v2_pre_copy_half_way },
	{ "v2 pre-copy, quiesced", v2_pre_copy_quiesced },
	{ "v2 stopped over a read", v2_stopped_over_a_read },
	{ "v2 resuming", v2_resuming },
	{ "v2 half loaded", v2_half_loaded },
	{ "v2 whole loaded", v2_whole_loaded },
	{ "v2 stream refused", v2_refused },
};

const unsigned int nr_moments = ARRAY_SIZE(moments);

const struct moment few_moments[] = {
	{ "running", in_running },
	{ "pre-copy half way", pre_copy_half_way },
	{ "chunk staged", staged },
	{ "half loaded", half_loaded },
	{ "whole loaded", whole_loaded },
	{ "v2 half read", v2_half_read },
	{ "v2 half loaded", v2_half_loaded },
};

const unsigned int nr_few_moments = ARRAY_SIZE(few_moments);

/* A stream of this very device, for the moments of a load. */
void moments_prepare(void)
{
	bytes_free(&stream);
	save_stopped(&vf, &stream);
}

void moment_enter(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_moments; i++) {
		if (!strcmp(moments[i].name, name)) {
			moments[i].enter();
			return;
		}
	}
	ASSERT_NE(i, nr_moments, "%s", name);
}

/* What a test has left open its end has closed. */
void moments_forget(void)
{
	bytes_free(&stream);
	data_fd = NO_FD;
}

static void expect_fd_ended(const char *when)
{
	if (data_fd != NO_FD)
		v2_expect_ended(data_fd, when);
}

void expect_as_new(const char *when)
{
	/* By what has happened, and not by the transfers below alone. */
	expect_fd_ended(when);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%s", when);
	EXPECT_EQ(vf_pending(&vf), 0, "%s", when);
	EXPECT_EQ(vf_data_size(&vf), 0, "%s", when);
	if (is_mock(vf.bdf)) {
		EXPECT_EQ(mock_is(vf.bdf, "run", "running"), true, "%s", when);
		EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true, "%s", when);
	}
	need_whole_transfer();
	v2_need_whole_transfer();
	expect_fd_ended(when);
	if (data_fd != NO_FD)
		v2_close(data_fd);
	data_fd = NO_FD;
}
