// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the backend is told on each arc, in which order, and how a failure in
 * any step is undone.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static const struct arc {
	uint32_t from;
	uint32_t to;
	const char *calls;
} arcs[] = {
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

#define MAX_STEPS 4

static const char * const undo_of[][2] = {
	{ "quiesce", "run" },
	{ "freeze", "thaw" },
	{ "thaw", "freeze" },
	{ "run", "quiesce" },
	{ "save_begin.pre_copy", "save_end" },
};

static const char *undo(const char *step)
{
	for (size_t i = 0; i < ARRAY_SIZE(undo_of); i++)
		if (!strcmp(undo_of[i][0], step))
			return undo_of[i][1];
	return NULL;
}

static bool can_fail(const char *step)
{
	return strcmp(step, "save_end");
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

static void go_to_start(const struct arc *arc)
{
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, arc->from);
	mock_set(vf.bdf, "calls", "");
}

void before_open(void)
{
	need_mock(vf_first());
}

TEST(each_arc, "each arc: leave resuming, stop, change the save, start the load, start the device")
{
	for (size_t i = 0; i < ARRAY_SIZE(arcs); i++) {
		go_to_start(&arcs[i]);
		vf_go(&vf, arcs[i].to);
		EXPECT_STREQ(mock_text(vf.bdf, "calls"), arcs[i].calls);
	}
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
				undo(steps[bad]));
}

static void fail_step(const char *step, const char *how)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*s %s", (int)strcspn(step, "."), step,
		 how);
	mock_set(vf.bdf, "fault", text);
}

static void try_failure(const struct arc *arc, char steps[MAX_STEPS][32],
			unsigned int bad)
{
	char want[256];

	go_to_start(arc);
	fail_step(steps[bad], "1 5");
	EXPECT_EQ(vf_set_state(&vf, arc->to), -EFAULT, "%u to %u, %s",
		  arc->from, arc->to, steps[bad]);
	EXPECT_EQ(vf_state(&vf), arc->from, "%u to %u, %s", arc->from, arc->to,
		  steps[bad]);
	expected_log(want, sizeof(want), steps, bad);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), want);

	/* As if it had not been tried: now it works. */
	vf_go(&vf, arc->to);
}

TEST(failures, "a step that fails: EFAULT, what was done undone in reverse, the state as before")
{
	char steps[MAX_STEPS][32];

	for (size_t i = 0; i < ARRAY_SIZE(arcs); i++) {
		unsigned int n = split(arcs[i].calls, steps);

		for (unsigned int bad = 0; bad < n; bad++)
			if (can_fail(steps[bad]))
				try_failure(&arcs[i], steps, bad);
	}
	vf_go(&vf, STATE_RUNNING);
	need_whole_transfer();
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
	fail_step("run", "1 5");
	EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_RESUMING);
	EXPECT_EQ(load_all(&vf, &stream), 0);
	vf_go(&vf, STATE_RUNNING);
	bytes_free(&stream);
}

TEST(transfer, "a save is begun and ended once; a load is begun with its first byte")
{
	struct bytes stream = {};

	mock_setn(vf.bdf, "size", 4096);
	reopen();
	mock_set(vf.bdf, "calls", "");
	save_stopped(&vf, &stream);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"),
		     "quiesce freeze save_begin.stop_copy save*2 thaw run save_end");
	mock_set(vf.bdf, "calls", "");
	vf_go(&vf, STATE_RESUMING);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), "quiesce freeze");
	ASSERT_EQ(load_all(&vf, &stream), 0);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"),
		     "quiesce freeze load_begin load*2 load_commit load_end");
	vf_go(&vf, STATE_RUNNING);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"),
		     "quiesce freeze load_begin load*2 load_commit load_end thaw run");
	bytes_free(&stream);
}

TEST(reset_ends_first, "a reset ends what is begun, and only then tells the backend to forget")
{
	vf_go(&vf, STATE_STOP_COPY);
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
