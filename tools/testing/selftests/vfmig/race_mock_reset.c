// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reset against everything it can meet: each call of the backend that an arc
 * of v1 or a hop of v2, its undo or a transfer makes is held open, so that the
 * reset certainly comes in the middle of it.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "race_held.h"
#include "v2.h"

struct arc {
	uint32_t from, to;
};

static const struct arc arcs[] = {
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

static const struct arc hops[] = {
	{ V2_RUNNING, V2_RUNNING_P2P },
	{ V2_RUNNING_P2P, V2_RUNNING },
	{ V2_RUNNING_P2P, V2_STOP },
	{ V2_STOP, V2_RUNNING_P2P },
	{ V2_STOP, V2_STOP_COPY },
	{ V2_STOP_COPY, V2_STOP },
	{ V2_STOP, V2_RESUMING },
	{ V2_RESUMING, V2_STOP },
	{ V2_RUNNING, V2_PRE_COPY },
	{ V2_PRE_COPY, V2_RUNNING },
	{ V2_RUNNING_P2P, V2_PRE_COPY_P2P },
	{ V2_PRE_COPY_P2P, V2_RUNNING_P2P },
	{ V2_PRE_COPY, V2_PRE_COPY_P2P },
	{ V2_PRE_COPY_P2P, V2_PRE_COPY },
	{ V2_PRE_COPY_P2P, V2_STOP_COPY },
};

/* What there is to be held, so that no table loses any unnoticed. */
struct steps {
	const struct arc *arc;
	unsigned int nr;
	/* Calls of the backend that they make and that can be held open. */
	unsigned int holds;
	/* Such as have a call before them that is to be undone by another. */
	unsigned int undos;
};

static const struct steps steps_of_v1 = { arcs, ARRAY_SIZE(arcs), 27, 12 };
static const struct steps steps_of_v2 = { hops, ARRAY_SIZE(hops), 11, 1 };
/* The kernel's v2 has no pre-copy. */
static const struct steps fewer_steps_of_v2 = { hops, 8, 5, 0 };

static const struct steps *steps_of(const struct protocol *by)
{
	if (by == &ways[BY_V1])
		return &steps_of_v1;
	return v2_can(&vf, V2_PRE_COPY) ? &steps_of_v2 : &fewer_steps_of_v2;
}

void before_open(void)
{
	held_before_open();
}

/* The data fd that an arc begins with; it may be the same as before. */
static int go_to_start(const struct protocol *by, const struct arc *arc)
{
	v2_close_all();
	if (by == &ways[BY_V2])
		return v2_enter(&vf, arc->from);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, arc->from);
	return NO_FD;
}

/* The calls of an arc, as the mock has seen them. */
static void learn_calls(const struct protocol *by, const struct arc *arc,
			struct calls *calls)
{
	go_to_start(by, arc);
	mock_set(vf.bdf, "calls", "");
	ASSERT_EQ(by->set(&vf, arc->to), 0);
	calls_seen(calls);
}

static void expect_forgotten(const struct protocol *by, const char *when)
{
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true, "%s", when);
	EXPECT_EQ(mock_is(vf.bdf, "run", "running"), true, "%s", when);
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true, "%s", when);
	EXPECT_STREQ(core_owner(vf.bdf), "none");
}

/* The arc stands in @call until a reset ends it: in turn, since each takes time. */
static void reset_in(const struct protocol *by, const struct arc *arc, int fd,
		     const char *call)
{
	static unsigned int turn;
	const struct reset *reset = &resets[turn++ % nr_resets];
	struct access set = {
		.by = by == &ways[BY_V2] ? access_order : NULL,
		.fd = NO_FD,
		.vf = &vf,
		.at = REG_DEVICE_STATE,
		.value = arc->to,
		.write = true,
	};
	char when[96];

	snprintf(when, sizeof(when), "%s, %u to %u, %s, %s", by->name,
		 arc->from, arc->to, call, reset->name);
	hold_until(&set, call);
	EXPECT_EQ(set.done, false, "%s", when);
	if (by == &ways[BY_V2])
		EXPECT_EQ(v2_state(&vf), arc->from, "%s", when);
	EXPECT_EQ(reset->now(&vf), 0, "%s", when);
	access_join(&set);
	EXPECT_EQ(set.ret, by->step_failed, "%s", when);
	EXPECT_EQ(set.fd, NO_FD, "%s", when);
	expect_forgotten(by, when);
	if (fd != NO_FD)
		v2_expect_ended(fd, when);
}

static unsigned int in_each_call(const struct protocol *by,
				 const struct arc *arc)
{
	struct calls calls;

	learn_calls(by, arc, &calls);
	for (unsigned int i = 0; i < calls.nr; i++)
		reset_in(by, arc, go_to_start(by, arc), calls.name[i]);
	return calls.nr;
}

TEST_EACH(each_step, "a reset ends each step of each arc or hop: it fails, RUNNING, and no fd")
{
	const struct steps *steps = steps_of(by);
	unsigned int held = 0;

	for (size_t i = 0; i < steps->nr; i++)
		held += in_each_call(by, &steps->arc[i]);
	EXPECT_EQ(held, steps->holds);
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
	v2_need_whole_transfer();
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

static unsigned int in_each_undo(const struct protocol *by,
				 const struct arc *arc)
{
	unsigned int undone = 0;
	struct calls calls;
	const char *undo;
	char fault[32];
	int fd;

	learn_calls(by, arc, &calls);
	for (unsigned int i = 1; i < calls.nr; i++) {
		undo = undo_of(calls.name[i - 1]);
		if (!undo)
			continue;
		fd = go_to_start(by, arc);
		snprintf(fault, sizeof(fault), "%s 1 5", calls.name[i]);
		mock_set(vf.bdf, "fault", fault);
		reset_in(by, arc, fd, undo);
		undone++;
	}
	return undone;
}

TEST_EACH(each_undo, "a reset ends the undoing of a step that has failed, too: no ERROR is left")
{
	const struct steps *steps = steps_of(by);
	unsigned int undone = 0;

	/* No hop without it makes more than one call. */
	by->need_pre_copy(&vf);
	for (size_t i = 0; i < steps->nr; i++)
		undone += in_each_undo(by, &steps->arc[i]);
	EXPECT_EQ(undone, steps->undos);
	ASSERT_EQ(vf_reset(&vf), 0);
	way_need_whole_transfer(by);
}

static void reset_in_access(const struct held *held, const struct reset *reset)
{
	struct access access;
	char when[64];

	if (!held_prepare(held, &access))
		return;
	snprintf(when, sizeof(when), "%s, %s, %s", held->by->name, held->call,
		 reset->name);
	hold_until(&access, held->call);
	EXPECT_EQ(access.done, false, "%s", when);
	EXPECT_EQ(reset->now(&vf), 0, "%s", when);
	access_join(&access);
	EXPECT_EQ(access.ret, held->ret, "%s", when);
	expect_forgotten(held->by, when);
	EXPECT_EQ(vf_pending(&vf), 0, "%s", when);
	held_expect_ended(&access, when);
	way_need_whole_transfer(held->by);
}

TEST(blocked, "any reset ends an access that the backend keeps waiting, whatever it is made on")
{
	for (size_t i = 0; i < nr_held_accesses; i++)
		for (unsigned int j = 0; j < nr_resets; j++)
			reset_in_access(&held_accesses[i], &resets[j]);
}
