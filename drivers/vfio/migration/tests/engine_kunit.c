// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every arc of the engine, with a backend that fails at each step in turn.
 *
 * From the documents: a step that fails is as if it had not been tried, and
 * the steps before it are undone in reverse; the user gets EFAULT (by v1) and the
 * state it had. Where an undo fails as well, or a backend says that its own has,
 * the state is ERROR, and only a reset leads out. What an arc ends is only put
 * aside until it has succeeded.
 */
#include <linux/errno.h>

#include "fake_kunit.h"

enum outcome {
	TAKEN,		/* it is where it was asked to go */
	UNDONE,		/* it is where it was */
	LOST,		/* it is in ERROR */
};

struct engine_case {
	u32 from;
	u32 to;
	enum outcome outcome;
	/* In all, the reset that leads out of ERROR included. */
	const char *calls;
	/* It starts from RESUMING with a whole stream. */
	bool loaded;
};

#define ARC(from, to, outcome, calls)					\
	{ VFMIG_STATE_##from, VFMIG_STATE_##to, outcome, calls, false }
#define LOADED(to, outcome, calls)					\
	{ VFMIG_STATE_RESUMING, VFMIG_STATE_##to, outcome, calls, true }

static const struct engine_case engine_cases[] = {
	ARC(STOP, STOP, TAKEN, ""),
	ARC(STOP, RUNNING, TAKEN, "thaw, run"),
	ARC(STOP, RUNNING, UNDONE, "thaw!"),
	ARC(STOP, RUNNING, UNDONE, "thaw, run!, freeze"),
	ARC(STOP, RUNNING, LOST, "thaw, run!, freeze!, reset"),
	ARC(STOP, RUNNING, LOST, "thaw?, reset"),
	ARC(STOP, RUNNING, LOST, "thaw, run?, reset"),
	ARC(STOP, RUNNING, LOST, "thaw, run!, freeze?, reset"),
	ARC(STOP, STOP_COPY, TAKEN, "begin-stop"),
	ARC(STOP, STOP_COPY, UNDONE, "begin-stop!"),
	ARC(STOP, PRE_COPY, TAKEN, "begin-pre, thaw, run"),
	ARC(STOP, PRE_COPY, UNDONE, "begin-pre!"),
	ARC(STOP, PRE_COPY, UNDONE, "begin-pre, thaw!, save-end"),
	ARC(STOP, PRE_COPY, UNDONE, "begin-pre, thaw, run!, freeze, save-end"),
	ARC(STOP, PRE_COPY, LOST,
	    "begin-pre, thaw, run!, freeze!, save-end, reset"),
	ARC(STOP, RESUMING, TAKEN, ""),

	ARC(RUNNING, RUNNING, TAKEN, ""),
	ARC(RUNNING, STOP, TAKEN, "quiesce, freeze"),
	ARC(RUNNING, STOP, UNDONE, "quiesce!"),
	ARC(RUNNING, STOP, UNDONE, "quiesce, freeze!, run"),
	ARC(RUNNING, STOP, LOST, "quiesce, freeze!, run!, reset"),
	ARC(RUNNING, STOP, LOST, "quiesce?, reset"),
	ARC(RUNNING, STOP, LOST, "quiesce, freeze?, reset"),
	ARC(RUNNING, STOP_COPY, TAKEN, "quiesce, freeze, begin-stop"),
	ARC(RUNNING, STOP_COPY, UNDONE, "quiesce!"),
	ARC(RUNNING, STOP_COPY, UNDONE, "quiesce, freeze!, run"),
	ARC(RUNNING, STOP_COPY, LOST, "quiesce, freeze!, run!, reset"),
	ARC(RUNNING, STOP_COPY, UNDONE,
	    "quiesce, freeze, begin-stop!, thaw, run"),
	ARC(RUNNING, STOP_COPY, LOST,
	    "quiesce, freeze, begin-stop!, thaw!, reset"),
	ARC(RUNNING, STOP_COPY, LOST,
	    "quiesce, freeze, begin-stop!, thaw, run!, reset"),
	ARC(RUNNING, PRE_COPY, TAKEN, "begin-pre"),
	ARC(RUNNING, PRE_COPY, UNDONE, "begin-pre!"),
	ARC(RUNNING, RESUMING, TAKEN, "quiesce, freeze"),
	ARC(RUNNING, RESUMING, UNDONE, "quiesce!"),
	ARC(RUNNING, RESUMING, UNDONE, "quiesce, freeze!, run"),
	ARC(RUNNING, RESUMING, LOST, "quiesce, freeze!, run!, reset"),

	ARC(STOP_COPY, STOP_COPY, TAKEN, ""),
	ARC(STOP_COPY, STOP, TAKEN, "save-end"),
	ARC(STOP_COPY, RUNNING, TAKEN, "thaw, run, save-end"),
	ARC(STOP_COPY, RUNNING, UNDONE, "thaw!"),
	ARC(STOP_COPY, RUNNING, UNDONE, "thaw, run!, freeze"),
	ARC(STOP_COPY, RUNNING, LOST, "thaw, run!, freeze!, save-end, reset"),
	ARC(STOP_COPY, RUNNING, LOST, "thaw, run?, save-end, reset"),

	ARC(PRE_COPY, PRE_COPY, TAKEN, ""),
	ARC(PRE_COPY, RUNNING, TAKEN, "save-end"),
	ARC(PRE_COPY, STOP, TAKEN, "quiesce, freeze, save-end"),
	ARC(PRE_COPY, STOP, UNDONE, "quiesce!"),
	ARC(PRE_COPY, STOP, UNDONE, "quiesce, freeze!, run"),
	ARC(PRE_COPY, STOP, LOST, "quiesce, freeze!, run!, save-end, reset"),
	ARC(PRE_COPY, STOP, LOST, "quiesce?, save-end, reset"),
	ARC(PRE_COPY, STOP_COPY, TAKEN, "quiesce, freeze, begin-stop"),
	ARC(PRE_COPY, STOP_COPY, UNDONE, "quiesce!"),
	ARC(PRE_COPY, STOP_COPY, UNDONE, "quiesce, freeze!, run"),
	ARC(PRE_COPY, STOP_COPY, LOST,
	    "quiesce, freeze!, run!, save-end, reset"),
	ARC(PRE_COPY, STOP_COPY, UNDONE,
	    "quiesce, freeze, begin-stop!, thaw, run"),
	ARC(PRE_COPY, STOP_COPY, LOST,
	    "quiesce, freeze, begin-stop!, thaw!, save-end, reset"),
	ARC(PRE_COPY, STOP_COPY, LOST,
	    "quiesce, freeze, begin-stop!, thaw, run!, save-end, reset"),

	ARC(RESUMING, RESUMING, TAKEN, ""),
	ARC(RESUMING, STOP, TAKEN, ""),
	ARC(RESUMING, RUNNING, TAKEN, "thaw, run"),
	ARC(RESUMING, RUNNING, UNDONE, "thaw!"),
	ARC(RESUMING, RUNNING, UNDONE, "thaw, run!, freeze"),
	ARC(RESUMING, RUNNING, LOST, "thaw, run!, freeze!, reset"),
	ARC(RESUMING, STOP_COPY, TAKEN, "begin-stop"),
	ARC(RESUMING, STOP_COPY, UNDONE, "begin-stop!"),
	ARC(RESUMING, PRE_COPY, TAKEN, "begin-pre, thaw, run"),
	ARC(RESUMING, PRE_COPY, UNDONE, "begin-pre!"),
	ARC(RESUMING, PRE_COPY, UNDONE, "begin-pre, thaw!, save-end"),
	ARC(RESUMING, PRE_COPY, UNDONE,
	    "begin-pre, thaw, run!, freeze, save-end"),
	ARC(RESUMING, PRE_COPY, LOST,
	    "begin-pre, thaw, run!, freeze!, save-end, reset"),

	LOADED(RUNNING, TAKEN, "thaw, run"),
	LOADED(STOP, TAKEN, ""),
	LOADED(STOP_COPY, TAKEN, "begin-stop"),
	LOADED(PRE_COPY, TAKEN, "begin-pre, thaw, run"),
	LOADED(RUNNING, UNDONE, "thaw!"),
	LOADED(RUNNING, UNDONE, "thaw, run!, freeze"),
	LOADED(RUNNING, LOST, "thaw, run!, freeze!, reset"),
	LOADED(RUNNING, LOST, "thaw, run?, reset"),
	LOADED(STOP_COPY, UNDONE, "begin-stop!"),
	LOADED(PRE_COPY, UNDONE, "begin-pre, thaw, run!, freeze, save-end"),
};

static void name_row(const struct engine_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s to %s%s: %s",
		 vfmig_state_name(c->from), vfmig_state_name(c->to),
		 c->loaded ? ", loaded" : "",
		 c->calls[0] ? c->calls : "no call");
}

KUNIT_ARRAY_PARAM(row, engine_cases, name_row);

static void go_to_start(struct fake_vf *vf, const struct engine_case *c)
{
	struct fake_bytes *stream = fake_bytes_new(vf);

	if (c->loaded)
		vf_save(vf, stream);
	vf_go(vf, c->from);
	if (c->loaded) {
		KUNIT_ASSERT_EQ(vf->test, vf_load(vf, stream->at, stream->len),
				0);
		vf_expect_taken(vf);
	}
}

static void expect_stuck_until_reset(struct fake_vf *vf)
{
	u32 state;

	for (state = 0; state < 8; state++) {
		KUNIT_EXPECT_EQ(vf->test, vf_set_state(vf, state), -EINVAL);
		KUNIT_EXPECT_EQ(vf->test, vf_state(vf), VFMIG_STATE_ERROR);
	}
	vfmig_reset_done(vf->vm);
	KUNIT_EXPECT_EQ(vf->test, vf_state(vf), VFMIG_STATE_RUNNING);
}

/* That it runs on, and can be stopped and started, is all a user can see. */
static void expect_as_new(struct fake_vf *vf)
{
	KUNIT_EXPECT_EQ(vf->test, vf_state(vf), VFMIG_STATE_RUNNING);
	fake_script(vf, "");
	vf_go(vf, VFMIG_STATE_STOP);
	vf_go(vf, VFMIG_STATE_RUNNING);
	KUNIT_EXPECT_STREQ(vf->test, vf->calls, "quiesce, freeze, thaw, run");
}

static u32 end_of(const struct engine_case *c)
{
	switch (c->outcome) {
	case TAKEN:
		return c->to;
	case UNDONE:
		return c->from;
	case LOST:
		break;
	}
	return VFMIG_STATE_ERROR;
}

static const struct engine_case *success(const struct engine_case *failed)
{
	const struct engine_case *c = engine_cases;

	while (c->from != failed->from || c->to != failed->to ||
	       c->outcome != TAKEN || c->loaded != failed->loaded)
		c++;
	return c;
}

/* As if it had not been tried: tried again it takes the same steps. */
static void expect_retry(struct fake_vf *vf, const struct engine_case *failed)
{
	fake_script(vf, "");
	KUNIT_EXPECT_EQ(vf->test, vf_set_state(vf, failed->to), 0);
	KUNIT_EXPECT_EQ(vf->test, vf_state(vf), failed->to);
	KUNIT_EXPECT_STREQ(vf->test, vf->calls, success(failed)->calls);
}

static void arc(struct kunit *test)
{
	const struct engine_case *c = test->param_value;
	struct fake_vf *vf = test->priv;

	go_to_start(vf, c);
	fake_script(vf, c->calls);
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, c->to),
			c->outcome == TAKEN ? 0 : -EFAULT);
	KUNIT_EXPECT_EQ(test, vf_state(vf), end_of(c));
	if (c->outcome == LOST)
		expect_stuck_until_reset(vf);
	KUNIT_EXPECT_STREQ(test, vf->calls, c->calls);

	if (c->outcome == UNDONE)
		expect_retry(vf, c);
	vfmig_reset_done(vf->vm);
	expect_as_new(vf);
}

/* What a failed arc has put aside is there again: not a byte is lost. */
static void transfers_survive_a_failed_arc(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *whole = fake_bytes_new(vf);
	struct fake_bytes *stream = fake_bytes_new(vf);

	vf_save(vf, whole);

	vf_go(vf, VFMIG_STATE_PRE_COPY);
	vf_save_phase(vf, stream);
	fake_script(vf, "quiesce, freeze, begin-stop!, thaw, run");
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_STOP_COPY), -EFAULT);
	vf_go(vf, VFMIG_STATE_STOP_COPY);
	fake_script(vf, "thaw, run!, freeze");
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_RUNNING), -EFAULT);
	vf_save_phase(vf, stream);
	vf_go(vf, VFMIG_STATE_RUNNING);

	vf_go(vf, VFMIG_STATE_RESUMING);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), 0);
	vf_expect_taken(vf);
	fake_script(vf, "thaw!");
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_RUNNING), -EFAULT);
	vf_go(vf, VFMIG_STATE_RUNNING);
}

/* Not a new one, which would take another stream on top. */
static void a_load_put_aside_is_the_same_again(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = fake_bytes_new(vf);

	vf_save(vf, stream);
	vf_go(vf, VFMIG_STATE_RESUMING);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), 0);
	fake_script(vf, "thaw!");
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_RUNNING), -EFAULT);
	/* Another load would wait for the rest of a head. */
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at + 1, 8), -EINVAL);
	KUNIT_EXPECT_STREQ(test, vf->calls, "thaw!");
}

static void expect_refused(struct fake_vf *vf, u32 from, u32 to)
{
	vf_go(vf, from);
	fake_script(vf, "");
	KUNIT_EXPECT_EQ_MSG(vf->test, vf_set_state(vf, to), -EINVAL,
			    "from %u to %#x", from, to);
	KUNIT_EXPECT_EQ(vf->test, vf_state(vf), from);
	KUNIT_EXPECT_STREQ(vf->test, vf->calls, "");
}

static void what_the_table_refuses_does_nothing(struct kunit *test)
{
	static const u32 wrong[] = { 5, 6, 7, 8, 9, 10, 12, BIT(31), ~0U };
	struct fake_vf *vf = test->priv;
	u32 from;
	int i;

	for (from = 0; from <= VFMIG_STATE_RESUMING; from++) {
		for (i = 0; i < ARRAY_SIZE(wrong); i++)
			expect_refused(vf, from, wrong[i]);
		vfmig_reset_done(vf->vm);
	}
	expect_refused(vf, VFMIG_STATE_PRE_COPY, VFMIG_STATE_RESUMING);
	vfmig_reset_done(vf->vm);
	expect_refused(vf, VFMIG_STATE_STOP_COPY, VFMIG_STATE_RESUMING);
	expect_refused(vf, VFMIG_STATE_STOP_COPY, VFMIG_STATE_PRE_COPY);
}

static void open_unknown(struct fake_vf *vf, unsigned int times)
{
	fake_close(vf);
	vf->unknown = times;
	fake_open(vf);
	vf->taken = 0;
	vf->committed = false;
}

static void facts_may_be_told_late(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = fake_bytes_new(vf), *again = fake_bytes_new(vf);

	vf_save(vf, stream);
	open_unknown(vf, 1);
	vf_save(vf, again);
	KUNIT_ASSERT_EQ(test, again->len, stream->len);
	KUNIT_EXPECT_EQ(test, memcmp(again->at, stream->at, stream->len), 0);

	open_unknown(vf, 1);
	vf_go(vf, VFMIG_STATE_RESUMING);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), 0);
	vf_expect_taken(vf);
	vf_go(vf, VFMIG_STATE_RUNNING);
}

static void without_facts_nothing_begins(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = fake_bytes_new(vf);

	open_unknown(vf, 2);
	KUNIT_EXPECT_NE(test, vf_set_state(vf, VFMIG_STATE_STOP_COPY), 0);
	KUNIT_EXPECT_FALSE(test, vf->saving);
	vf_save(vf, stream);

	open_unknown(vf, 2);
	vf_go(vf, VFMIG_STATE_RESUMING);
	fake_script(vf, "");
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), -EBUSY);
	KUNIT_EXPECT_STREQ(test, vf->calls, "load-begin, load-end");
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), 0);
	vf_expect_taken(vf);
	vf_go(vf, VFMIG_STATE_RUNNING);
}

static struct kunit_case engine_tests[] = {
	KUNIT_CASE_PARAM(arc, row_gen_params),
	KUNIT_CASE(transfers_survive_a_failed_arc),
	KUNIT_CASE(a_load_put_aside_is_the_same_again),
	KUNIT_CASE(what_the_table_refuses_does_nothing),
	KUNIT_CASE(facts_may_be_told_late),
	KUNIT_CASE(without_facts_nothing_begins),
	{}
};

static struct kunit_suite engine_suite = {
	.name = "vfmig_engine",
	.suite_init = fake_suite_init,
	.suite_exit = fake_suite_exit,
	.init = fake_init,
	.exit = fake_exit,
	.test_cases = engine_tests,
};

kunit_test_suites(&engine_suite);
