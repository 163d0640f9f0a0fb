// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions without an agent, and agents that come while the VM runs.
 */
#include <string.h>

#include "agent.h"
#include "fixture.h"
#include "v2.h"
#include "ways.h"

#define SIZE	20000

static struct agent agent;
static struct bytes stream;

void before_open(void)
{
	agent_free(&agent);
	bytes_free(&stream);
}

static void come(void)
{
	agent_init(&agent, vf_first(), SIZE);
	agent_start_afresh(&agent);
}

static void expect_no_agent(const struct protocol *by, enum place to)
{
	EXPECT_EQ(way_try(by, &vf, to), by->step_failed);
	/* By v2 without pre-copy a save begins with STOP, which asks nobody. */
	if (way_in(by, &vf, TO_STOP) && by == &ways[BY_V2] && to == TO_STOP_COPY)
		way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "no agent is attached"), NULL,
		  "%s", core_text(vf.bdf, "last_error"));
}

TEST_EACH(none, "without an agent a save fails at its first step, and the function runs on")
{
	expect_no_agent(by, TO_STOP_COPY);
	if (by == &ways[BY_V1] || v2_can(&vf, V2_PRE_COPY))
		expect_no_agent(by, TO_PRE_COPY);
}

TEST_EACH(paused, "a VM without an agent can be paused and go on, as under vfio-pci")
{
	uint64_t asked = core_number(vf.bdf, "agent", "hello");

	for (int i = 0; i < 3; i++) {
		way_go(by, &vf, TO_STOP);
		way_go(by, &vf, TO_RUNNING);
	}
	EXPECT_EQ(core_number(vf.bdf, "agent", "hello"), asked);
}

TEST_EACH(paused_then, "so it can once a migration has failed for want of an agent")
{
	expect_no_agent(by, TO_STOP_COPY);
	way_go(by, &vf, TO_STOP);
	EXPECT_EQ(way_try(by, &vf, TO_STOP_COPY), by->step_failed);
	EXPECT_EQ(way_in(by, &vf, TO_STOP), true);
	way_go(by, &vf, TO_RUNNING);
}

TEST_EACH(load_none, "a load without an agent fails with its first bytes, and can be tried again")
{
	come();
	way_save(by, &vf, &stream);
	agent_stop(&agent);
	way_go(by, &vf, TO_RESUMING);
	EXPECT_EQ(by->fill(&vf, stream.at, stream.len), -ENODEV);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "no agent is attached"), NULL);
	agent_start(&agent);
	EXPECT_EQ(by->fill(&vf, stream.at, stream.len), 0);
	way_go(by, &vf, TO_RUNNING);
}

TEST_EACH(attaches, "an agent that attaches while the function runs has it migratable from then on")
{
	expect_no_agent(by, TO_STOP_COPY);
	come();
	way_save(by, &vf, &stream);
	EXPECT_GT(stream.len, SIZE);
	agent_stop(&agent);
	expect_no_agent(by, TO_STOP_COPY);
	agent_start(&agent);
	way_need_whole_transfer(by);
}

TEST_EACH(beside, "an agent that attaches in another one's migration has no part in it")
{
	come();
	way_stop_copy(by, &vf, &stream);
	agent_stop(&agent);
	agent_start(&agent);
	EXPECT_STREQ(agent_heard(&agent), "");
	way_go(by, &vf, TO_RUNNING);
	EXPECT_STREQ(agent_heard(&agent), "abort");
	way_need_whole_transfer(by);
}
