// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the backend is told on each way through the states of v2, hop by hop, and
 * what is left where a step fails. RUNNING_P2P is a quiesced device that is not
 * frozen.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "v2.h"

/* What a hop from one state to the next one has the backend do. */
static const struct hop {
	uint32_t from;
	uint32_t to;
	const char *calls;
} hops[] = {
	{ V2_RUNNING, V2_RUNNING_P2P, "quiesce" },
	{ V2_RUNNING_P2P, V2_RUNNING, "run" },
	{ V2_RUNNING_P2P, V2_STOP, "freeze" },
	{ V2_STOP, V2_RUNNING_P2P, "thaw" },
	{ V2_STOP, V2_STOP_COPY, "save_begin.stop_copy" },
	{ V2_STOP_COPY, V2_STOP, "save_end" },
	{ V2_STOP, V2_RESUMING, "" },
	{ V2_RESUMING, V2_STOP, "" },
	{ V2_RUNNING, V2_PRE_COPY, "save_begin.pre_copy" },
	{ V2_PRE_COPY, V2_RUNNING, "save_end" },
	{ V2_RUNNING_P2P, V2_PRE_COPY_P2P, "save_begin.pre_copy" },
	{ V2_PRE_COPY_P2P, V2_RUNNING_P2P, "save_end" },
	{ V2_PRE_COPY, V2_PRE_COPY_P2P, "quiesce" },
	{ V2_PRE_COPY_P2P, V2_PRE_COPY, "run" },
	{ V2_PRE_COPY_P2P, V2_STOP_COPY, "freeze save_begin.stop_copy" },
};

/* The next state on the way: as <linux/vfio.h> has it, the shortest one. */
static const uint32_t next[V2_NR_STATES][V2_NR_STATES] = {
	[V2_STOP] = {
		[V2_RUNNING] = V2_RUNNING_P2P,
		[V2_RUNNING_P2P] = V2_RUNNING_P2P,
		[V2_PRE_COPY] = V2_RUNNING_P2P,
		[V2_PRE_COPY_P2P] = V2_RUNNING_P2P,
		[V2_STOP_COPY] = V2_STOP_COPY,
		[V2_RESUMING] = V2_RESUMING,
	},
	[V2_RUNNING] = {
		[V2_STOP] = V2_RUNNING_P2P,
		[V2_RUNNING_P2P] = V2_RUNNING_P2P,
		[V2_PRE_COPY] = V2_PRE_COPY,
		[V2_PRE_COPY_P2P] = V2_RUNNING_P2P,
		[V2_STOP_COPY] = V2_RUNNING_P2P,
		[V2_RESUMING] = V2_RUNNING_P2P,
	},
	[V2_RUNNING_P2P] = {
		[V2_STOP] = V2_STOP,
		[V2_RUNNING] = V2_RUNNING,
		[V2_PRE_COPY] = V2_RUNNING,
		[V2_PRE_COPY_P2P] = V2_PRE_COPY_P2P,
		[V2_STOP_COPY] = V2_STOP,
		[V2_RESUMING] = V2_STOP,
	},
	[V2_PRE_COPY] = {
		[V2_STOP] = V2_RUNNING,
		[V2_RUNNING] = V2_RUNNING,
		[V2_RUNNING_P2P] = V2_RUNNING,
		[V2_PRE_COPY_P2P] = V2_PRE_COPY_P2P,
		[V2_STOP_COPY] = V2_PRE_COPY_P2P,
		[V2_RESUMING] = V2_RUNNING,
	},
	[V2_PRE_COPY_P2P] = {
		[V2_STOP] = V2_RUNNING_P2P,
		[V2_RUNNING] = V2_RUNNING_P2P,
		[V2_RUNNING_P2P] = V2_RUNNING_P2P,
		[V2_PRE_COPY] = V2_PRE_COPY,
		[V2_STOP_COPY] = V2_STOP_COPY,
		[V2_RESUMING] = V2_RUNNING_P2P,
	},
	[V2_STOP_COPY] = {
		[V2_STOP] = V2_STOP,
		[V2_RUNNING] = V2_STOP,
		[V2_RUNNING_P2P] = V2_STOP,
		[V2_RESUMING] = V2_STOP,
	},
	[V2_RESUMING] = {
		[V2_STOP] = V2_STOP,
		[V2_RUNNING] = V2_STOP,
		[V2_RUNNING_P2P] = V2_STOP,
		[V2_PRE_COPY] = V2_STOP,
		[V2_PRE_COPY_P2P] = V2_STOP,
		[V2_STOP_COPY] = V2_STOP,
	},
};

#define MAX_STEPS	12
#define STEP_LEN	32

/* All that is done on a way, and at which state each step is begun. */
struct way_steps {
	unsigned int nr;
	struct {
		char call[STEP_LEN];
		uint32_t at;
	} step[MAX_STEPS];
};

static const char *calls_of(uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < ARRAY_SIZE(hops); i++)
		if (hops[i].from == from && hops[i].to == to)
			return hops[i].calls;
	ASSERT_EQ(to, from, "no hop from %s to %s", v2_name(from), v2_name(to));
	return "";
}

static void find_steps(uint32_t from, uint32_t to, struct way_steps *way)
{
	uint32_t hop;

	for (way->nr = 0; from != to; from = hop) {
		const char *calls;
		int used;

		hop = next[from][to];
		calls = calls_of(from, hop);
		while (sscanf(calls, "%31s%n", way->step[way->nr].call,
			      &used) == 1) {
			calls += used;
			way->step[way->nr++].at = from;
		}
	}
}

static void add_call(char *text, size_t room, const char *call)
{
	size_t len = strlen(text);

	snprintf(text + len, room - len, "%s%s", len ? " " : "", call);
}

void before_open(void)
{
	need_mock(vf_first());
}

static void start_from(uint32_t state)
{
	v2_close_all();
	v2_enter(&vf, state);
	mock_set(vf.bdf, "calls", "");
}

static void each_way(void (*act)(uint32_t from, uint32_t to))
{
	for (uint32_t from = 0; from < V2_NR_STATES; from++)
		for (uint32_t to = 0; to < V2_NR_STATES; to++)
			if (v2_can(&vf, from) && v2_can(&vf, to) &&
			    next[from][to])
				act(from, to);
}

static void expect_calls(uint32_t from, uint32_t to)
{
	struct way_steps way;
	char want[256] = "";

	find_steps(from, to, &way);
	for (unsigned int i = 0; i < way.nr; i++)
		add_call(want, sizeof(want), way.step[i].call);
	start_from(from);
	v2_go(&vf, to);
	tap_compare(__FILE__, __LINE__, v2_name(to),
		    mock_text(vf.bdf, "calls"), want);
}

TEST(each_way_there_is, "on each way the backend is told hop by hop, and nothing beside")
{
	each_way(expect_calls);
}

static const char *undo_of(const char *call)
{
	static const char * const pairs[][2] = {
		{ "quiesce", "run" },
		{ "run", "quiesce" },
		{ "freeze", "thaw" },
		{ "thaw", "freeze" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (!strcmp(pairs[i][0], call))
			return pairs[i][1];
	return "";
}

static void fail_call(const char *call)
{
	char text[STEP_LEN + 8];

	snprintf(text, sizeof(text), "%.*s 1 5", (int)strcspn(call, "."), call);
	mock_set(vf.bdf, "fault", text);
}

/* Earlier hops stand; what the failed one has done is undone in reverse. */
static void expected_log(char *want, size_t room, const struct way_steps *way,
			 unsigned int bad)
{
	char failed[STEP_LEN + 4];
	unsigned int i;

	want[0] = '\0';
	for (i = 0; i < bad; i++)
		add_call(want, room, way->step[i].call);
	snprintf(failed, sizeof(failed), "%s!5", way->step[bad].call);
	add_call(want, room, failed);
	while (i-- && way->step[i].at == way->step[bad].at)
		add_call(want, room, undo_of(way->step[i].call));
}

static void fail_each_step(uint32_t from, uint32_t to)
{
	struct way_steps way;
	char want[512];
	int fd;

	find_steps(from, to, &way);
	for (unsigned int bad = 0; bad < way.nr; bad++) {
		const char *call = way.step[bad].call;
		uint32_t at = way.step[bad].at;

		/* save_end cannot. */
		if (!strcmp(call, "save_end"))
			continue;
		start_from(from);
		fail_call(call);
		EXPECT_EQ(v2_set_state(&vf, to, &fd), -EIO, "%s to %s, %s",
			  v2_name(from), v2_name(to), call);
		EXPECT_EQ(fd, NO_FD);
		EXPECT_EQ(v2_state(&vf), at, "%s to %s, %s", v2_name(from),
			  v2_name(to), call);
		expected_log(want, sizeof(want), &way, bad);
		EXPECT_STREQ(mock_text(vf.bdf, "calls"), want);

		/* As if it had not been tried: now it works. */
		v2_go(&vf, to);
	}
}

TEST(failures, "a step that fails: EIO, its hop undone, the state of before it, and a way on")
{
	each_way(fail_each_step);
	v2_close_all();
	v2_go_back(&vf);
	v2_need_whole_transfer();
}

static void expect_run(const char *run)
{
	EXPECT_EQ(mock_is(vf.bdf, "run", run), true, "%s: %s", run,
		  mock_text(vf.bdf, "state"));
}

TEST(p2p, "RUNNING_P2P is quiesced and not frozen, from either side, for as long as it is wanted")
{
	v2_go(&vf, V2_RUNNING_P2P);
	expect_run("quiesced");
	v2_go(&vf, V2_RUNNING);
	expect_run("running");
	v2_go(&vf, V2_STOP);
	expect_run("frozen");
	v2_go(&vf, V2_RUNNING_P2P);
	expect_run("quiesced");
	for (int i = 0; i < 3; i++) {
		v2_go(&vf, V2_STOP_COPY);
		expect_run("frozen");
		v2_go(&vf, V2_RUNNING_P2P);
		expect_run("quiesced");
	}
	v2_go(&vf, V2_RUNNING);
	expect_run("running");
}

TEST(pre_copy_p2p, "PRE_COPY_P2P is that with a save under way")
{
	v2_need_pre_copy(&vf);
	v2_go(&vf, V2_PRE_COPY);
	expect_run("running");
	v2_go(&vf, V2_PRE_COPY_P2P);
	expect_run("quiesced");
	EXPECT_EQ(mock_is(vf.bdf, "session", "pre_copy"), true);
	v2_go(&vf, V2_PRE_COPY);
	expect_run("running");
	v2_go(&vf, V2_RUNNING_P2P);
	expect_run("quiesced");
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true);
	v2_go(&vf, V2_PRE_COPY_P2P);
	expect_run("quiesced");
	v2_go(&vf, V2_STOP_COPY);
	expect_run("frozen");
}

TEST(transfer, "a save is begun and ended once; a load is begun with its first byte")
{
	struct bytes stream = {};
	int fd;

	mock_setn(vf.bdf, "size", 4096);
	reopen();
	mock_set(vf.bdf, "calls", "");
	v2_save_stopped(&vf, &stream);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"),
		     "quiesce freeze save_begin.stop_copy save*2 save_end thaw run");
	mock_set(vf.bdf, "calls", "");
	fd = v2_begin(&vf, V2_RESUMING);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), "quiesce freeze");
	ASSERT_EQ(v2_fill(fd, stream.at, stream.len, AT_ONCE), 0);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"),
		     "quiesce freeze load_begin load*2 load_commit load_end");
	v2_go(&vf, V2_RUNNING);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"),
		     "quiesce freeze load_begin load*2 load_commit load_end thaw run");
	bytes_free(&stream);
}

TEST(closing_the_fd, "closing a data fd tells the backend nothing: the state stays")
{
	int fd = v2_begin(&vf, V2_STOP_COPY);

	mock_set(vf.bdf, "calls", "");
	v2_close(fd);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), "");
	EXPECT_EQ(v2_state(&vf), V2_STOP_COPY);
	v2_go(&vf, V2_STOP);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), "save_end");
}

TEST(reset_ends_first, "a reset ends what is begun, and only then tells the backend to forget")
{
	v2_begin(&vf, V2_STOP_COPY);
	mock_set(vf.bdf, "calls", "");
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), "save_end reset");
}
