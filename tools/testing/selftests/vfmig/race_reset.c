// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reset at any point of a stop, a save and a load, while they go on.
 */
#include "fixture.h"
#include "race.h"

/* How often the reset comes at another point of what it meets. */
#define POINTS		8
/* For both sides to be ready. */
#define LEAD_US		10000

static struct bytes whole;
static long reset_us;

struct meeting {
	int (*act)(void);
	long start;
	pthread_t thread;
};

static void *act_thread(void *arg)
{
	struct meeting *meeting = arg;

	wait_until_us(meeting->start);
	meeting->act();
	return NULL;
}

/*
 * A reset takes longer than what it meets, and counts when it is done: that is
 * to be @after_us after the act has begun.
 */
static void reset_at(int (*act)(void), long after_us)
{
	struct meeting meeting = { .act = act };
	long late = after_us > reset_us ? after_us - reset_us : 0;
	long reset = now_us() + LEAD_US + late;

	meeting.start = reset + reset_us - after_us;
	ASSERT_EQ(pthread_create(&meeting.thread, NULL, act_thread, &meeting),
		  0);
	wait_until_us(reset);
	EXPECT_EQ(vf_reset(&vf), 0);
	pthread_join(meeting.thread, NULL);
	EXPECT_NE(vf_state(&vf), STATE_ERROR);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
}

static void measure_reset(void)
{
	long start = now_us();

	ASSERT_EQ(vf_reset(&vf), 0);
	reset_us = now_us() - start;
}

static void sweep(int (*act)(void))
{
	long start = now_us();
	long took_us;

	EXPECT_EQ(act(), 0);
	took_us = now_us() - start;
	for (int part = 0; part <= POINTS; part++)
		reset_at(act, took_us * part / POINTS);
	need_whole_transfer();
}

static int act_save(void)
{
	return try_save_live(&vf);
}

static int act_load(void)
{
	return try_load_whole(&vf, &whole);
}

static int act_save_v2(void)
{
	return try_transfer_v2(&vf, NULL);
}

static int act_transfer_v2(void)
{
	return try_transfer_v2(&vf, &whole);
}

static int act_stop(void)
{
	int ret = vf_set_state(&vf, STATE_STOP);

	return ret ?: vf_set_state(&vf, STATE_RUNNING);
}

TEST(any_point, "a reset may come at any point of a stop, a save and a load, by v1 or v2")
{
	if (is_mock(vf.bdf)) {
		mock_setn(vf.bdf, "slow_step_us", 1000);
		mock_setn(vf.bdf, "slow_record_us", 1000);
	}
	save_stopped(&vf, &whole);
	measure_reset();
	sweep(act_stop);
	sweep(act_save);
	sweep(act_load);
	sweep(act_save_v2);
	sweep(act_transfer_v2);
	bytes_free(&whole);
}
