// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "race_moment.h"

static struct bytes stream;

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
};

const unsigned int nr_moments = ARRAY_SIZE(moments);

const struct moment few_moments[] = {
	{ "running", in_running },
	{ "pre-copy half way", pre_copy_half_way },
	{ "chunk staged", staged },
	{ "half loaded", half_loaded },
	{ "whole loaded", whole_loaded },
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

void moments_forget(void)
{
	bytes_free(&stream);
}

void expect_as_new(const char *when)
{
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%s", when);
	EXPECT_EQ(vf_pending(&vf), 0, "%s", when);
	EXPECT_EQ(vf_data_size(&vf), 0, "%s", when);
	if (is_mock(vf.bdf)) {
		EXPECT_EQ(mock_is(vf.bdf, "run", "running"), true, "%s", when);
		EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true, "%s", when);
	}
	need_whole_transfer();
}
