// SPDX-License-Identifier: GPL-2.0-only
/*
 * The owner goes, in each of the ways that there are, at any moment of a transfer:
 * its PF is reset or unbound, or the device dies. What is asked of it fails at
 * once and with the reason, the guest at the source runs on, and when the owner is
 * back the function migrates.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "owner.h"
#include "race.h"
#include "race_moment.h"
#include "race_vfs.h"
#include "sysfs.h"
#include "v2.h"
#include "ways.h"

static struct bytes stream;
static struct order order;
static struct pf pf;

void before_open(void)
{
	moments_forget();
	bytes_free(&stream);
	order_wait(&order);
	if (!pf.bdf[0])
		pf_remember(&pf, vf_first());
	pf_restore(&pf);
	owner_begin();
	owner_put(&owner_window->extra, 0);
}

static void need_owner_that_goes(void)
{
	need_our_owner("waits for ever");
}

static void die_by(enum virtio_trouble_what what)
{
	const struct misbehaviour dies = { what, 0, "dies" };

	owner_arm_any(dies, VIRTIO_TROUBLE_ANY, 0, ~0U);
}

static void give_up(void)
{
	die_by(TROUBLE_NEEDS_RESET);
}

static void vanish(void)
{
	die_by(TROUBLE_GONE);
}

static void restart(void)
{
	owner_put(&owner_window->restart, 1);
}

static void reset_pf(void)
{
	ASSERT_EQ(sysfs_reset(pf.bdf), 0);
}

/**
 * struct loss - a way to lose the owner, until owner_revive()
 * @name: for messages
 * @lose: does it; what a device does of its own is seen when it is asked next
 * @forgets: the VFs are reset with it
 * @answers: what it is asked next, before owner_revive()
 */
static const struct loss {
	const char *name;
	void (*lose)(void);
	bool forgets;
	bool answers;
} losses[] = {
	{ "PF reset", reset_pf, true, true },
	{ "given up", give_up, false, false },
	{ "gone", vanish, false, false },
	{ "restarted", restart, false, true },
};

/* Whatever may be asked for is answered, with success or without; nothing hangs. */
static void use_without(const char *when)
{
	uint64_t value;

	vf_read64(&vf, REG_PENDING_BYTES, &value);
	vf_read64(&vf, REG_DATA_OFFSET, &value);
	vf_read64(&vf, REG_DATA_SIZE, &value);
	vf_set_state(&vf, STATE_STOP);
	vf_set_state(&vf, STATE_STOP_COPY);
	vf_read64(&vf, REG_DATA_SIZE, &value);
	vf_set_state(&vf, STATE_RUNNING);
	EXPECT_NE(vf_state(&vf), ~0U, "%s", when);
}

/* For one that is unbound, and has no counters any more. */
static void expect_no_timeout(const char *when)
{
	const char *why = core_text(vf.bdf, "last_error");

	EXPECT_EQ(strstr(why, "no answer to"), NULL, "%s: %s", when, why);
}

static void lose_at(const struct moment *moment, const struct loss *loss)
{
	unsigned long timeouts = owner_counter("timeouts ");
	char when[96];

	snprintf(when, sizeof(when), "%s, %s", loss->name, moment->name);
	moment->enter();
	loss->lose();
	use_without(when);
	ASSERT_EQ(vf_reset(&vf), 0, "%s", when);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%s", when);
	EXPECT_EQ(owner_counter("timeouts "), timeouts, "%s", when);
	owner_revive();
	/* What could not be done without it is done now. */
	owner_await_running(when);
	expect_as_new(when);
}

static void lose_at_each(const struct loss *loss, const struct moment *moment,
			 unsigned int nr)
{
	need_owner_that_goes();
	owner_limit(LONG_LIMIT_MS);
	moments_prepare();
	for (unsigned int i = 0; i < nr; i++)
		lose_at(&moment[i], loss);
}

TEST(reset, "the PF may be reset at any moment, and its VFs migrate")
{
	lose_at_each(&losses[0], moments, nr_moments);
}

TEST(given_up, "the device may give up at any moment; when it answers again its VFs migrate")
{
	lose_at_each(&losses[1], moments, nr_moments);
}

/* Each attempt to reset one that is gone takes a second. */
TEST(gone, "so may it be gone")
{
	lose_at_each(&losses[2], few_moments, nr_few_moments);
}

TEST(restarted, "so may it start anew by itself, which nobody is told")
{
	lose_at_each(&losses[3], few_moments, nr_few_moments);
}

TEST_EACH(restarted_unseen, "one that was sent nothing since is noticed before it is asked")
{
	unsigned long recoveries;

	need_owner_that_goes();
	recoveries = owner_counter("recoveries ");
	restart();
	way_need_whole_transfer(by);
	EXPECT_EQ(owner_counter("recoveries "), recoveries + 1);
}

static void runs_on_without(const struct protocol *by, const struct loss *loss,
			    enum place from)
{
	uint32_t before;

	change_register(&vf);
	before = owner_vf_register();
	way_go(by, &vf, from);
	loss->lose();
	EXPECT_EQ(way_try(by, &vf, TO_RUNNING), 0, "%s", loss->name);
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true, "%s", loss->name);
	owner_revive();
	owner_await_running(loss->name);
	if (!loss->forgets)
		EXPECT_EQ(owner_vf_register(), before, "%s", loss->name);
	way_need_whole_transfer(by);
}

TEST_EACH(runs_on,
	  "the source goes back to RUNNING without its owner, and runs on when that is back")
{
	need_owner_that_goes();
	for (size_t i = 0; i < ARRAY_SIZE(losses); i++)
		runs_on_without(by, &losses[i], TO_STOP_COPY);
}

TEST_EACH(runs_on_pre_copy, "in pre-copy it has never ceased to")
{
	need_owner_that_goes();
	by->need_pre_copy(&vf);
	for (size_t i = 0; i < ARRAY_SIZE(losses); i++)
		runs_on_without(by, &losses[i], TO_PRE_COPY);
}

TEST_EACH(says_so, "what cannot be done without an owner says so, and can be tried again")
{
	const char *why;

	need_owner_that_goes();
	for (size_t i = 0; i < ARRAY_SIZE(losses); i++) {
		if (losses[i].answers)
			continue;
		losses[i].lose();
		EXPECT_EQ(way_try(by, &vf, TO_STOP), by->step_failed);
		why = core_text(vf.bdf, "last_error");
		EXPECT_NE(strstr(why, "the device "), NULL, "%s: %s",
			  losses[i].name, why);
		EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true);
		owner_revive();
		owner_await_running(losses[i].name);
		way_need_whole_transfer(by);
	}
}

TEST_EACH(half_loaded, "a load does not go on when the owner was reset, and leaves nothing")
{
	size_t half;
	int ret;

	need_owner_that_goes();
	change_register(&vf);
	way_save(by, &vf, &stream);
	half = stream.len / 2;
	ASSERT_EQ(vf_reset(&vf), 0);
	way_go(by, &vf, TO_RESUMING);
	ASSERT_EQ(by->fill(&vf, stream.at, half), 0);
	reset_pf();
	ret = by->fill(&vf, stream.at + half, stream.len - half);
	EXPECT_NE(ret ?: way_try(by, &vf, TO_RUNNING), 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	owner_await_running(by->name);
	EXPECT_EQ(owner_vf_register(), 0);
	way_need_whole_transfer(by);
}

/* So much of a context that it takes several commands to read it. */
#define MANY_READS	(3 << 20)

TEST_EACH(half_saved, "nor does a save: what it has said is of what is no more")
{
	need_draft();
	owner_put(&owner_window->extra, MANY_READS);
	reopen();
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_GT(by->piece(&vf, &stream), 0);
	reset_pf();
	EXPECT_NE(by->drain(&vf, &stream), 0);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "PF was reset"), NULL);
	way_go(by, &vf, TO_RUNNING);
	owner_await_running(by->name);
	way_need_whole_transfer(by);
}

TEST_EACH(stopped_again,
	  "a function that was stopped is so still for whoever goes on when the owner was reset")
{
	need_owner_that_goes();
	way_go(by, &vf, TO_STOP);
	reset_pf();
	EXPECT_EQ(owner_runs(), true);
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_EQ(owner_mode(MEMBER), owner_frozen());
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_runs(), true);
}

static void unbind_pf(void)
{
	order_unbind(&order, pf.bdf);
}

/* Unbinding a PF waits for whoever has a VF of it; then the VFs are gone. */
static void bind_again(const char *when)
{
	vf_close(&vf);
	vf_close(&other);
	ASSERT_EQ(order_wait(&order), 0, "%s", when);
	pf_restore(&pf);
	vf_open(&vf, vf_first());
	EXPECT_EQ(owner_runs(), true, "%s", when);
	expect_as_new(when);
}

TEST(unbound, "the PF may be unbound at any moment: what is asked fails, and nothing hangs")
{
	int request;

	need_owner_that_goes();
	owner_limit(LONG_LIMIT_MS);
	moments_prepare();
	for (unsigned int i = 0; i < nr_few_moments; i++) {
		few_moments[i].enter();
		request = request_fd(&vf);
		unbind_pf();
		EXPECT_EQ(requested(request), true, "%s", few_moments[i].name);
		close(request);
		use_without(few_moments[i].name);
		EXPECT_EQ(order_done(&order), false, "%s", few_moments[i].name);
		expect_no_timeout(few_moments[i].name);
		bind_again(few_moments[i].name);
	}
}

TEST(unbound_both, "so may it while two VFs are in use, one that saves and one that loads")
{
	int request;

	need_owner_that_goes();
	moments_prepare();
	vf_open(&other, vf_second());
	save_stopped(&vf, &stream);
	vf_go(&vf, STATE_STOP_COPY);
	vf_data_offset(&vf);
	vf_go(&other, STATE_RESUMING);
	ASSERT_EQ(load_bytes(&other, stream.at, stream.len / 2, TRAPPED_WHOLE), 0);
	request = request_fd(&vf);
	unbind_pf();
	EXPECT_EQ(requested(request), true);
	close(request);
	EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), 0);
	bind_again("both");
}

static void *lose_meanwhile(void *arg)
{
	void (*lose)(void) = arg;
	time_t end = time(NULL) + NEVER_STUCK_S;

	while (owner_armed() && time(NULL) < end)
		usleep(1000);
	lose();
	return NULL;
}

/* The limit is a minute: it is not that which ends the waiting. */
static void lose_while_waiting(void (*lose)(void), enum asked asked)
{
	const struct misbehaviour never = { TROUBLE_NEVER, 0, "never" };
	pthread_t thread;
	int ret;

	owner_arm(never, owner_opcode(asked), 0, 1);
	ASSERT_EQ(pthread_create(&thread, NULL, lose_meanwhile, lose), 0);
	stream.len = 0;
	ret = vf_set_state(&vf, STATE_STOP_COPY);
	ret = ret ?: drain_phase(&vf, &stream, TRAPPED_WHOLE);
	EXPECT_NE(ret, 0, "%#x", owner_opcode(asked));
	expect_no_timeout("while a command waits");
	pthread_join(thread, NULL);
	if (vf_state(&vf) != STATE_RUNNING)
		EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), 0);
}

TEST(reset_waited, "a command that waits fails at once when the PF is reset")
{
	need_owner_that_goes();
	owner_limit(LONG_LIMIT_MS);
	lose_while_waiting(reset_pf, ASK_MODE);
	owner_await_running("mode");
	lose_while_waiting(reset_pf, ASK_READ);
	owner_await_running("read");
	need_whole_transfer();
}

TEST(restart_waited, "so does one when the PF starts anew by itself")
{
	need_owner_that_goes();
	owner_limit(LONG_LIMIT_MS);
	lose_while_waiting(restart, ASK_MODE);
	owner_await_running("mode");
	lose_while_waiting(restart, ASK_READ);
	owner_await_running("read");
	need_whole_transfer();
}

TEST(unbound_waited, "so does one when the PF is unbound")
{
	need_owner_that_goes();
	owner_limit(LONG_LIMIT_MS);
	moments_prepare();
	lose_while_waiting(unbind_pf, ASK_MODE);
	bind_again("mode");
	lose_while_waiting(unbind_pf, ASK_READ);
	bind_again("read");
}

TEST(opened_without, "a VF whose owner is gone cannot be opened, and can when it is back")
{
	need_owner_that_goes();
	vf_close(&vf);
	vanish();
	EXPECT_NE(vf_try_open(&vf, vf_first()), 0);
	vf_close(&vf);
	owner_revive();
	vf_open(&vf, vf_first());
	need_whole_transfer();
}
