// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an agent is asked, in which order, on each way through both protocols.
 */
#include <string.h>

#include "agent.h"
#include "fixture.h"
#include "v2.h"
#include "ways.h"

#define SIZE	20000

static struct agent agent, there;
static struct bytes stream;

void before_open(void)
{
	agent_free(&agent);
	agent_free(&there);
	bytes_free(&stream);
}

static void begin(void)
{
	agent_init(&agent, vf.bdf, SIZE);
	agent.pre_copy = 5000;
	agent_start_afresh(&agent);
}

#define EXPECT_HEARD(words) EXPECT_STREQ(agent_await(&agent, words), words)

TEST_EACH(save, "a save begins while the function runs, which is stopped, saved, and has left")
{
	begin();
	way_pre_copy(by, &vf, &stream);
	EXPECT_HEARD("hello new:3 saves");
	way_stop_copy(by, &vf, &stream);
	EXPECT_EQ(agent.runs, false);
	way_go(by, &vf, TO_STOP);
	EXPECT_HEARD("hello new:3 saves set:2 saves");
	v2_close_all();
	vf_close(&vf);
	EXPECT_HEARD("hello new:3 saves set:2 saves set:0");
}

TEST_EACH(stopped_at_once, "a save without pre-copy begins with a function that runs, too")
{
	begin();
	way_stop_copy(by, &vf, &stream);
	EXPECT_HEARD("hello new:0 set:2 saves");
	way_go(by, &vf, TO_RUNNING);
	EXPECT_HEARD("hello new:0 set:2 saves abort");
	EXPECT_EQ(agent.runs, true);
}

TEST_EACH(paused, "a function is stopped with its VM, and runs on with it")
{
	begin();
	way_go(by, &vf, TO_STOP);
	EXPECT_HEARD("hello new:0");
	EXPECT_EQ(agent.runs, false);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_HEARD("hello new:0 abort");
	EXPECT_EQ(agent.runs, true);
}

TEST_EACH(paused_then, "one that was stopped with its VM is saved in the same session")
{
	begin();
	way_go(by, &vf, TO_STOP);
	way_stop_copy(by, &vf, &stream);
	EXPECT_HEARD("hello new:0 set:2 saves");
	way_go(by, &vf, TO_STOP);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_HEARD("hello new:0 set:2 saves abort");
}

TEST_EACH(paused_reset, "a function that was stopped with its VM and is reset runs")
{
	begin();
	way_go(by, &vf, TO_STOP);
	v2_close_all();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_HEARD("hello new:0 abort");
}

TEST_EACH(paused_closed, "so does one that is closed")
{
	begin();
	way_go(by, &vf, TO_STOP);
	v2_close_all();
	vf_close(&vf);
	EXPECT_HEARD("hello new:0 abort");
}

TEST_EACH(cancelled, "a save that is left in pre-copy has stopped nothing, and is aborted")
{
	begin();
	way_pre_copy(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_HEARD("hello new:3 saves abort");
}

TEST_EACH(once_more, "a save after a save that was left begins anew, and says all of the state")
{
	struct bytes again = {};

	begin();
	way_save(by, &vf, &stream);
	way_save(by, &vf, &again);
	bytes_expect_same(&again, &stream, by->name);
	EXPECT_HEARD("hello new:0 set:2 saves abort hello new:0 set:2 saves abort");
	bytes_free(&again);
}

TEST_EACH(stopped_twice, "what was saved and stays stopped is saved again without being started")
{
	begin();
	way_stop_copy(by, &vf, &stream);
	way_go(by, &vf, TO_STOP);
	way_stop_copy(by, &vf, &stream);
	EXPECT_HEARD("hello new:0 set:2 saves set:0 hello new:2 saves");
}

static void take_stream(const struct protocol *by)
{
	begin();
	agent_change(&agent, 7);
	way_save(by, &vf, &stream);
	agent_change(&agent, 8);
	agent_await(&agent, "hello new:0 set:2 saves abort");
	agent_forget(&agent);
}

TEST_EACH(load, "a load: a stop, then from the first byte on the state, then whether it is there")
{
	take_stream(by);
	way_go(by, &vf, TO_RESUMING);
	EXPECT_HEARD("hello new:0");
	ASSERT_EQ(by->fill(&vf, stream.at, stream.len), 0);
	EXPECT_HEARD("hello new:0 set:0 hello new:4 loads loaded");
	EXPECT_EQ(agent.runs, false);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_HEARD("hello new:0 set:0 hello new:4 loads loaded set:1");
	EXPECT_EQ(agent.runs, true);
}

TEST_EACH(loaded_state, "what one agent has saved is what another one has loaded")
{
	vf_open(&other, vf_second());
	agent_init(&there, vf_second(), 100);
	agent_start_afresh(&there);
	begin();
	agent_change(&agent, 9);
	way_pre_copy(by, &vf, &stream);
	way_stop_copy(by, &vf, &stream);
	way_load(by, &other, &stream);
	EXPECT_EQ(agent_same_state(&agent, &there), true);
}

TEST_EACH(load_reset, "a load that is not whole and ends with a reset is left, and runs only then")
{
	take_stream(by);
	way_go(by, &vf, TO_RESUMING);
	ASSERT_EQ(by->fill(&vf, stream.at, stream.len - 8), 0);
	v2_close_all();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_HEARD("hello new:0 set:0 hello new:4 loads set:0 abort");
}

TEST_EACH(load_and_save, "what was loaded and never ran is saved as it is")
{
	take_stream(by);
	way_load(by, &vf, &stream);
	way_go(by, &vf, TO_STOP);
	way_stop_copy(by, &vf, &stream);
	EXPECT_HEARD("hello new:0 set:0 hello new:4 loads loaded set:0 hello new:2 saves");
}

TEST_EACH(reset, "a reset in the middle of a save is told, and nothing more is asked")
{
	begin();
	way_stop_copy(by, &vf, &stream);
	v2_close_all();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_HEARD("hello new:0 set:2 saves abort");
	way_go(by, &vf, TO_RUNNING);
	EXPECT_HEARD("hello new:0 set:2 saves abort");
}

TEST_EACH(closed, "so is a close, unless all was saved")
{
	begin();
	way_pre_copy(by, &vf, &stream);
	v2_close_all();
	vf_close(&vf);
	EXPECT_HEARD("hello new:3 saves abort");
}

TEST_EACH(opened_again, "a function that has left runs again before it has another user")
{
	begin();
	way_stop_copy(by, &vf, &stream);
	way_go(by, &vf, TO_STOP);
	v2_close_all();
	vf_close(&vf);
	EXPECT_HEARD("hello new:0 set:2 saves set:0");
	EXPECT_EQ(agent.runs, false);
	vf_open(&vf, vf_first());
	EXPECT_HEARD("hello new:0 set:2 saves set:0 abort");
	EXPECT_EQ(agent.runs, true);
}

TEST(p2p, "a function that is quiesced in pre-copy is stopped, and runs on where pre-copy does")
{
	begin();
	v2_need_pre_copy(&vf);
	v2_begin(&vf, V2_PRE_COPY);
	v2_go(&vf, V2_PRE_COPY_P2P);
	EXPECT_HEARD("hello new:3 set:2");
	v2_go(&vf, V2_PRE_COPY);
	EXPECT_HEARD("hello new:3 set:2 set:3");
	v2_go(&vf, V2_RUNNING);
	EXPECT_HEARD("hello new:3 set:2 set:3 abort");
}

TEST(small_bites, "an agent is asked for no more at once than it takes, and gives the same bytes")
{
	begin();
	agent.transfer_max = 777;
	save_stopped(&vf, &stream);
	agent_change(&agent, 5);
	/* What was one bite there is several here. */
	agent.transfer_max = 100;
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &stream), 0);
	vf_go(&vf, STATE_RUNNING);
	agent_init(&there, vf.bdf, SIZE);
	EXPECT_EQ(agent_same_state(&agent, &there), true);
}

static const char * const counts[] = {
	"hello", "set_state", "pending", "save", "load", "loaded_all", "abort", "saved", "loaded",
};

static void count(uint64_t to[ARRAY_SIZE(counts)])
{
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		to[i] = core_number(vf.bdf, "agent", counts[i]);
}

TEST(counted, "requests are counted by their type, and so are the bytes")
{
	static const uint64_t each[] = { 3, 6, 2, 1, 1, 1, 1, SIZE, SIZE };
	uint64_t before[ARRAY_SIZE(counts)], after[ARRAY_SIZE(counts)];

	begin();
	count(before);
	save_stopped(&vf, &stream);
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &stream), 0);
	vf_go(&vf, STATE_RUNNING);
	count(after);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		EXPECT_EQ(after[i] - before[i], each[i], "%s", counts[i]);
}
