// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several at once: a reader of device_state is never kept waiting, and whatever
 * threads do to one device each access still is what it is.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "fixture.h"
#include "race.h"

#define HAMMER_MS	2500

void before_open(void)
{
	need_mock(vf_first());
	hold_for_ever();
}

static atomic_bool done;
static int stop_ret;

static void *stop_device(void *unused)
{
	(void)unused;
	stop_ret = vf_set_state(&vf, STATE_STOP);
	done = true;
	return NULL;
}

static void reset_now(void)
{
	EXPECT_EQ(vf_reset(&vf), 0);
}

/*
 * Does something while the device is half stopped, and nothing but the reset
 * that follows ends that. Whoever waits for it sees it done.
 */
static void while_stopping(void (*act)(void))
{
	pthread_t thread;

	mock_set(vf.bdf, "fault", "freeze 1 hang");
	mock_set(vf.bdf, "calls", "");
	done = false;
	pthread_create(&thread, NULL, stop_device, NULL);
	mock_await(vf.bdf, "freeze");
	act();
	EXPECT_EQ(done, false);
	reset_now();
	pthread_join(thread, NULL);
	EXPECT_EQ(stop_ret, -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
}

static void read_state(void)
{
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
}

TEST(state_never_waits, "reading device_state takes no lock that a slow transition holds")
{
	while_stopping(read_state);
}

static void use_section(void)
{
	uint64_t word = 0;

	vf_map(&vf);
	for (int i = 0; i < 100; i++) {
		EXPECT_EQ(vf_write(&vf, vf.area + i * 8, &word, 8), 0);
		EXPECT_EQ(vf_read(&vf, vf.area + i * 8, &word, 8), 0);
		vf.map[i << 12]++;
	}
	vf_unmap(&vf);
}

TEST(section_never_waits, "nor does an access to the data section, or a fault in it")
{
	while_stopping(use_section);
}

struct hammer {
	unsigned int seed;
	unsigned long accesses;
};

static void strike(struct hammer *hammer)
{
	static const uint32_t regs[] = {
		REG_PENDING_BYTES, REG_DATA_OFFSET, REG_DATA_SIZE,
	};
	unsigned int dice = rand_r(&hammer->seed);
	uint8_t buf[64] = {};
	uint64_t value;
	uint32_t state;

	switch (dice % 8) {
	case 0:
		vf_set_state(&vf, dice / 8 % 8);
		break;
	case 1:
		vf_put_data_size(&vf, dice / 8 % 300);
		break;
	case 2:
		vf_write(&vf, vf.area + dice / 8 % 4000, buf, dice % 64);
		break;
	case 3:
		vf_read(&vf, vf.area + dice / 8 % 4000, buf, dice % 64);
		break;
	case 4:
		vf_read(&vf, REG_DEVICE_STATE, &state, sizeof(state));
		break;
	default:
		vf_read64(&vf, regs[dice / 8 % 3], &value);
	}
	hammer->accesses++;
}

static void *hammer_thread(void *arg)
{
	struct hammer *hammer = arg;

	do {
		strike(hammer);
	} while (!done);
	return NULL;
}

static void hammer_for(long ms, void (*meanwhile)(void))
{
	struct hammer hammers[3] = { { 1 }, { 2 }, { 3 } };
	pthread_t threads[3];
	long end = now_us() + ms * 1000;

	done = false;
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, hammer_thread, &hammers[i]);
	while (now_us() < end)
		meanwhile();
	done = true;
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_GT(hammers[i].accesses, 0);
	}
	tap_note("%lu accesses", hammers[0].accesses + hammers[1].accesses +
				 hammers[2].accesses);
}

static void read_files(void)
{
	core_text(vf.bdf, "last_transfer");
	core_text(vf.bdf, "last_error");
	core_text(vf.bdf, "window");
	mock_text(vf.bdf, "state");
	mock_text(vf.bdf, "calls");
}

TEST(threads, "threads on one file harm nothing but each other's transfer")
{
	/* Long enough for two calls of the backend to meet, if they could. */
	mock_setn(vf.bdf, "slow_step_us", 500);
	mock_setn(vf.bdf, "slow_record_us", 200);
	hammer_for(HAMMER_MS, read_files);
	mock_setn(vf.bdf, "slow_step_us", 0);
	mock_setn(vf.bdf, "slow_record_us", 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
}

TEST(threads_and_resets, "nor do they where the device is reset all the time")
{
	mock_setn(vf.bdf, "slow_record_us", 500);
	hammer_for(HAMMER_MS, reset_now);
	mock_setn(vf.bdf, "slow_record_us", 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	need_whole_transfer();
}

static void map_and_unmap(void)
{
	struct vf view = vf;

	vf_map(&view);
	for (size_t at = 0; at < view.area_len; at += 65536)
		view.map[at]++;
	vf_unmap(&view);
}

TEST(threads_and_maps, "nor do they where the section is mapped, written to and unmapped meanwhile")
{
	hammer_for(HAMMER_MS, map_and_unmap);
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
}
