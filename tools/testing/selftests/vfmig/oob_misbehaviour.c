// SPDX-License-Identifier: GPL-2.0-only
/*
 * Agents that die, hang, refuse, or answer what cannot be, at each request of a
 * migration: it fails with the reason, the function runs on, and a new agent migrates it.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "fixture.h"
#include "v2.h"
#include "ways.h"

#define SIZE	20000

static struct agent agent;
static struct bytes stream, got;

void before_open(void)
{
	agent_free(&agent);
	bytes_free(&stream);
	bytes_free(&got);
}

/* One request of a migration, in which it is met. A load begins with a stop. */
struct point {
	const char *name;
	bool load;
	uint32_t type;
	unsigned int after;
};

static const struct point points[] = {
	{ "save's hello", false, VFMIG_AGENT_HELLO, 0 },
	{ "save's first state", false, VFMIG_AGENT_SET_STATE, 0 },
	{ "pending", false, VFMIG_AGENT_PENDING, 0 },
	{ "save", false, VFMIG_AGENT_SAVE, 0 },
	{ "stop", false, VFMIG_AGENT_SET_STATE, 1 },
	{ "pending, stopped", false, VFMIG_AGENT_PENDING, 2 },
	{ "save, stopped", false, VFMIG_AGENT_SAVE, 1 },
	{ "load's hello", true, VFMIG_AGENT_HELLO, 1 },
	{ "load's first state", true, VFMIG_AGENT_SET_STATE, 2 },
	{ "load", true, VFMIG_AGENT_LOAD, 0 },
	{ "loaded", true, VFMIG_AGENT_LOADED, 0 },
};

/* What is said of it; the agent is detached where it is @fatal. */
struct kind {
	enum agent_trouble trouble;
	const char *reason;
	bool fatal;
};

static const struct kind kinds[] = {
	{ AGENT_DIES, "its file was closed", true },
	{ AGENT_REFUSES, "the SoC is away", false },
	{ AGENT_ANSWERS_ANOTHER, "it was not sent", true },
	{ AGENT_ANSWERS_POSITIVE, "no errno", true },
	{ AGENT_ANSWERS_NO_ERRNO, "no errno", true },
	{ AGENT_FILLS_RESERVED, "a reserved field is not 0", true },
	{ AGENT_FILLS_WORDS, "a reserved field is not 0", true },
	{ AGENT_EXPLAINS_SUCCESS, "a reason for a success", true },
	{ AGENT_EXPLAINS_IN_BYTES, "not printable", true },
};

static void begin(void)
{
	agent_init(&agent, vf.bdf, SIZE);
	agent.pre_copy = 5000;
	agent_start_afresh(&agent);
	save_stopped(&vf, &stream);
}

/* For threads: nothing is asserted where a reset comes in between. */
static int drain(const struct protocol *by)
{
	uint64_t left, value;
	int ret;

	if (by != &ways[BY_V1])
		return by->drain(&vf, &got);
	for (;;) {
		ret = vf_read64(&vf, REG_PENDING_BYTES, &left);
		if (ret || !left)
			return ret;
		ret = vf_read64(&vf, REG_DATA_OFFSET, &value);
		if (!ret)
			ret = vf_read64(&vf, REG_DATA_SIZE, &value);
		if (ret || !value)
			return ret ?: -ECANCELED;
	}
}

/* 0, or the errno of the step that has failed. */
static int try_save(const struct protocol *by)
{
	int ret = 0;

	if (by == &ways[BY_V1] || v2_can(&vf, V2_PRE_COPY)) {
		ret = way_try(by, &vf, TO_PRE_COPY);
		if (!ret)
			ret = drain(by);
	}
	if (!ret)
		ret = way_try(by, &vf, TO_STOP_COPY);
	return ret ?: drain(by);
}

static int try_load(const struct protocol *by)
{
	int ret = way_try(by, &vf, TO_RESUMING);

	return ret ?: by->fill(&vf, stream.at, stream.len);
}

static int try_point(const struct protocol *by, const struct point *point)
{
	got.len = 0;
	return point->load ? try_load(by) : try_save(by);
}

/* A failed load is left by a reset; a failed save is cancelled. */
static void go_on(const struct protocol *by, const struct point *point)
{
	if (point->load) {
		v2_close_all();
		ASSERT_EQ(vf_reset(&vf), 0, "%s", point->name);
	} else {
		way_go(by, &vf, TO_RUNNING);
	}
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true, "%s", point->name);
}

static void expect_reason(const char *reason, const char *where)
{
	const char *text = core_text(vf.bdf, "last_error");

	EXPECT_NE(strstr(text, reason), NULL, "\"%s\" in \"%s\", %s", reason, text, where);
}

static void need_agent(const char *where)
{
	uint64_t generation = agent.generation;

	agent_stop(&agent);
	agent_start(&agent);
	EXPECT_EQ(agent.generation, generation + 1, "%s", where);
}

static bool is_met_by(const struct protocol *by, const struct point *point)
{
	if (by == &ways[BY_V1] || v2_can(&vf, V2_PRE_COPY))
		return true;
	return point->load || point->after < 1;
}

static void fail_at(const struct protocol *by, const struct point *point,
		    const struct kind *kind)
{
	agent_misbehave(&agent, kind->trouble, point->type, point->after);
	EXPECT_NE(try_point(by, point), 0, "%s, %s", point->name, kind->reason);
	agent_await_trouble(&agent);
	expect_reason(kind->reason, point->name);
	if (kind->fatal && kind->trouble != AGENT_DIES)
		EXPECT_EQ(agent_trouble_ret(&agent), -EPROTO, "%s, %s", point->name, kind->reason);
	go_on(by, point);
	if (kind->fatal)
		need_agent(point->name);
	way_need_whole_transfer(by);
	EXPECT_EQ(agent.runs, true, "%s, %s", point->name, kind->reason);
}

static void fail_everywhere(const struct protocol *by, const struct kind *kind)
{
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(points); i++)
		if (is_met_by(by, &points[i]))
			fail_at(by, &points[i], kind);
}

TEST_EACH(dies, "an agent that dies is noticed at once, at each request")
{
	fail_everywhere(by, &kinds[0]);
}

TEST_EACH(refuses, "what an agent refuses fails with its own words, and it stays the agent")
{
	fail_everywhere(by, &kinds[1]);
	EXPECT_EQ(core_number(vf.bdf, "agent", "generations"), agent.generation);
}

TEST(nonsense, "an answer that cannot be, to any request, ends the agent: EPROTO")
{
	begin();
	for (size_t k = 2; k < ARRAY_SIZE(kinds); k++)
		for (size_t i = 0; i < ARRAY_SIZE(points); i++)
			fail_at(&ways[BY_V1], &points[i], &kinds[k]);
}

TEST(too_much, "more to save than can be, more or less saved than asked for, or no name: likewise")
{
	static const struct {
		size_t point;
		struct kind kind;
	} cases[] = {
		{ 0, { AGENT_SAYS_TOO_MUCH, "more than 1 MiB", true } },
		{ 0, { AGENT_SAYS_TOO_LITTLE, "the name of its plugin", true } },
		{ 2, { AGENT_SAYS_TOO_MUCH, "more to save than can be", true } },
		{ 3, { AGENT_SAYS_TOO_MUCH, "as many bytes as it was asked", true } },
		{ 3, { AGENT_SAYS_TOO_LITTLE, "as many bytes as it was asked", true } },
	};

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		fail_at(&ways[BY_V1], &points[cases[i].point], &cases[i].kind);
}

TEST(twice, "so does a second answer to the same request, whatever comes of the migration")
{
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		agent_misbehave(&agent, AGENT_ANSWERS_TWICE, points[i].type, points[i].after);
		try_point(&ways[BY_V1], &points[i]);
		agent_await_trouble(&agent);
		EXPECT_EQ(agent_trouble_ret(&agent), -EPROTO, "%s", points[i].name);
		agent_await_end(&agent);
		go_on(&ways[BY_V1], &points[i]);
		need_agent(points[i].name);
		need_whole_transfer();
	}
}

struct order {
	const struct protocol *by;
	const struct point *point;
	int ret;
};

static void *give(void *data)
{
	struct order *order = data;

	order->ret = try_point(order->by, order->point);
	return NULL;
}

TEST(hangs, "one that hangs does not hold up a reset, and its late answer is ENOENT")
{
	struct order order = { .by = &ways[BY_V1] };
	pthread_t thread;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		order.point = &points[i];
		agent_misbehave(&agent, AGENT_ANSWERS_LATE, points[i].type, points[i].after);
		ASSERT_EQ(pthread_create(&thread, NULL, give, &order), 0);
		agent_await_trouble(&agent);
		ASSERT_EQ(vf_reset(&vf), 0, "%s", points[i].name);
		pthread_join(thread, NULL);
		EXPECT_NE(order.ret, 0, "%s", points[i].name);
		expect_reason("reset", points[i].name);
		EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%s", points[i].name);
		need_whole_transfer();
		EXPECT_EQ(agent_trouble_ret(&agent), -ENOENT, "%s", points[i].name);
		EXPECT_EQ(core_number(vf.bdf, "agent", "generations"), agent.generation);
	}
}

TEST(killed, "nor does it keep a process from being killed")
{
	pid_t child;
	int status;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		agent_misbehave(&agent, AGENT_ANSWERS_LATE, points[i].type, points[i].after);
		child = fork();
		if (!child) {
			try_point(&ways[BY_V1], &points[i]);
			_exit(0);
		}
		agent_await_trouble(&agent);
		kill(child, SIGKILL);
		ASSERT_EQ(waitpid(child, &status, 0), child);
		EXPECT_EQ(WIFSIGNALED(status), true, "%s", points[i].name);
		ASSERT_EQ(vf_reset(&vf), 0, "%s", points[i].name);
		need_whole_transfer();
	}
}

TEST(killed_early, "what nobody knows to be begun is aborted")
{
	pid_t child;
	int status;

	begin();
	agent_forget(&agent);
	agent_misbehave(&agent, AGENT_ANSWERS_LATE, VFMIG_AGENT_SET_STATE, 0);
	child = fork();
	if (!child) {
		vf_set_state(&vf, STATE_PRE_COPY);
		_exit(0);
	}
	agent_await_trouble(&agent);
	kill(child, SIGKILL);
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_STREQ(agent_await(&agent, "hello new:3 abort"), "hello new:3 abort");
	need_whole_transfer();
}

TEST_EACH(stopped_and_gone, "where the agent of a stopped function is gone the next one has it run")
{
	begin();
	way_stop_copy(by, &vf, &got);
	EXPECT_EQ(agent.runs, false);
	agent_stop(&agent);
	EXPECT_NE(strstr(core_text(vf.bdf, "agent"), "stopped yes"), NULL);
	way_go(by, &vf, TO_RUNNING);
	agent_start(&agent);
	EXPECT_STREQ(agent_await(&agent, "abort"), "abort");
	EXPECT_EQ(agent.runs, true);
	way_need_whole_transfer(by);
	EXPECT_NE(strstr(core_text(vf.bdf, "agent"), "stopped no"), NULL);
}

TEST(owed, "what was asked after a reset the next save waits for, and fails if it was not done")
{
	begin();
	vf_go(&vf, STATE_STOP_COPY);
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_ABORT, 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	agent_await_trouble(&agent);
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_ABORT, 0);
	EXPECT_EQ(vf_set_state(&vf, STATE_PRE_COPY), -EFAULT);
	expect_reason("was asked to abort, and says -", "owed");
	EXPECT_NE(strstr(core_text(vf.bdf, "agent"), "stopped yes"), NULL);
	need_whole_transfer();
	EXPECT_NE(strstr(core_text(vf.bdf, "agent"), "stopped no"), NULL);
}
