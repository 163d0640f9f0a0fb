// SPDX-License-Identifier: GPL-2.0-only
/*
 * An agent that does not answer in time: how long that is, the module says.
 */
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "fixture.h"

#define SHORT_MS	200
#define LONG_MS		60000

static struct agent agent;

static void limit(unsigned int ms)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", ms);
	param_set("oob_vfio_pci", "timeout_ms", text);
	vf_rebind(vf_first());
}

void before_open(void)
{
	agent_free(&agent);
	limit(SHORT_MS);
}

static void expect_late(const char *what)
{
	const char *text;

	EXPECT_EQ(vf_set_state(&vf, STATE_PRE_COPY), -EFAULT);
	agent_await_end(&agent);
	text = core_text(vf.bdf, "last_error");
	EXPECT_NE(strstr(text, what), NULL, "%s", text);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	EXPECT_NE(strstr(core_text(vf.bdf, "agent"), "agent none"), NULL);
}

TEST(late, "one that does not answer in time is detached, and the function runs on")
{
	agent_init(&agent, vf.bdf, 100);
	agent_start(&agent);
	agent_misbehave(&agent, AGENT_HANGS, VFMIG_AGENT_HELLO, 0);
	expect_late("asked who it is and has not answered within");
}

/* However slow the machine is: within a limit that is enough for it. */
static void begin_save(void)
{
	unsigned int ms = SHORT_MS;

	while (vf_set_state(&vf, STATE_PRE_COPY)) {
		ms *= 2;
		ASSERT_LE(ms, LONG_MS, "%s", core_text(vf.bdf, "last_error"));
		agent_stop(&agent);
		vf_close(&vf);
		limit(ms);
		vf_open(&vf, vf_first());
		agent_start(&agent);
		agent_misbehave(&agent, AGENT_HANGS, VFMIG_AGENT_ABORT, 0);
	}
}

TEST(dies_slowly, "so is one that was asked after a reset, once a migration waits for it")
{
	agent_init(&agent, vf.bdf, 100);
	agent_start(&agent);
	agent_misbehave(&agent, AGENT_HANGS, VFMIG_AGENT_ABORT, 0);
	begin_save();
	ASSERT_EQ(vf_reset(&vf), 0);
	agent_await_trouble(&agent);
	expect_late("asked to abort and has not answered within");
}
