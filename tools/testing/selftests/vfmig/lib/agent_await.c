// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a test expects of an agent of its own, or the test fails.
 */
#include <string.h>
#include <time.h>

#include "agent.h"
#include "knob.h"
#include "tap.h"

#define WAIT_S	60

void agent_start(struct agent *agent)
{
	ASSERT_EQ(agent_try_start(agent), 0, "%s", agent->bdf);
}

/* What the agent of the test before has left undone is this one's first request. */
void agent_start_afresh(struct agent *agent)
{
	const char *facts = core_text(agent->bdf, "agent");
	bool owed = strstr(facts, "stopped yes") && strstr(facts, "held no");

	agent_start(agent);
	if (!owed)
		return;
	EXPECT_STREQ(agent_await(agent, "abort"), "abort");
	agent_forget(agent);
}

static void await(struct agent *agent, bool (*there)(struct agent *agent, const char *words),
		  const char *words)
{
	struct timespec end;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += WAIT_S;
	pthread_mutex_lock(&agent->lock);
	while (!ret && !there(agent, words))
		ret = pthread_cond_timedwait(&agent->changed, &agent->lock, &end);
	pthread_mutex_unlock(&agent->lock);
}

static bool has_heard(struct agent *agent, const char *words)
{
	/* Nor does it help to wait where it has heard something else, or all there is. */
	return !strcmp(agent->heard, words) ||
	       strncmp(agent->heard, words, strlen(agent->heard)) ||
	       !core_number(agent->bdf, "agent", "owes");
}

const char *agent_await(struct agent *agent, const char *words)
{
	await(agent, has_heard, words);
	return agent_heard(agent);
}

static bool has_met(struct agent *agent, const char *words)
{
	(void)words;
	return agent->met;
}

void agent_await_trouble(struct agent *agent)
{
	await(agent, has_met, NULL);
	ASSERT_EQ(agent->met, true, "%s", agent_heard(agent));
}

static bool has_ended(struct agent *agent, const char *words)
{
	(void)words;
	return agent->ended;
}

void agent_await_end(struct agent *agent)
{
	await(agent, has_ended, NULL);
	ASSERT_EQ(agent->ended, true, "%s", agent_heard(agent));
}
