// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each transition where memory is short: EFAULT, the state the device had, and
 * a reason for whoever looks for one; never ERROR.
 */
#include <errno.h>
#include <string.h>

#include "fault.h"
#include "fixture.h"
#include "sysfs.h"

#define PLACES	100

static const struct arc {
	uint32_t from, to;
	/* It begins a transfer, and that needs memory. */
	bool allocates;
} arcs[] = {
	{ STATE_STOP, STATE_RUNNING, false },
	{ STATE_STOP, STATE_STOP_COPY, true },
	{ STATE_STOP, STATE_PRE_COPY, true },
	{ STATE_STOP, STATE_RESUMING, true },
	{ STATE_RUNNING, STATE_STOP, false },
	{ STATE_RUNNING, STATE_STOP_COPY, true },
	{ STATE_RUNNING, STATE_PRE_COPY, true },
	{ STATE_RUNNING, STATE_RESUMING, true },
	{ STATE_STOP_COPY, STATE_STOP, false },
	{ STATE_STOP_COPY, STATE_RUNNING, false },
	{ STATE_PRE_COPY, STATE_STOP, false },
	{ STATE_PRE_COPY, STATE_RUNNING, false },
	{ STATE_PRE_COPY, STATE_STOP_COPY, false },
	{ STATE_RESUMING, STATE_STOP, false },
	{ STATE_RESUMING, STATE_RUNNING, false },
	{ STATE_RESUMING, STATE_STOP_COPY, true },
	{ STATE_RESUMING, STATE_PRE_COPY, true },
};

void before_open(void)
{
	fault_need();
}

/* What the backend was told agrees with what the user is. */
static void expect_state(uint32_t state, const char *when)
{
	bool runs = state == STATE_RUNNING || state == STATE_PRE_COPY;

	ASSERT_EQ(vf_state(&vf), state, "%s", when);
	if (!is_mock(vf.bdf))
		return;
	EXPECT_EQ(mock_is(vf.bdf, "run", runs ? "running" : "frozen"), true,
		  "state %u, %s", state, when);
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"),
		  state != STATE_STOP_COPY && state != STATE_PRE_COPY,
		  "state %u, %s", state, when);
}

/* Whether the engine had a say: a value that never arrived is none of its. */
static bool expect_reason(uint64_t errors)
{
	const char *text = core_text(vf.bdf, "last_error");

	if (core_number(vf.bdf, "last_error", "") == errors)
		return false;
	EXPECT_NE(strstr(text, "could not start"), NULL, "%s", text);
	return true;
}

/* How many of the faults that failed the arc came with a reason. */
static unsigned int sweep_arc(const struct arc *arc, struct sweep *sweep)
{
	unsigned int reasons = 0;
	uint64_t errors;
	int ret;

	while (sweep_next(sweep)) {
		vf_go(&vf, STATE_RUNNING);
		vf_go(&vf, arc->from);
		errors = core_number(vf.bdf, "last_error", "");

		sweep_arm(sweep);
		ret = vf_set_state(&vf, arc->to);
		sweep_disarm(sweep, ret);
		EXPECT_NE(ret, -ENOMEM);
		if (ret) {
			expect_state(arc->from, "after a fault");
			reasons += expect_reason(errors);
			ASSERT_EQ(vf_set_state(&vf, arc->to), 0);
		}
		expect_state(arc->to, "in the end");
	}
	return reasons;
}

static void try_arc(const struct arc *arc)
{
	struct sweep sweep = {};
	bool reasoned = false;

	/* One place is an allocation of its own. It may be stepped over. */
	for (int pass = 0; pass < PASSES; pass++) {
		sweep = (struct sweep)SWEEP("arc", PLACES);
		reasoned = sweep_arc(arc, &sweep) > 0;
		if (sweep.felt > arc->allocates && (reasoned || !arc->allocates))
			break;
	}
	EXPECT_LE(1 + arc->allocates, sweep.felt, "from %u to %u", arc->from,
		  arc->to);
	EXPECT_EQ(reasoned, arc->allocates, "from %u to %u", arc->from,
		  arc->to);
	tap_note("from %u to %u: %u faults injected, %u of them failed it",
		 arc->from, arc->to, sweep.injected, sweep.felt);
}

TEST(each_arc, "an arc fails with EFAULT and the device is where it was, with a reason in debugfs")
{
	for (size_t i = 0; i < ARRAY_SIZE(arcs); i++) {
		try_arc(&arcs[i]);
		ASSERT_EQ(vf_reset(&vf), 0);
	}
	need_whole_transfer();
}

/* virtio's parts are read once more, into memory of their own, as many as there are then. */
static bool may_need_memory(const struct arc *arc)
{
	return is_virtio(vf.bdf) && arc->from == STATE_PRE_COPY &&
	       arc->to == STATE_STOP_COPY;
}

TEST(famine, "without any memory a device can be stopped and started, and a transfer ended")
{
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(arcs); i++) {
		vf_go(&vf, STATE_RUNNING);
		vf_go(&vf, arcs[i].from);
		famine_begin(FAMINE);
		ret = vf_set_state(&vf, arcs[i].to);
		famine_end();
		if (!may_need_memory(&arcs[i]) || ret != -EFAULT)
			EXPECT_EQ(ret, arcs[i].allocates ? -EFAULT : 0,
				  "from %u to %u", arcs[i].from, arcs[i].to);
		expect_state(ret ? arcs[i].from : arcs[i].to, "in a famine");
	}
	vf_go(&vf, STATE_RUNNING);
	need_whole_transfer();
}

/* QEMU aborts the VM where it cannot read the state after a failed write. */
TEST(read_state, "reading the state takes no memory; only handing it to the user can fail")
{
	struct sweep sweep = SWEEP("device_state", PLACES);
	uint32_t state;
	int ret;

	while (sweep_next(&sweep)) {
		state = ~0U;
		sweep_arm(&sweep);
		ret = vf_read(&vf, REG_DEVICE_STATE, &state, sizeof(state));
		sweep_disarm(&sweep, ret);
		EXPECT_NE(ret, -ENOMEM);
		EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	}
	sweep_done(&sweep, 1);

	famine_begin(FAMINE);
	ret = vf_read(&vf, REG_DEVICE_STATE, &state, sizeof(state));
	famine_end();
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(state, STATE_RUNNING);
}
