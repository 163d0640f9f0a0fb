// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PF is reset or taken down while one of its VFs is in use: whatever the VF
 * had under way succeeds or fails cleanly, and when the PF is back all works.
 */
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "igbvf.h"
#include "race.h"
#include "race_moment.h"
#include "race_vfs.h"

#define DOWNS		3
#define ADDRESS		"52:54:00:76:66:00"

static struct guest guest;
static struct pf pf;
static struct bytes whole;

void before_open(void)
{
	moments_forget();
	bytes_free(&whole);
	guest_leave(&guest);
	if (is_mock(vf_first()) || is_open(vf_first()))
		SKIP("%s does not need its PF", vf_first());
	if (!pf.bdf[0])
		pf_remember(&pf, vf_first());
	pf_up(true);
	pf_set_mac(vf_first(), ADDRESS);
}

/* What a guest's driver does when it has been told that the PF was reset. */
static void expect_works(const char *when)
{
	uint16_t tag = 0;

	guest_boot(&guest);
	pf_send(guest.mac, -1, 100, 77);
	EXPECT_EQ(rx_wait(&guest, &tag), 100, "%s", when);
	EXPECT_EQ(tag, 77, "%s", when);
	tx_post(&guest, 100);
	EXPECT_EQ(tx_sent(&guest), true, "%s", when);
}

static void boot(void)
{
	guest_enter(&guest, &vf);
	expect_works("at first");
}

TEST(down_idle, "a PF that goes down and up takes nothing from a VF that runs")
{
	boot();
	pf_up(false);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	pf_up(true);
	expect_works("up again");
	need_whole_transfer();
}

struct traffic {
	int (*act)(void);
	atomic_bool done;
	atomic_uint succeeded;
	atomic_uint failed;
	pthread_t thread;
};

static void *traffic_thread(void *arg)
{
	struct traffic *traffic = arg;

	while (!traffic->done) {
		int ret = traffic->act();

		if (ret)
			traffic->failed++;
		else
			traffic->succeeded++;
		if (ret)
			vf_reset(&vf);
	}
	return NULL;
}

static int act_save(void)
{
	int ret = vf_set_state(&vf, STATE_STOP_COPY);

	ret = ret ?: try_save(&vf, NULL);
	return ret ?: vf_set_state(&vf, STATE_RUNNING);
}

static int act_load(void)
{
	return try_load_whole(&vf, &whole);
}

static void await_more(atomic_uint *count)
{
	long end = now_us() + NEVER_STUCK_S * 1000000L;
	unsigned int before = *count;

	while (*count < before + 2) {
		ASSERT_LE(now_us(), end);
		usleep(1000);
	}
}

/* The PF goes down and up while a VF does the same thing over and over. */
static void downs_against(struct traffic *traffic)
{
	boot();
	save_stopped(&vf, &whole);
	ASSERT_EQ(pthread_create(&traffic->thread, NULL, traffic_thread,
				 traffic), 0);
	for (int i = 0; i < DOWNS; i++) {
		pf_up(false);
		pf_up(true);
	}
	await_more(&traffic->succeeded);
	traffic->done = true;
	pthread_join(traffic->thread, NULL);
	tap_note("%u succeeded, %u failed: %s", traffic->succeeded,
		 traffic->failed, core_text(vf.bdf, "last_error"));
	ASSERT_EQ(vf_reset(&vf), 0);
	set_command(&guest, 6);
	expect_works("up at last");
	need_whole_transfer();
}

TEST(down_saving, "a PF may go down and up at any point of a save")
{
	struct traffic traffic = { .act = act_save };

	downs_against(&traffic);
}

TEST(down_loading, "a PF may go down and up at any point of a load: it succeeds or fails")
{
	struct traffic traffic = { .act = act_load };

	downs_against(&traffic);
}

/*
 * igb does not notice that its function is reset, so it is down meanwhile, as
 * an administrator would have it.
 */
static void reset_pf(void)
{
	pf_up(false);
	ASSERT_EQ(sysfs_reset(pf.bdf), 0);
}

TEST(reset_moments, "a PF may be reset at any moment of a transfer; a reset of the VF helps")
{
	moments_prepare();
	for (unsigned int i = 0; i < nr_few_moments; i++) {
		const char *when = few_moments[i].name;
		uint64_t value;

		few_moments[i].enter();
		reset_pf();
		vf_read64(&vf, REG_DATA_OFFSET, &value);
		vf_read64(&vf, REG_DATA_SIZE, &value);
		vf_set_state(&vf, STATE_STOP);
		pf_up(true);
		ASSERT_EQ(vf_reset(&vf), 0, "%s", when);
		expect_as_new(when);
	}
	reopen();
	boot();
}

TEST(reset_loading, "nor does it harm a VF that is being loaded all the time")
{
	struct traffic traffic = { .act = act_load };

	boot();
	save_stopped(&vf, &whole);
	ASSERT_EQ(pthread_create(&traffic.thread, NULL, traffic_thread,
				 &traffic), 0);
	reset_pf();
	await_more(&traffic.failed);
	pf_up(true);
	await_more(&traffic.succeeded);
	traffic.done = true;
	pthread_join(traffic.thread, NULL);
	tap_note("%u succeeded, %u failed: %s", traffic.succeeded,
		 traffic.failed, core_text(vf.bdf, "last_error"));
	guest_leave(&guest);
	reopen();
	boot();
	need_whole_transfer();
}
