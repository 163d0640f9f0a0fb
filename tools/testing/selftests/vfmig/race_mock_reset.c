// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reset against everything it can meet: each call of the backend that an
 * arc, its undo or a transfer makes is held open, so that the reset certainly
 * comes in the middle of it.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "race.h"

/* As few as the records of a transfer allow, since there are many of them. */
#define STATE_BYTES	8192

/* Calls of the backend that the 17 arcs make and that can be held open. */
#define HOLDS		27
/* Of these, such as have a call before them that is to be undone by another. */
#define UNDOS		12

static const struct arc {
	uint32_t from, to;
} arcs[] = {
	{ STATE_STOP, STATE_RUNNING },
	{ STATE_STOP, STATE_STOP_COPY },
	{ STATE_STOP, STATE_PRE_COPY },
	{ STATE_STOP, STATE_RESUMING },
	{ STATE_RUNNING, STATE_STOP },
	{ STATE_RUNNING, STATE_STOP_COPY },
	{ STATE_RUNNING, STATE_PRE_COPY },
	{ STATE_RUNNING, STATE_RESUMING },
	{ STATE_STOP_COPY, STATE_STOP },
	{ STATE_STOP_COPY, STATE_RUNNING },
	{ STATE_PRE_COPY, STATE_STOP },
	{ STATE_PRE_COPY, STATE_RUNNING },
	{ STATE_PRE_COPY, STATE_STOP_COPY },
	{ STATE_RESUMING, STATE_STOP },
	{ STATE_RESUMING, STATE_RUNNING },
	{ STATE_RESUMING, STATE_STOP_COPY },
	{ STATE_RESUMING, STATE_PRE_COPY },
};

void before_open(void)
{
	need_mock(vf_first());
	hold_for_ever();
	mock_setn(vf_first(), "size", STATE_BYTES);
}

/* The calls of an arc, as the mock has seen them; leaves the device there. */
static void learn_calls(const struct arc *arc, struct calls *calls)
{
	mock_set(vf.bdf, "calls", "");
	vf_go(&vf, arc->to);
	calls_seen(calls);
}

static void go_to_start(const struct arc *arc)
{
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, arc->from);
}

static void expect_forgotten(const struct arc *arc, const char *call,
			     const struct reset *reset)
{
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%u to %u, %s, %s", arc->from,
		  arc->to, call, reset->name);
	EXPECT_EQ(mock_is(vf.bdf, "run", "running"), true, "%u to %u, %s, %s",
		  arc->from, arc->to, call, reset->name);
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true, "%u to %u, %s, %s",
		  arc->from, arc->to, call, reset->name);
}

/* The arc stands in @call until @reset ends it. */
static void reset_in(const struct arc *arc, const char *call,
		     const struct reset *reset)
{
	struct access set = {
		.vf = &vf,
		.at = REG_DEVICE_STATE,
		.value = arc->to,
		.write = true,
	};

	hold_until(&set, call);
	EXPECT_EQ(set.done, false, "%u to %u, %s", arc->from, arc->to, call);
	EXPECT_EQ(reset->now(&vf), 0, "%s", reset->name);
	access_join(&set);
	EXPECT_EQ(set.ret, -EFAULT, "%u to %u, %s, %s", arc->from, arc->to,
		  call, reset->name);
	expect_forgotten(arc, call, reset);
}

/* Every way to reset in turn: each takes a tenth of a second and more. */
static unsigned int turn;

static unsigned int in_each_call(const struct arc *arc)
{
	struct calls calls;

	go_to_start(arc);
	learn_calls(arc, &calls);
	for (unsigned int i = 0; i < calls.nr; i++) {
		go_to_start(arc);
		reset_in(arc, calls.name[i], &resets[turn++ % nr_resets]);
	}
	return calls.nr;
}

TEST(each_step, "a reset ends each step of each arc: EFAULT, then RUNNING")
{
	unsigned int held = 0;

	for (size_t i = 0; i < ARRAY_SIZE(arcs); i++)
		held += in_each_call(&arcs[i]);
	EXPECT_EQ(held, HOLDS);
	need_whole_transfer();
}

/* What undoes a call; NULL where that cannot be held open. */
static const char *undo_of(const char *call)
{
	static const char * const pairs[][2] = {
		{ "quiesce", "run" }, { "run", "quiesce" },
		{ "freeze", "thaw" }, { "thaw", "freeze" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (!strcmp(call, pairs[i][0]))
			return pairs[i][1];
	return NULL;
}

static unsigned int in_each_undo(const struct arc *arc)
{
	unsigned int undone = 0;
	struct calls calls;
	const char *undo;
	char fault[32];

	go_to_start(arc);
	learn_calls(arc, &calls);
	for (unsigned int i = 1; i < calls.nr; i++) {
		undo = undo_of(calls.name[i - 1]);
		if (!undo)
			continue;
		go_to_start(arc);
		snprintf(fault, sizeof(fault), "%s 1 5", calls.name[i]);
		mock_set(vf.bdf, "fault", fault);
		reset_in(arc, undo, &resets[turn++ % nr_resets]);
		undone++;
	}
	return undone;
}

TEST(each_undo, "a reset ends the undoing of a step that has failed, too: no ERROR is left")
{
	unsigned int undone = 0;

	for (size_t i = 0; i < ARRAY_SIZE(arcs); i++)
		undone += in_each_undo(&arcs[i]);
	EXPECT_EQ(undone, UNDOS);
	need_whole_transfer();
}

/* An access stands in @call until a reset ends it; every reset in turn. */
static void blocked(uint32_t state, uint64_t at, bool write, uint64_t value,
		    const char *call, const struct bytes *stream)
{
	struct access access = { .vf = &vf, .at = at, .write = write };

	for (unsigned int i = 0; i < nr_resets; i++) {
		vf_go(&vf, STATE_RUNNING);
		vf_go(&vf, state);
		if (stream)
			ASSERT_EQ(vf_write(&vf, vf.area, stream->at, value), 0);
		access.value = value;
		hold_until(&access, call);
		EXPECT_EQ(access.done, false, "%s", call);
		EXPECT_EQ(resets[i].now(&vf), 0, "%s", resets[i].name);
		access_join(&access);
		EXPECT_EQ(access.ret, -ECANCELED, "state %u, %s, %s", state,
			  call, resets[i].name);
		EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "state %u, %s, %s",
			  state, call, resets[i].name);
		EXPECT_EQ(vf_pending(&vf), 0);
	}
	need_whole_transfer();
}

TEST(blocked_read, "a reset ends a read of data_offset or data_size that the backend keeps waiting")
{
	blocked(STATE_STOP_COPY, REG_DATA_OFFSET, false, 0, "save", NULL);
	blocked(STATE_STOP_COPY, REG_DATA_SIZE, false, 0, "save", NULL);
	blocked(STATE_PRE_COPY, REG_DATA_OFFSET, false, 0, "save", NULL);
	blocked(STATE_PRE_COPY, REG_DATA_SIZE, false, 0, "save", NULL);
}

TEST(blocked_write, "a reset ends a write of data_size, be it in the first record or in the commit")
{
	struct bytes stream = {};

	save_stopped(&vf, &stream);
	blocked(STATE_RESUMING, REG_DATA_SIZE, true, stream.len, "load_begin",
		&stream);
	blocked(STATE_RESUMING, REG_DATA_SIZE, true, stream.len, "load",
		&stream);
	blocked(STATE_RESUMING, REG_DATA_SIZE, true, stream.len, "load_commit",
		&stream);
	bytes_free(&stream);
}
