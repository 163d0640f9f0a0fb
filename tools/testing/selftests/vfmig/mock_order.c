// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the backend is told on each arc of v1 and on each hop of v2, in which
 * order, and how a failure in any step is undone; and on ways of several hops,
 * which vfio makes up, where the device is left.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "v2.h"
#include "ways.h"

struct arc {
	uint32_t from;
	uint32_t to;
	const char *calls;
};

static const struct arc arcs[] = {
	{ STATE_STOP, STATE_RUNNING, "thaw run" },
	{ STATE_STOP, STATE_STOP_COPY, "save_begin.stop_copy" },
	{ STATE_STOP, STATE_PRE_COPY, "save_begin.pre_copy thaw run" },
	{ STATE_STOP, STATE_RESUMING, "" },
	{ STATE_RUNNING, STATE_STOP, "quiesce freeze" },
	{ STATE_RUNNING, STATE_STOP_COPY, "quiesce freeze save_begin.stop_copy" },
	{ STATE_RUNNING, STATE_PRE_COPY, "save_begin.pre_copy" },
	{ STATE_RUNNING, STATE_RESUMING, "quiesce freeze" },
	{ STATE_STOP_COPY, STATE_STOP, "save_end" },
	{ STATE_STOP_COPY, STATE_RUNNING, "thaw run save_end" },
	{ STATE_PRE_COPY, STATE_STOP, "quiesce freeze save_end" },
	{ STATE_PRE_COPY, STATE_RUNNING, "save_end" },
	{ STATE_PRE_COPY, STATE_STOP_COPY, "quiesce freeze save_begin.stop_copy" },
	{ STATE_RESUMING, STATE_STOP, "" },
	{ STATE_RESUMING, STATE_RUNNING, "thaw run" },
	{ STATE_RESUMING, STATE_STOP_COPY, "save_begin.stop_copy" },
	{ STATE_RESUMING, STATE_PRE_COPY, "save_begin.pre_copy thaw run" },
};

static const struct arc hops[] = {
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

void before_open(void)
{
	need_mock(vf_first());
}

static void go_to_start(const struct protocol *by, const struct arc *arc)
{
	v2_close_all();
	if (by == &ways[BY_V2]) {
		v2_enter(&vf, arc->from);
	} else {
		vf_go(&vf, STATE_RUNNING);
		vf_go(&vf, arc->from);
	}
	mock_set(vf.bdf, "calls", "");
}

static void go_to_end(const struct protocol *by, const struct arc *arc)
{
	EXPECT_EQ(by->set(&vf, arc->to), 0, "%s, %u to %u", by->name, arc->from,
		  arc->to);
	EXPECT_EQ(by->get(&vf), arc->to, "%s, from %u", by->name, arc->from);
	if (by == &ways[BY_V2])
		v2_expect_agreement("after a hop");
}

static void each_arc(const struct protocol *by,
		     void (*act)(const struct protocol *by,
				 const struct arc *arc))
{
	bool v1 = by == &ways[BY_V1];
	size_t nr = v1 ? ARRAY_SIZE(arcs) : ARRAY_SIZE(hops);

	for (size_t i = 0; i < nr; i++)
		if (v1 || (v2_can(&vf, hops[i].from) && v2_can(&vf, hops[i].to)))
			act(by, v1 ? &arcs[i] : &hops[i]);
}

static void expect_calls(const struct protocol *by, const struct arc *arc)
{
	go_to_start(by, arc);
	go_to_end(by, arc);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), arc->calls);
}

TEST_EACH(calls, "each arc or hop: stop, change the save, start the load, start the device")
{
	each_arc(by, expect_calls);
}

#define MAX_STEPS 4

static const char *undo_of(const char *step)
{
	static const char * const undos[][2] = {
		{ "quiesce", "run" },
		{ "freeze", "thaw" },
		{ "thaw", "freeze" },
		{ "run", "quiesce" },
		{ "save_begin.pre_copy", "save_end" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(undos); i++)
		if (!strcmp(undos[i][0], step))
			return undos[i][1];
	return NULL;
}

static unsigned int split(const char *calls, char steps[MAX_STEPS][32])
{
	unsigned int n = 0;
	int used;

	while (n < MAX_STEPS && sscanf(calls, "%31s%n", steps[n], &used) == 1) {
		calls += used;
		n++;
	}
	return n;
}

/* What the log has to say when step number @bad fails with EIO. */
static void expected_log(char *text, size_t room, char steps[MAX_STEPS][32],
			 unsigned int bad)
{
	size_t len = 0;

	for (unsigned int i = 0; i <= bad; i++)
		len += snprintf(text + len, room - len, "%s%s", i ? " " : "",
				steps[i]);
	len += snprintf(text + len, room - len, "!5");
	while (bad--)
		len += snprintf(text + len, room - len, " %s",
				undo_of(steps[bad]));
}

static void fail_step(const char *step)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*s 1 5", (int)strcspn(step, "."), step);
	mock_set(vf.bdf, "fault", text);
}

static void fail_each_step(const struct protocol *by, const struct arc *arc)
{
	char steps[MAX_STEPS][32];
	unsigned int nr = split(arc->calls, steps);
	char want[256];

	for (unsigned int bad = 0; bad < nr; bad++) {
		/* This cannot. */
		if (!strcmp(steps[bad], "save_end"))
			continue;
		go_to_start(by, arc);
		fail_step(steps[bad]);
		EXPECT_EQ(by->set(&vf, arc->to), by->step_failed,
			  "%s, %u to %u, %s", by->name, arc->from, arc->to,
			  steps[bad]);
		EXPECT_EQ(by->get(&vf), arc->from, "%s, %u to %u, %s", by->name,
			  arc->from, arc->to, steps[bad]);
		expected_log(want, sizeof(want), steps, bad);
		EXPECT_STREQ(mock_text(vf.bdf, "calls"), want);

		/* As if it had not been tried: now it works. */
		go_to_end(by, arc);
	}
}

TEST_EACH(failures, "a step that fails: those before it undone in reverse, the state as it was")
{
	each_arc(by, fail_each_step);
	ASSERT_EQ(vf_reset(&vf), 0);
	way_need_whole_transfer(by);
}

/* Where the last call fails: the state it leaves, and what undoes its hop. */
static const struct {
	struct arc arc;
	uint32_t left;
	const char *undo;
} long_ways[] = {
	{ { V2_RUNNING, V2_STOP_COPY, "quiesce freeze save_begin.stop_copy" },
	  V2_STOP, "" },
	{ { V2_STOP, V2_PRE_COPY, "thaw run save_begin.pre_copy" },
	  V2_RUNNING, "" },
	{ { V2_STOP, V2_PRE_COPY_P2P, "thaw save_begin.pre_copy" },
	  V2_RUNNING_P2P, "" },
	{ { V2_STOP_COPY, V2_RUNNING, "save_end thaw run" },
	  V2_RUNNING_P2P, "" },
	{ { V2_PRE_COPY, V2_STOP, "save_end quiesce freeze" },
	  V2_RUNNING_P2P, "" },
	{ { V2_PRE_COPY, V2_RESUMING, "save_end quiesce freeze" },
	  V2_RUNNING_P2P, "" },
	{ { V2_PRE_COPY, V2_STOP_COPY, "quiesce freeze save_begin.stop_copy" },
	  V2_PRE_COPY_P2P, " thaw" },
	{ { V2_PRE_COPY_P2P, V2_RUNNING, "save_end run" }, V2_RUNNING_P2P, "" },
	{ { V2_PRE_COPY_P2P, V2_STOP, "save_end freeze" }, V2_RUNNING_P2P, "" },
	{ { V2_RESUMING, V2_RUNNING_P2P, "thaw" }, V2_STOP, "" },
	{ { V2_RESUMING, V2_STOP_COPY, "save_begin.stop_copy" }, V2_STOP, "" },
	{ { V2_RESUMING, V2_PRE_COPY, "thaw run save_begin.pre_copy" },
	  V2_RUNNING, "" },
};

static void fail_last_step(const struct arc *arc, uint32_t left,
			   const char *undo)
{
	const char *last = strrchr(arc->calls, ' ');
	char want[256];
	int fd;

	go_to_start(&ways[BY_V2], arc);
	fail_step(last ? last + 1 : arc->calls);
	EXPECT_EQ(v2_set_state(&vf, arc->to, &fd), -EIO, "%s to %s",
		  v2_name(arc->from), v2_name(arc->to));
	EXPECT_EQ(fd, NO_FD);
	EXPECT_EQ(v2_state(&vf), left, "%s to %s", v2_name(arc->from),
		  v2_name(arc->to));
	snprintf(want, sizeof(want), "%s!5%s", arc->calls, undo);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), want);
	go_to_end(&ways[BY_V2], arc);
}

TEST(several_hops, "on a way of several hops those before one that fails stand; no fd")
{
	for (size_t i = 0; i < ARRAY_SIZE(long_ways); i++) {
		const struct arc *arc = &long_ways[i].arc;

		if (!v2_can(&vf, arc->from) || !v2_can(&vf, arc->to))
			continue;
		expect_calls(&ways[BY_V2], arc);
		fail_last_step(arc, long_ways[i].left, long_ways[i].undo);
	}
	v2_close_all();
	v2_go_back(&vf);
	v2_need_whole_transfer();
}

TEST(save_survives, "a save whose end has failed goes on where it was, and loses nothing")
{
	struct bytes stream = {};

	mock_setn(vf.bdf, "size", 65536);
	param_set("vfmig", "window", "4096");
	reopen();
	vf_go(&vf, STATE_STOP_COPY);
	save_chunk(&vf, &stream, TRAPPED_WHOLE);
	vf_pending(&vf);
	fail_step("run");
	EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_RESUMING);
	EXPECT_EQ(load_all(&vf, &stream), 0);
	vf_go(&vf, STATE_RUNNING);
	bytes_free(&stream);
}

TEST_EACH(transfer, "a save is begun and ended once; a load is begun with its first byte")
{
	struct bytes stream = {};

	mock_setn(vf.bdf, "size", 4096);
	reopen();
	mock_set(vf.bdf, "calls", "");
	way_save(by, &vf, &stream);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), by == &ways[BY_V1] ?
		     "quiesce freeze save_begin.stop_copy save*2 thaw run save_end" :
		     "quiesce freeze save_begin.stop_copy save*2 save_end thaw run");
	mock_set(vf.bdf, "calls", "");
	way_go(by, &vf, TO_RESUMING);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), "quiesce freeze");
	ASSERT_EQ(by->fill(&vf, stream.at, stream.len), 0);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"),
		     "quiesce freeze load_begin load*2 load_commit load_end");
	way_go(by, &vf, TO_RUNNING);
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

TEST_EACH(reset_ends_first, "a reset ends what is begun, and only then tells the backend to forget")
{
	way_go(by, &vf, TO_STOP_COPY);
	mock_set(vf.bdf, "calls", "");
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), "save_end reset");
}

TEST(identity, "the identity is asked for at every open, and without one there is no open")
{
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), "identity");
	mock_set(vf.bdf, "fault", "identity 1 5");
	vf_close(&vf);
	EXPECT_EQ(vf_try_open(&vf, vf_first()), -EIO);
	reopen();
	need_whole_transfer();
}
