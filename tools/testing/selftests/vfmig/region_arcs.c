// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of transitions. ERROR as a starting point: mock_error.c.
 */
#include "fixture.h"

#define NR_STATES 5

/* Rows: from. Columns: the eight values of the three bits. */
static const char table[NR_STATES][9] = {
	[STATE_STOP]		= "=yyyynnn",
	[STATE_RUNNING]		= "y=yyynnn",
	[STATE_STOP_COPY]	= "yy=nnnnn",
	[STATE_PRE_COPY]	= "yyy=nnnn",
	[STATE_RESUMING]	= "yyyy=nnn",
};

static void try_arc(uint32_t from, uint32_t to)
{
	bool allowed = to < 8 && table[from][to] != 'n';

	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, from);
	EXPECT_EQ(vf_set_state(&vf, to), allowed ? 0 : -EINVAL,
		  "from %u to %#x", from, to);
	EXPECT_EQ(vf_state(&vf), allowed ? to : from, "from %u to %#x", from,
		  to);
}

TEST(all_pairs, "every pair of values: allowed or no-op, or EINVAL and nothing has happened")
{
	for (uint32_t from = 0; from < NR_STATES; from++)
		for (uint32_t to = 0; to < 8; to++)
			try_arc(from, to);
}

TEST(high_bits, "a write that sets one of bits 3 to 31 fails with EINVAL, and they read as 0")
{
	for (uint32_t from = 0; from < NR_STATES; from++)
		for (uint32_t to = 0; to < NR_STATES; to++)
			for (int bit = 3; bit < 32; bit += 1 + 4 * (to != from))
				try_arc(from, to | 1U << bit);
	try_arc(STATE_RUNNING, 0xffffffff);
}

TEST(same_again, "writing the current state again succeeds and does nothing")
{
	for (uint32_t from = 0; from < NR_STATES; from++) {
		vf_go(&vf, STATE_RUNNING);
		vf_go(&vf, from);
		if (is_mock(vf.bdf))
			mock_set(vf.bdf, "calls", "");
		for (int i = 0; i < 3; i++)
			vf_go(&vf, from);
		if (is_mock(vf.bdf))
			EXPECT_STREQ(mock_text(vf.bdf, "calls"), "");
	}
}

TEST(round_the_states, "a device that was stopped in whatever way can be started again")
{
	static const uint32_t walk[] = {
		STATE_STOP, STATE_RUNNING, STATE_STOP, STATE_STOP_COPY,
		STATE_STOP, STATE_PRE_COPY, STATE_STOP, STATE_RESUMING,
		STATE_STOP, STATE_RUNNING, STATE_PRE_COPY, STATE_STOP_COPY,
		STATE_RUNNING, STATE_RESUMING, STATE_STOP_COPY, STATE_RUNNING,
		STATE_RESUMING, STATE_PRE_COPY, STATE_RUNNING, STATE_STOP_COPY,
		STATE_STOP, STATE_RUNNING,
	};

	for (size_t i = 0; i < ARRAY_SIZE(walk); i++)
		vf_go(&vf, walk[i]);
	need_whole_transfer();
}
