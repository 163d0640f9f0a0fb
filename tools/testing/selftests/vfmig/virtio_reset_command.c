// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reset of the VF while a command of its migration is under way, at each command
 * of a save and of a load: the state machine remains sound, and the function runs.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "owner_trial.h"
#include "race.h"
#include "v2.h"

/* So long the answer of the command is late that a reset is to come in between. */
#define LATE_MS		300

static struct bytes stream;

void before_open(void)
{
	bytes_free(&stream);
	owner_begin();
}

struct meeting {
	const struct reset *reset;
	bool over;
	int ret;
	pthread_t thread;
};

static void *reset_when_met(void *arg)
{
	struct meeting *meeting = arg;
	time_t end = time(NULL) + NEVER_STUCK_S;

	/* While its answer is late, or else when the transfer is over. */
	while (!owner_get(&owner_window->unanswered) &&
	       !__atomic_load_n(&meeting->over, __ATOMIC_ACQUIRE) &&
	       time(NULL) < end)
		usleep(100);
	meeting->ret = meeting->reset->now(&vf);
	return NULL;
}

static void begin(struct meeting *meeting, struct trial *trial)
{
	meeting->over = false;
	trial_arm(trial);
	ASSERT_EQ(pthread_create(&meeting->thread, NULL, reset_when_met, meeting), 0);
}

static void end(struct meeting *meeting, struct trial *trial)
{
	__atomic_store_n(&meeting->over, true, __ATOMIC_RELEASE);
	pthread_join(meeting->thread, NULL);
	EXPECT_EQ(meeting->ret, 0, "%s", trial->name);
}

/* Whichever of the two was first. */
static void expect_sound(struct trial *trial)
{
	EXPECT_EQ(way_in(trial->by, &vf, IN_ERROR), false, "%s", trial->name);
	ASSERT_EQ(vf_reset(&vf), 0, "%s", trial->name);
	EXPECT_EQ(way_in(trial->by, &vf, TO_RUNNING), true, "%s", trial->name);
	owner_await_running(trial->name);
	trial_clean(trial);
}

static void save(void)
{
	vf_set_state(&vf, STATE_STOP_COPY);
	try_save(&vf, NULL);
	vf_set_state(&vf, STATE_RUNNING);
}

static void load(void)
{
	try_load_whole(&vf, &stream);
}

static void transfer_v2(void)
{
	try_transfer_v2(&vf, &stream);
}

static void meet(const struct protocol *by, const struct reset *reset,
		 void (*act)(void))
{
	const struct misbehaviour late = { TROUBLE_LATE, LATE_MS, reset->name };
	struct meeting meeting = { .reset = reset };
	struct trial trial;

	bytes_free(&stream);
	save_stopped(&vf, &stream);
	FOR_EACH_COMMAND(&trial, by, late) {
		begin(&meeting, &trial);
		act();
		end(&meeting, &trial);
		if (trial_met(&trial))
			expect_sound(&trial);
	}
}

TEST(in_save, "a reset by the user may come in the middle of any command of a save")
{
	meet(&ways[BY_V1], &resets[RESET_BY_USER], save);
}

TEST(in_save_by_guest, "so may the guest's FLR")
{
	meet(&ways[BY_V1], &resets[RESET_BY_GUEST], save);
}

TEST(in_load, "a reset by the user may come in the middle of any command of a load")
{
	meet(&ways[BY_V1], &resets[RESET_BY_USER], load);
}

TEST(in_load_by_guest, "so may the guest's FLR")
{
	meet(&ways[BY_V1], &resets[RESET_BY_GUEST], load);
}

TEST(in_transfer_v2, "both by v2: the user's")
{
	meet(&ways[BY_V2], &resets[RESET_BY_USER], transfer_v2);
}

TEST(in_transfer_v2_by_guest, "and the guest's")
{
	meet(&ways[BY_V2], &resets[RESET_BY_GUEST], transfer_v2);
}

TEST_EACH(in_pre_copy,
	  "an FLR by the guest in pre-copy ends it, and the next one says the state after it")
{
	way_pre_copy(by, &vf, &stream);
	change_register(&vf);
	ASSERT_EQ(resets[RESET_BY_GUEST].now(&vf), 0);
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true);
	stream.len = 0;
	way_save(by, &vf, &stream);
	change_register(&vf);
	way_load(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_vf_register(), 0);
}
