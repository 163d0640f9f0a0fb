// SPDX-License-Identifier: GPL-2.0-only
/*
 * The v2 front end: each arc of v2 is one of the engine, and where one fails
 * the device stays where the one before has left it.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>

#include <linux/vfmig_compat.h>

#include "fake_kunit.h"

struct v2_case {
	enum vfio_device_mig_state from;
	enum vfio_device_mig_state to;
	enum vfio_device_mig_state end;
	const char *calls;
};

#define ARC(from, to, end, calls)					\
	{ VFIO_DEVICE_STATE_##from, VFIO_DEVICE_STATE_##to,		\
	  VFIO_DEVICE_STATE_##end, calls }

static const struct v2_case v2_cases[] = {
	ARC(RUNNING, RUNNING, RUNNING, ""),
	ARC(RUNNING, RUNNING_P2P, RUNNING_P2P, "quiesce"),
	ARC(RUNNING, RUNNING_P2P, RUNNING, "quiesce!"),
	ARC(RUNNING, STOP, STOP, "quiesce, freeze"),
	ARC(RUNNING, STOP, RUNNING, "quiesce!"),
	ARC(RUNNING, STOP, RUNNING_P2P, "quiesce, freeze!"),
	ARC(RUNNING, STOP, ERROR, "quiesce?"),
	ARC(RUNNING, STOP, ERROR, "quiesce, freeze?"),
	ARC(RUNNING, STOP_COPY, STOP_COPY, "quiesce, freeze, begin-stop"),
	ARC(RUNNING, STOP_COPY, STOP, "quiesce, freeze, begin-stop!"),
	ARC(RUNNING, RESUMING, RESUMING, "quiesce, freeze"),

	ARC(RUNNING_P2P, RUNNING_P2P, RUNNING_P2P, ""),
	ARC(RUNNING_P2P, RUNNING, RUNNING, "run"),
	ARC(RUNNING_P2P, RUNNING, RUNNING_P2P, "run!"),
	ARC(RUNNING_P2P, RUNNING, ERROR, "run?"),
	ARC(RUNNING_P2P, STOP, STOP, "freeze"),
	ARC(RUNNING_P2P, STOP, RUNNING_P2P, "freeze!"),

	ARC(STOP, STOP, STOP, ""),
	ARC(STOP, RUNNING_P2P, RUNNING_P2P, "thaw"),
	ARC(STOP, RUNNING_P2P, STOP, "thaw!"),
	ARC(STOP, RUNNING, RUNNING, "thaw, run"),
	ARC(STOP, RUNNING, STOP, "thaw!"),
	ARC(STOP, RUNNING, RUNNING_P2P, "thaw, run!"),
	ARC(STOP, STOP_COPY, STOP_COPY, "begin-stop"),
	ARC(STOP, STOP_COPY, STOP, "begin-stop!"),
	ARC(STOP, RESUMING, RESUMING, ""),

	ARC(STOP_COPY, STOP_COPY, STOP_COPY, ""),
	ARC(STOP_COPY, STOP, STOP, "save-end"),
	ARC(STOP_COPY, RUNNING_P2P, RUNNING_P2P, "save-end, thaw"),
	ARC(STOP_COPY, RUNNING, RUNNING, "save-end, thaw, run"),
	ARC(STOP_COPY, RUNNING, STOP, "save-end, thaw!"),
	ARC(STOP_COPY, RESUMING, RESUMING, "save-end"),

	ARC(RESUMING, RESUMING, RESUMING, ""),
	/* Not one byte has come. With a stream: mock_order. */
	ARC(RESUMING, STOP, RESUMING, ""),
	ARC(RESUMING, RUNNING_P2P, RESUMING, ""),
	ARC(RESUMING, RUNNING, RESUMING, ""),
	ARC(RESUMING, STOP_COPY, RESUMING, ""),

#if VFMIG_MIGRATION_PRE_COPY
	ARC(RUNNING, PRE_COPY, PRE_COPY, "begin-pre"),
	ARC(RUNNING, PRE_COPY, RUNNING, "begin-pre!"),
	ARC(PRE_COPY, PRE_COPY, PRE_COPY, ""),
	ARC(PRE_COPY, RUNNING, RUNNING, "save-end"),
	ARC(PRE_COPY, STOP_COPY, STOP_COPY, "quiesce, freeze, begin-stop"),
	ARC(PRE_COPY, STOP_COPY, PRE_COPY, "quiesce!"),
#endif
};

static const char * const v2_names[] = {
	[VFIO_DEVICE_STATE_ERROR]	= "error",
	[VFIO_DEVICE_STATE_STOP]	= "stop",
	[VFIO_DEVICE_STATE_RUNNING]	= "running",
	[VFIO_DEVICE_STATE_STOP_COPY]	= "stop-and-copy",
	[VFIO_DEVICE_STATE_RESUMING]	= "resuming",
	[VFIO_DEVICE_STATE_RUNNING_P2P]	= "running-p2p",
#if VFMIG_MIGRATION_PRE_COPY
	[VFIO_DEVICE_STATE_PRE_COPY]	= "pre-copy",
	[VFIO_DEVICE_STATE_PRE_COPY_P2P] = "pre-copy-p2p",
#endif
};

static void name_row(const struct v2_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s to %s: %s",
		 v2_names[c->from], v2_names[c->to],
		 c->calls[0] ? c->calls : "no call");
}

KUNIT_ARRAY_PARAM(row, v2_cases, name_row);

static enum vfio_device_mig_state v2_state(struct fake_vf *vf)
{
	struct vfio_device *vdev = &vf->core.vdev;
	enum vfio_device_mig_state state = VFIO_DEVICE_STATE_ERROR;

	KUNIT_EXPECT_EQ(vf->test,
			vdev->mig_ops->migration_get_state(vdev, &state), 0);
	return state;
}

/* Returns an errno, or whether a file has come with the state. */
static int v2_set_state(struct fake_vf *vf, enum vfio_device_mig_state to)
{
	struct vfio_device *vdev = &vf->core.vdev;
	struct file *file = vdev->mig_ops->migration_set_state(vdev, to);

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (file)
		fput(file);
	return !!file;
}

static bool saves(enum vfio_device_mig_state state)
{
	return state == VFIO_DEVICE_STATE_STOP_COPY ||
	       state == VFIO_DEVICE_STATE_PRE_COPY;
}

/* Of the file of pre-copy the stop-and-copy after it is the end. */
static bool brings_file(const struct v2_case *c)
{
	if (saves(c->to))
		return !saves(c->from);
	return c->to == VFIO_DEVICE_STATE_RESUMING && c->from != c->to;
}

static int expected(const struct v2_case *c)
{
	if (c->end == c->to)
		return brings_file(c);
	/* Refused, and nothing was tried. */
	return c->from == VFIO_DEVICE_STATE_RESUMING ? -EINVAL : -EIO;
}

static void arc(struct kunit *test)
{
	const struct v2_case *c = test->param_value;
	struct fake_vf *vf = test->priv;

	if (c->from != VFIO_DEVICE_STATE_RUNNING)
		KUNIT_ASSERT_GE(test, v2_set_state(vf, c->from), 0);
	fake_script(vf, c->calls);
	KUNIT_EXPECT_EQ(test, v2_set_state(vf, c->to), expected(c));
	KUNIT_EXPECT_EQ(test, v2_state(vf), c->end);
	KUNIT_EXPECT_STREQ(test, vf->calls, c->calls);

	vfmig_reset_done(vf->vm);
	KUNIT_EXPECT_EQ(test, v2_state(vf), VFIO_DEVICE_STATE_RUNNING);
	flush_delayed_fput();
}

static void error_is_left_by_a_reset_alone(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	enum vfio_device_mig_state to;

	/* v2 fails one step at a time: nothing is to be undone but in v1. */
	fake_script(vf, "quiesce, freeze!, run!");
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_STOP), -EFAULT);
	KUNIT_EXPECT_EQ(test, v2_state(vf), VFIO_DEVICE_STATE_ERROR);
	for (to = 0; to < ARRAY_SIZE(v2_names); to++)
		KUNIT_EXPECT_LT(test, v2_set_state(vf, to), 0);
	vfmig_reset_done(vf->vm);
	for (to = ARRAY_SIZE(v2_names); to < ARRAY_SIZE(v2_names) + 8; to++)
		KUNIT_EXPECT_EQ(test, v2_set_state(vf, to), -EINVAL);
	KUNIT_EXPECT_EQ(test, v2_set_state(vf, VFIO_DEVICE_STATE_STOP), 0);
	KUNIT_EXPECT_EQ(test, v2_set_state(vf, VFIO_DEVICE_STATE_ERROR), -EINVAL);
	KUNIT_EXPECT_EQ(test, v2_state(vf), VFIO_DEVICE_STATE_STOP);
}

/* Who has led it out of running drives it until it is back. */
static void one_protocol_at_a_time(struct kunit *test)
{
	struct fake_vf *vf = test->priv;

	KUNIT_EXPECT_EQ(test, v2_set_state(vf, VFIO_DEVICE_STATE_RUNNING_P2P), 0);
	KUNIT_EXPECT_EQ(test, vf_state(vf), VFMIG_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_STOP), -EBUSY);
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_RUNNING), -EBUSY);
	KUNIT_EXPECT_EQ(test, v2_set_state(vf, VFIO_DEVICE_STATE_RUNNING), 0);

	vf_go(vf, VFMIG_STATE_STOP_COPY);
	KUNIT_EXPECT_EQ(test, v2_state(vf), VFIO_DEVICE_STATE_STOP_COPY);
	KUNIT_EXPECT_EQ(test, v2_set_state(vf, VFIO_DEVICE_STATE_STOP), -EBUSY);
	vf_go(vf, VFMIG_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, v2_set_state(vf, VFIO_DEVICE_STATE_STOP), 0);
	vfmig_reset_done(vf->vm);
	vf_go(vf, VFMIG_STATE_STOP);
}

static struct kunit_case v2_tests[] = {
	KUNIT_CASE_PARAM(arc, row_gen_params),
	KUNIT_CASE(error_is_left_by_a_reset_alone),
	KUNIT_CASE(one_protocol_at_a_time),
	{}
};

static struct kunit_suite v2_suite = {
	.name = "vfmig_v2",
	.suite_init = fake_suite_init,
	.suite_exit = fake_suite_exit,
	.init = fake_init,
	.exit = fake_exit,
	.test_cases = v2_tests,
};

kunit_test_suites(&v2_suite);
