// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who an agent is, compared at both ends: a state is loaded by the plugin that has saved it,
 * of the same or of a later version, or refused before the guest stops.
 */
#include <string.h>

#include "agent.h"
#include "fixture.h"
#include "v2.h"
#include "ways.h"

#define SIZE	2000

static struct agent agent;
static struct bytes stream;
/* As long as can be. */
static const char name[] = "a-plugin-whose-name-has-32-bytes";

void before_open(void)
{
	agent_free(&agent);
	bytes_free(&stream);
}

static void take_stream(const struct protocol *by)
{
	agent_init(&agent, vf.bdf, SIZE);
	memcpy(agent.name, name, sizeof(agent.name));
	agent.version = 5;
	agent_start_afresh(&agent);
	way_save(by, &vf, &stream);
}

static void expect_refused(const struct protocol *by, const char *reason)
{
	static const char heard[] = "hello new:0 set:0 hello new:4 set:0 abort";

	agent_forget(&agent);
	way_go(by, &vf, TO_RESUMING);
	EXPECT_EQ(by->fill(&vf, stream.at, stream.len), -EINVAL, "%s", reason);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), reason), NULL,
		  "\"%s\" in \"%s\"", reason, core_text(vf.bdf, "last_error"));
	v2_close_all();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_STREQ(agent_await(&agent, heard), heard);
}

static void expect_taken(const struct protocol *by)
{
	way_load(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
}

TEST_EACH(names, "another plugin's state is refused, in whichever byte its name is another")
{
	static const char * const reasons[] = { "bytes 0 to 7", "8 to 15", "16 to 23", "24 to 31" };

	take_stream(by);
	for (size_t i = 0; i < sizeof(agent.name); i++) {
		agent.name[i] ^= 1;
		expect_refused(by, reasons[i / 8]);
		agent.name[i] ^= 1;
	}
	expect_taken(by);
}

TEST_EACH(versions, "so is the state of a later version; one of an earlier version is taken")
{
	take_stream(by);
	agent.version = 4;
	expect_refused(by, "version of the state of the agent's plugin (fact 0x105), 0x5 at");
	agent.version = 6;
	expect_taken(by);
	agent.version = ~0ULL;
	expect_taken(by);
}

TEST_EACH(anew, "it is asked in each migration: an agent may have become another meanwhile")
{
	take_stream(by);
	agent.version = 6;
	stream.len = 0;
	way_save(by, &vf, &stream);
	agent.version = 5;
	expect_refused(by, "0x6 at the source, 0x5 here");
}
