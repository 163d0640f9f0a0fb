// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes between: a reset at any moment, a close in any state, SIGKILL,
 * and time.
 *
 * From the documents: a reset in any state, at any moment of a transfer, ends
 * the transfer and leads to RUNNING; what is begun is ended before the backend
 * is told. A backend at work sees it in vfmig_must_stop(). SIGKILL ends a wait
 * at once, but for an undo, which has as much time again.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "../device.h"
#include "fake_kunit.h"

/* What an operator reads: what could not be done, and @why. */
static void expect_reason(struct fake_vf *vf, const char *what, const char *why)
{
	const char *said = vf->vm->last_error;

	KUNIT_EXPECT_TRUE_MSG(vf->test, strstr(said, what) && strstr(said, why),
			      "\"%s\" lacks \"%s\" or \"%s\"", said, what, why);
}

struct reset_case {
	u32 from;
	u32 to;
	const char *calls;
};

#define ARC(from, to, calls) { VFMIG_STATE_##from, VFMIG_STATE_##to, calls }

/* Each call of each arc, and of each undo, with a reset under way in it. */
static const struct reset_case reset_cases[] = {
	ARC(STOP, RUNNING, "thaw*, reset"),
	ARC(STOP, RUNNING, "thaw!*, reset"),
	ARC(STOP, RUNNING, "thaw, run*, reset"),
	ARC(STOP, RUNNING, "thaw, run!*, reset"),
	ARC(STOP, RUNNING, "thaw, run!, freeze*, reset"),
	ARC(STOP, RUNNING, "thaw, run!, freeze!*, reset"),
	ARC(STOP, STOP_COPY, "begin-stop*, save-end, reset"),
	ARC(STOP, STOP_COPY, "begin-stop!*, reset"),
	ARC(STOP, PRE_COPY, "begin-pre*, save-end, reset"),
	ARC(STOP, PRE_COPY, "begin-pre!*, reset"),
	ARC(STOP, PRE_COPY, "begin-pre, thaw*, save-end, reset"),
	ARC(STOP, PRE_COPY, "begin-pre, thaw!*, save-end, reset"),
	ARC(STOP, PRE_COPY, "begin-pre, thaw, run*, save-end, reset"),
	ARC(STOP, PRE_COPY, "begin-pre, thaw, run!*, save-end, reset"),
	ARC(STOP, PRE_COPY, "begin-pre, thaw, run!, freeze*, save-end, reset"),
	ARC(STOP, PRE_COPY, "begin-pre, thaw, run!, freeze!*, save-end, reset"),

	ARC(RUNNING, STOP, "quiesce*, reset"),
	ARC(RUNNING, STOP, "quiesce!*, reset"),
	ARC(RUNNING, STOP, "quiesce?*, reset"),
	ARC(RUNNING, STOP, "quiesce, freeze*, reset"),
	ARC(RUNNING, STOP, "quiesce, freeze!*, reset"),
	ARC(RUNNING, STOP, "quiesce, freeze!, run*, reset"),
	ARC(RUNNING, STOP, "quiesce, freeze!, run!*, reset"),
	ARC(RUNNING, STOP_COPY, "quiesce*, reset"),
	ARC(RUNNING, STOP_COPY, "quiesce, freeze*, reset"),
	ARC(RUNNING, STOP_COPY,
	    "quiesce, freeze, begin-stop*, save-end, reset"),
	ARC(RUNNING, STOP_COPY, "quiesce, freeze, begin-stop!*, reset"),
	ARC(RUNNING, STOP_COPY, "quiesce, freeze, begin-stop!, thaw*, reset"),
	ARC(RUNNING, STOP_COPY, "quiesce, freeze, begin-stop!, thaw!*, reset"),
	ARC(RUNNING, STOP_COPY,
	    "quiesce, freeze, begin-stop!, thaw, run*, reset"),
	ARC(RUNNING, PRE_COPY, "begin-pre*, save-end, reset"),
	ARC(RUNNING, PRE_COPY, "begin-pre!*, reset"),
	ARC(RUNNING, RESUMING, "quiesce*, reset"),
	ARC(RUNNING, RESUMING, "quiesce, freeze*, reset"),
	ARC(RUNNING, RESUMING, "quiesce, freeze!*, reset"),

	ARC(STOP_COPY, STOP, "save-end*, reset"),
	ARC(STOP_COPY, RUNNING, "thaw*, save-end, reset"),
	ARC(STOP_COPY, RUNNING, "thaw, run*, save-end, reset"),
	ARC(STOP_COPY, RUNNING, "thaw, run!*, save-end, reset"),
	ARC(STOP_COPY, RUNNING, "thaw, run!, freeze*, save-end, reset"),
	ARC(STOP_COPY, RUNNING, "thaw, run, save-end*, reset"),

	ARC(PRE_COPY, STOP, "quiesce*, save-end, reset"),
	ARC(PRE_COPY, STOP, "quiesce, freeze*, save-end, reset"),
	ARC(PRE_COPY, STOP, "quiesce, freeze!, run*, save-end, reset"),
	ARC(PRE_COPY, RUNNING, "save-end*, reset"),
	ARC(PRE_COPY, STOP_COPY, "quiesce*, save-end, reset"),
	ARC(PRE_COPY, STOP_COPY, "quiesce, freeze*, save-end, reset"),
	ARC(PRE_COPY, STOP_COPY,
	    "quiesce, freeze, begin-stop*, save-end, reset"),
	ARC(PRE_COPY, STOP_COPY,
	    "quiesce, freeze, begin-stop!*, save-end, reset"),
	ARC(PRE_COPY, STOP_COPY,
	    "quiesce, freeze, begin-stop!, thaw*, save-end, reset"),

	ARC(RESUMING, RUNNING, "thaw*, reset"),
	ARC(RESUMING, RUNNING, "thaw, run*, reset"),
	ARC(RESUMING, RUNNING, "thaw, run!, freeze*, reset"),
	ARC(RESUMING, STOP_COPY, "begin-stop*, save-end, reset"),
	ARC(RESUMING, PRE_COPY, "begin-pre*, save-end, reset"),
	ARC(RESUMING, PRE_COPY, "begin-pre, thaw, run*, save-end, reset"),
};

static void name_reset(const struct reset_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s to %s: %s",
		 vfmig_state_name(c->from), vfmig_state_name(c->to), c->calls);
}

KUNIT_ARRAY_PARAM(reset, reset_cases, name_reset);

static void expect_running(struct fake_vf *vf)
{
	KUNIT_EXPECT_EQ(vf->test, vf_state(vf), VFMIG_STATE_RUNNING);
	KUNIT_EXPECT_EQ(vf->test, vf_field(vf, VF_PENDING), 0);
	fake_script(vf, "");
	vf_go(vf, VFMIG_STATE_STOP);
	vf_go(vf, VFMIG_STATE_RUNNING);
	KUNIT_EXPECT_STREQ(vf->test, vf->calls, "quiesce, freeze, thaw, run");
}

static void reset_in_an_arc(struct kunit *test)
{
	const struct reset_case *c = test->param_value;
	struct fake_vf *vf = test->priv;

	vf_go(vf, c->from);
	fake_script(vf, c->calls);
	vf_set_state(vf, c->to);
	KUNIT_EXPECT_STREQ(test, vf->calls, c->calls);
	expect_running(vf);
}

static void reset_in_each_state(struct kunit *test)
{
	static const char * const calls[] = {
		[VFMIG_STATE_STOP]	= "reset",
		[VFMIG_STATE_RUNNING]	= "reset",
		[VFMIG_STATE_STOP_COPY]	= "save-end, reset",
		[VFMIG_STATE_PRE_COPY]	= "save-end, reset",
		[VFMIG_STATE_RESUMING]	= "reset",
	};
	struct fake_vf *vf = test->priv;
	u32 state;

	for (state = 0; state < ARRAY_SIZE(calls); state++) {
		vf_go(vf, state);
		fake_script(vf, "");
		vfmig_reset_done(vf->vm);
		KUNIT_EXPECT_STREQ(test, vf->calls, calls[state]);
		expect_running(vf);
	}
}

/* To a user a close is a reset; what was left is not there at the next open. */
static void close_in_each_state(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	u32 state;

	for (state = 0; state <= VFMIG_STATE_RESUMING; state++) {
		vf_go(vf, state);
		fake_script(vf, "");
		fake_close(vf);
		KUNIT_EXPECT_FALSE(test, vf->saving || vf->loading);
		/* It may not be started before vfio has reset it. */
		KUNIT_EXPECT_NULL(test, strstr(vf->calls, "reset"));
		fake_open(vf);
		expect_running(vf);
	}
}

static void reset_while_a_chunk_is_filled(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = fake_bytes_new(vf);
	u64 offset, size;

	vf_go(vf, VFMIG_STATE_STOP_COPY);
	fake_script(vf, "save!*, save-end, reset");
	KUNIT_EXPECT_LT(test, vf_read(vf, VF_OFFSET, &offset, 8), 0);
	KUNIT_EXPECT_STREQ(test, vf->calls, "save!*, save-end, reset");
	expect_reason(vf, "could not save record 0", "was reset or closed meanwhile");
	expect_running(vf);

	/* Where the backend does not notice, the next access does. */
	vf_go(vf, VFMIG_STATE_STOP_COPY);
	fake_script(vf, "save*, save-end, reset");
	vf_read(vf, VF_SIZE, &size, 8);
	KUNIT_EXPECT_STREQ(test, vf->calls, "save*, save-end, reset");
	expect_running(vf);

	vf_save(vf, stream);
	KUNIT_EXPECT_GT(test, stream->len, vf->total);
}

static void load_with(struct fake_vf *vf, const struct fake_bytes *stream,
		      const char *calls)
{
	vf_go(vf, VFMIG_STATE_RESUMING);
	fake_script(vf, calls);
	vf_load(vf, stream->at, stream->len);
	KUNIT_EXPECT_STREQ(vf->test, vf->calls, calls);
	expect_running(vf);
}

static void reset_while_a_stream_is_read(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = fake_bytes_new(vf);

	vf->record = 100;
	vf_save(vf, stream);
	load_with(vf, stream, "load-begin!*, reset");
	load_with(vf, stream, "load-begin, load!*, load-end, reset");
	load_with(vf, stream, "load-begin, load, load!*, load-end, reset");
	expect_reason(vf, "record 1 of type 0x100 was refused",
		      "was reset or closed meanwhile");
	load_with(vf, stream,
		  "load-begin, load, load, commit!*, load-end, reset");
	expect_reason(vf, "could not load the state into the device",
		      "was reset or closed meanwhile");
	load_with(vf, stream,
		  "load-begin, load, load, commit*, load-end, reset");

	vf_go(vf, VFMIG_STATE_RESUMING);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), 0);
	vf_expect_taken(vf);
}

static int answer, answer_before;
static u32 state_seen;

static void ask_in_freeze(struct fake_vf *vf, const char *call)
{
	if (strcmp(call, "freeze"))
		return;
	answer_before = vfmig_must_stop(vf->vm);
	vfmig_reset_done(vf->vm);
	vf->was_reset = true;
	answer = vfmig_must_stop(vf->vm);
	state_seen = vf_state(vf);
}

static void a_backend_at_work_sees_a_reset(struct kunit *test)
{
	struct fake_vf *vf = test->priv;

	vf->during = ask_in_freeze;
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_STOP_COPY), -EFAULT);
	vf->during = NULL;
	KUNIT_EXPECT_EQ(test, answer_before, 0);
	KUNIT_EXPECT_EQ(test, answer, -ECANCELED);
	expect_reason(vf, "running to stop-and-copy: could not start stop-and-copy",
		      "the device was reset or closed meanwhile, start the migration again");
	/* To the user it runs from then on, whoever is still at work. */
	KUNIT_EXPECT_EQ(test, state_seen, VFMIG_STATE_RUNNING);
	expect_running(vf);
}

static void read_state(struct fake_vf *vf, const char *call)
{
	state_seen = vf_state(vf);
}

/* QEMU aborts the VM where this read fails, and must not wait for it. */
static void device_state_can_be_read_meanwhile(struct kunit *test)
{
	struct fake_vf *vf = test->priv;

	vf->during = read_state;
	state_seen = ~0U;
	vf_go(vf, VFMIG_STATE_STOP);
	KUNIT_EXPECT_EQ(test, state_seen, VFMIG_STATE_RUNNING);
	vf_go(vf, VFMIG_STATE_STOP_COPY);
	KUNIT_EXPECT_EQ(test, state_seen, VFMIG_STATE_STOP);
	vf->during = NULL;
}

/* A backend fails with what it was answered. */
static int freeze_or_give_up(void *backend)
{
	return fake_ops.freeze(backend) ? answer : 0;
}

static void kill_self(void)
{
	allow_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
}

static void live_again(void)
{
	flush_signals(current);
	disallow_signal(SIGKILL);
}

static int answer_in_undo;

static void ask_when_killed(struct fake_vf *vf, const char *call)
{
	if (!strcmp(call, "freeze")) {
		kill_self();
		answer = vfmig_must_stop(vf->vm);
	} else if (!strcmp(call, "run")) {
		answer_in_undo = vfmig_must_stop(vf->vm);
		live_again();
	}
}

static void sigkill_ends_a_wait_but_not_an_undo(struct kunit *test)
{
	struct fake_vf *vf = test->priv;

	answer = 0;
	answer_in_undo = -EINTR;
	vf->ops.freeze = freeze_or_give_up;
	vf->during = ask_when_killed;
	fake_script(vf, "quiesce, freeze!, run");
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_STOP), -EFAULT);
	vf->during = NULL;
	KUNIT_EXPECT_EQ(test, answer, -EINTR);
	expect_reason(vf, "running to stop: could not freeze",
		      "the calling process was killed");
	KUNIT_EXPECT_EQ(test, answer_in_undo, 0);
	KUNIT_EXPECT_STREQ(test, vf->calls, "quiesce, freeze!, run");
	expect_running(vf);
}

static void wait_in_freeze(struct fake_vf *vf, const char *call)
{
	unsigned long never = jiffies + 60 * HZ;

	if (!strcmp(call, "run"))
		answer_in_undo = vfmig_must_stop(vf->vm);
	if (strcmp(call, "freeze"))
		return;
	do {
		schedule_timeout_uninterruptible(1);
		answer = vfmig_must_stop(vf->vm);
	} while (!answer && time_before(jiffies, never));
}

static void time_is_up_but_there_is_as_much_for_an_undo(struct kunit *test)
{
	struct fake_vf *vf = test->priv;

	fake_close(vf);
	/* Long enough that a slow machine gets to ask in time. */
	vf->ops.timeout_ms = 2000;
	fake_open(vf);
	answer = 0;
	answer_in_undo = -ETIMEDOUT;
	vf->ops.freeze = freeze_or_give_up;
	vf->during = wait_in_freeze;
	fake_script(vf, "quiesce, freeze!, run");
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_STOP), -EFAULT);
	vf->during = NULL;
	KUNIT_EXPECT_EQ(test, answer, -ETIMEDOUT);
	expect_reason(vf, "running to stop: could not freeze",
		      "the time limit of 2000 ms is over");
	KUNIT_EXPECT_EQ(test, answer_in_undo, 0);
	expect_running(vf);
}

static int answer_of_freeze(void *backend)
{
	return answer;
}

static void an_errno_without_a_word_is_explained(struct kunit *test)
{
	static const struct {
		int err;
		const char *why;
	} errors[] = {
		{ -EIO, "could not freeze (" },
		{ -ENOMEM, "could not freeze: out of memory" },
		{ -ETIMEDOUT, "could not freeze (" },
		{ -EINTR, "could not freeze (" },
		{ -ECANCELED, "could not freeze (" },
	};
	struct fake_vf *vf = test->priv;
	unsigned int i;

	vf->ops.freeze = answer_of_freeze;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		answer = errors[i].err;
		KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_STOP), -EFAULT);
		expect_reason(vf, "running to stop: ", errors[i].why);
	}
	vf->ops.freeze = fake_ops.freeze;
}

/* With an EINVAL alone QEMU's user has nothing to go by. */
static void what_is_refused_at_once_has_a_reason(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	u64 size = 8;

	vf_go(vf, VFMIG_STATE_STOP_COPY);
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_PRE_COPY), -EINVAL);
	expect_reason(vf, "no transition", "from stop-and-copy to pre-copy");
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, 1 << 3), -EINVAL);
	expect_reason(vf, "device_state 0x8", "reserved bits");
	KUNIT_EXPECT_EQ(test, vf_write(vf, VF_SIZE, &size, sizeof(size)), -EINVAL);
	expect_reason(vf, "data_size was written in stop-and-copy", "resuming");

	vf_go(vf, VFMIG_STATE_RUNNING);
	fake_script(vf, "quiesce, freeze!, run!");
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_STOP), -EFAULT);
	expect_reason(vf, "rollback failed", "reset it");
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_RUNNING), -EINVAL);
	expect_reason(vf, "ERROR state", "reset it");
	vfmig_reset_done(vf->vm);
	expect_running(vf);

	vf_go(vf, VFMIG_STATE_RESUMING);
	size = vf_window(vf) + 1;
	KUNIT_EXPECT_EQ(test, vf_write(vf, VF_SIZE, &size, sizeof(size)), -EINVAL);
	expect_reason(vf, "data_size is", "the data section has");
}

static struct kunit_case reset_tests[] = {
	KUNIT_CASE_PARAM(reset_in_an_arc, reset_gen_params),
	KUNIT_CASE(reset_in_each_state),
	KUNIT_CASE(close_in_each_state),
	KUNIT_CASE(reset_while_a_chunk_is_filled),
	KUNIT_CASE(reset_while_a_stream_is_read),
	KUNIT_CASE(a_backend_at_work_sees_a_reset),
	KUNIT_CASE(device_state_can_be_read_meanwhile),
	KUNIT_CASE(sigkill_ends_a_wait_but_not_an_undo),
	KUNIT_CASE(time_is_up_but_there_is_as_much_for_an_undo),
	KUNIT_CASE(an_errno_without_a_word_is_explained),
	KUNIT_CASE(what_is_refused_at_once_has_a_reason),
	{}
};

static struct kunit_suite reset_suite = {
	.name = "vfmig_reset",
	.suite_init = fake_suite_init,
	.suite_exit = fake_suite_exit,
	.init = fake_init,
	.exit = fake_exit,
	.test_cases = reset_tests,
};

kunit_test_suites(&reset_suite);
