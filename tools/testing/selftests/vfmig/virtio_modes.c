// SPDX-License-Identifier: GPL-2.0-only
/*
 * DEV_MODE_GET and DEV_MODE_SET: which mode a virtio VF is in, in each state of its
 * migration. virtio 1.4 has two of them, so stopped is both quiesced and frozen.
 */
#include "fixture.h"
#include "owner.h"
#include "race.h"
#include "v2.h"
#include "ways.h"

static const struct misbehaviour refuses = { TROUBLE_FAIL, REFUSED, "refused" };
static struct bytes stream;

void before_open(void)
{
	bytes_free(&stream);
	owner_begin();
}

static uint32_t quiesced(void)
{
	return owner_is_draft() ? CTX_STOP : PARTS_MODE_STOPPED;
}

/* One command for each of the draft's modes, one in all for 1.4. */
static unsigned int mode_steps(void)
{
	return owner_is_draft() ? 2 : 1;
}

TEST_EACH(active, "RUNNING is Active, and so is pre-copy, which reads what is there")
{
	EXPECT_EQ(owner_mode(MEMBER), CTX_ACTIVE);
	way_pre_copy(by, &vf, &stream);
	EXPECT_EQ(owner_mode(MEMBER), CTX_ACTIVE);
	EXPECT_GT(owner_asked(owner_opcode(ASK_READ)), 0);
	EXPECT_GT(stream.len, 0);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_mode(MEMBER), CTX_ACTIVE);
}

TEST(quiesced_first, "P2P is Stop, on the way to Freeze and back: peers do DMA to each other")
{
	if (!v2_can(&vf, V2_RUNNING_P2P))
		SKIP("this kernel has no RUNNING_P2P");
	v2_go(&vf, V2_RUNNING_P2P);
	EXPECT_EQ(owner_mode(MEMBER), quiesced());
	EXPECT_EQ(owner_told(owner_opcode(ASK_MODE)), quiesced());
	v2_go(&vf, V2_STOP);
	EXPECT_EQ(owner_mode(MEMBER), owner_frozen());
	EXPECT_EQ(owner_told(owner_opcode(ASK_MODE)), owner_frozen());
	v2_go(&vf, V2_RUNNING_P2P);
	EXPECT_EQ(owner_mode(MEMBER), quiesced());
	v2_go(&vf, V2_RUNNING);
	EXPECT_EQ(owner_mode(MEMBER), CTX_ACTIVE);
}

TEST(pre_copy_quiesced, "P2P in pre-copy is Stop, too, and what has been read remains read")
{
	uint32_t aborts;

	if (!v2_can(&vf, V2_PRE_COPY_P2P))
		SKIP("this kernel has no PRE_COPY_P2P");
	v2_begin(&vf, V2_PRE_COPY);
	v2_go(&vf, V2_PRE_COPY_P2P);
	EXPECT_EQ(owner_mode(MEMBER), quiesced());
	aborts = owner_asked(owner_opcode(ASK_ABORT));
	v2_go(&vf, V2_PRE_COPY);
	EXPECT_EQ(owner_mode(MEMBER), CTX_ACTIVE);
	EXPECT_EQ(owner_asked(owner_opcode(ASK_ABORT)), aborts);
}

TEST_EACH(frozen, "STOP and STOP_COPY are Freeze, from the first byte to the last")
{
	way_go(by, &vf, TO_STOP);
	EXPECT_EQ(owner_mode(MEMBER), owner_frozen());
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_EQ(owner_mode(MEMBER), owner_frozen());
	ASSERT_EQ(by->drain(&vf, &stream), 0);
	EXPECT_EQ(owner_mode(MEMBER), owner_frozen());
	way_go(by, &vf, TO_STOP);
	EXPECT_EQ(owner_mode(MEMBER), owner_frozen());
}

TEST_EACH(resuming, "RESUMING is Freeze, also when the state is in the device; left it is Active")
{
	way_save(by, &vf, &stream);
	way_go(by, &vf, TO_RESUMING);
	EXPECT_EQ(owner_mode(MEMBER), owner_frozen());
	ASSERT_EQ(by->fill(&vf, stream.at, stream.len), 0);
	EXPECT_EQ(owner_mode(MEMBER), owner_frozen());
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_mode(MEMBER), CTX_ACTIVE);
}

TEST_EACH(left_in_steps,
	  "RESUMING is left by way of Stop: one step that fails leaves the mode before it")
{
	need_draft();
	way_save(by, &vf, &stream);
	way_load(by, &vf, &stream);
	/* What undoes the first step is refused as well. */
	owner_arm(refuses, CTX_MODE_SET, 1, 2);
	EXPECT_EQ(way_try(by, &vf, TO_RUNNING), by->step_failed);
	EXPECT_EQ(owner_mode(MEMBER), CTX_STOP);
	owner_disarm();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(owner_runs(), true);
}

static void fail_down(const struct protocol *by, unsigned int step)
{
	bool in_between = step && by == &ways[BY_V2];

	owner_arm(refuses, owner_opcode(ASK_MODE), step, 1);
	EXPECT_EQ(way_try(by, &vf, TO_STOP), by->step_failed, "step %u", step);
	EXPECT_EQ(owner_armed(), 0);
	/* By v1 it is undone; by v2 one arc of two was taken. */
	EXPECT_EQ(way_in(by, &vf, in_between ? NOT_STOPPED : TO_RUNNING), true,
		  "step %u", step);
	EXPECT_EQ(owner_mode(MEMBER), in_between ? CTX_STOP : CTX_ACTIVE,
		  "step %u", step);
	way_go(by, &vf, TO_STOP);
	EXPECT_EQ(owner_mode(MEMBER), owner_frozen());
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_runs(), true);
}

TEST_EACH(refused_down,
	  "a mode that is refused on the way down leaves the one before, and can be tried again")
{
	for (unsigned int step = 0; step < mode_steps(); step++)
		fail_down(by, step);
}

/* The arc of v2 that ends in the middle takes all steps but the last. */
static void fail_up(const struct protocol *by, unsigned int step)
{
	bool in_between = by == &ways[BY_V2] && step == mode_steps() - 1;
	uint32_t mode = in_between ? quiesced() : owner_frozen();

	way_go(by, &vf, TO_STOP);
	owner_arm(refuses, owner_opcode(ASK_MODE), step, 1);
	EXPECT_EQ(way_try(by, &vf, TO_RUNNING), by->step_failed, "step %u", step);
	EXPECT_EQ(owner_armed(), 0);
	EXPECT_EQ(way_in(by, &vf, in_between ? NOT_STOPPED : TO_STOP), true,
		  "step %u", step);
	EXPECT_EQ(owner_mode(MEMBER), mode, "step %u", step);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_runs(), true);
}

TEST_EACH(refused_up,
	  "a mode that is refused on the way up leaves the one before, and the guest can still run")
{
	for (unsigned int step = 0; step < mode_steps(); step++)
		fail_up(by, step);
}

TEST(outlasts_flr, "a mode outlasts an FLR by the guest; the function runs when it can be told to")
{
	need_draft();
	for (size_t i = 0; i < nr_resets; i++) {
		vf_go(&vf, STATE_STOP);
		owner_arm(refuses, CTX_MODE_SET, 0, ~0U);
		ASSERT_EQ(resets[i].now(&vf), 0, "%s", resets[i].name);
		EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%s", resets[i].name);
		EXPECT_EQ(owner_mode(MEMBER), CTX_FREEZE, "%s", resets[i].name);
		owner_disarm();
		owner_await_running(resets[i].name);
	}
	need_whole_transfer();
}

TEST(awaited, "whoever resets a stopped function by itself waits until it runs")
{
	static const uint32_t states[] = { STATE_STOP, STATE_STOP_COPY, STATE_RESUMING };

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		vf_go(&vf, states[i]);
		EXPECT_EQ(owner_runs(), false);
		ASSERT_EQ(vf_reset(&vf), 0);
		EXPECT_EQ(owner_runs(), true, "state %u", states[i]);
		vf_go(&vf, states[i]);
		ASSERT_EQ(resets[RESET_BY_GUEST].now(&vf), 0);
		EXPECT_EQ(owner_runs(), true, "state %u", states[i]);
		EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	}
	need_whole_transfer();
}

TEST(idle_reset, "a reset of a function that runs costs no command")
{
	uint32_t from = owner_logged();

	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(owner_logged(), from);
}

TEST(found, "a function that was left in another mode is Active when it has been opened")
{
	vf_go(&vf, STATE_STOP);
	owner_arm(refuses, owner_opcode(ASK_MODE), 0, ~0U);
	vf_close(&vf);
	/* Of 1.4 the FLR that closes it has let it run. */
	EXPECT_EQ(owner_mode(MEMBER), owner_is_draft() ? CTX_FREEZE : 0);
	owner_disarm();
	vf_open(&vf, vf_first());
	EXPECT_EQ(owner_runs(), true);
	need_whole_transfer();
}

TEST(asked_for, "a mode that is none is an answer to refuse, and the function does not migrate")
{
	const struct misbehaviour wrong = { TROUBLE_BAD_BYTE, 0, "wrong mode" };
	uint32_t asked;

	need_draft();
	vf_close(&vf);
	owner_arm(wrong, CTX_MODE_GET, 0, 1);
	EXPECT_NE(vf_try_open(&vf, vf_first()), 0);
	EXPECT_EQ(owner_armed(), 0);
	vf_close(&vf);
	asked = owner_asked(CTX_MODE_GET);
	vf_open(&vf, vf_first());
	EXPECT_EQ(owner_asked(CTX_MODE_GET), asked + 1);
	need_whole_transfer();
}
