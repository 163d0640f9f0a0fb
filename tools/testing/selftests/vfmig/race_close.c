// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user that closes, or dies, while something is under way: the device is
 * closed when the last of it is over, and the next user finds it as new.
 */
#include <fcntl.h>
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"
#include "iommu.h"
#include "race.h"
#include "race_moment.h"
#include "v2.h"

#define KILLS		8
#define CLOSES		6
#define THREADS		3

void before_open(void)
{
	moments_forget();
}

static void reopen_as_new(const char *when)
{
	vf_open(&vf, vf_first());
	expect_as_new(when);
}

static struct bytes whole;

static void act_transfer(void)
{
	vf_set_state(&vf, STATE_PRE_COPY);
	try_save(&vf, NULL);
	vf_set_state(&vf, STATE_STOP_COPY);
	try_save(&vf, NULL);
	vf_set_state(&vf, STATE_RUNNING);
	vf_set_state(&vf, STATE_RESUMING);
	try_load(&vf, &whole);
	vf_set_state(&vf, STATE_RUNNING);
	try_transfer_v2(&vf, &whole);
}

static long time_of_transfer(void)
{
	long start = now_us();

	need_whole_transfer();
	v2_need_whole_transfer();
	return now_us() - start;
}

TEST(killed_anywhere, "a process may be killed at any point of a transfer")
{
	long took;
	pid_t child;

	bytes_free(&whole);
	save_stopped(&vf, &whole);
	took = time_of_transfer();
	for (int i = 0; i < KILLS; i++) {
		child = child_repeat(act_transfer);
		vf_close(&vf);
		wait_until_us(now_us() + took * i * 2 / KILLS);
		child_kill(child);
		await_closed(vf_first());
		reopen_as_new("killed");
	}
}

static void act_scribble(void)
{
	static uint8_t value;

	memset(vf.map, value++, vf.area_len);
}

TEST(mapped_by_a_child, "a section that a child has mapped holds the device open until it dies")
{
	pid_t child;

	moments_prepare();
	for (unsigned int i = 0; i < nr_few_moments; i++) {
		few_moments[i].enter();
		vf_map(&vf);
		child = child_repeat(act_scribble);
		vf_close(&vf);
		EXPECT_EQ(is_open(vf_first()), true, "%s", few_moments[i].name);
		child_kill(child);
		await_closed(vf_first());
		reopen_as_new(few_moments[i].name);
	}
}

/* A mapping goes page by page, while a thread is still in it. */
static void *touch_map(void *arg)
{
	uint8_t *map = arg;

	while (!__atomic_load_n(map, __ATOMIC_RELAXED))
		for (size_t at = 1 << 12; at < vf.area_len / 2; at += 1 << 12)
			__atomic_add_fetch(map + at, 1, __ATOMIC_RELAXED);
	return NULL;
}

TEST(unmapped_in_use, "a section can be unmapped in pieces while it is still written to")
{
	uint8_t *map;
	size_t len;
	pthread_t thread;

	vf_map(&vf);
	vf_go(&vf, STATE_STOP_COPY);
	map = vf.map;
	len = vf.area_len;
	map[0] = 0;
	ASSERT_EQ(pthread_create(&thread, NULL, touch_map, map), 0);
	vf.map = NULL;
	vf_close(&vf);
	for (size_t at = len / 2; at < len; at += 1 << 16)
		ASSERT_EQ(munmap(map + at, 1 << 16), 0);
	EXPECT_EQ(is_open(vf_first()), true);
	__atomic_store_n(map, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	munmap(map, len / 2);
	await_closed(vf_first());
	reopen_as_new("unmapped");
}

TEST(other_file, "of two files of a device either can be closed: it stays as it is for the other")
{
	struct bytes first = {}, second = {};
	struct vf twin = vf;

	iommu_need_type1("a device that is bound by iommufd has one file only");
	save_stopped(&vf, &first);
	vf_go(&vf, STATE_STOP_COPY);
	vf_data_offset(&vf);
	twin.fd = vf_open_device(&vf);
	ASSERT_GT(twin.fd, -1);
	EXPECT_EQ(vf_state(&twin), STATE_STOP_COPY);
	close(vf.fd);
	vf.fd = twin.fd;
	save_phase(&vf, &second, TRAPPED_WHOLE);
	EXPECT_EQ(second.len, first.len);
	EXPECT_EQ(memcmp(first.at, second.at, first.len), 0);
	vf_go(&vf, STATE_RUNNING);
	bytes_free(&first);
	bytes_free(&second);
}

#define USES	(20 * THREADS)

static atomic_uint used;
static atomic_bool gone;
static sem_t well_used;

/* Its errors are nobody's business: the file may be gone at any moment. */
static void *use_file(void *arg)
{
	int fd = NO_FD, data_fd = NO_FD;
	unsigned int n = 0;
	uint64_t value;

	while (!gone) {
		switch (n++ % 8) {
		case 0:
			vf_set_state(arg, n % 7);
			break;
		case 1:
			vf_read64(arg, REG_DATA_OFFSET, &value);
			break;
		case 2:
			vf_read64(arg, REG_DATA_SIZE, &value);
			break;
		case 3:
			vf_put_data_size(arg, n % 100);
			break;
		case 4:
			if (v2_order(arg, n / 8 % V2_NR_STATES, &fd) || fd == NO_FD)
				break;
			if (data_fd != NO_FD)
				close(data_fd);
			data_fd = fd;
			break;
		case 5:
			v2_read(data_fd, &value, sizeof(value));
			break;
		case 6:
			v2_write(data_fd, &value, sizeof(value));
			break;
		default:
			vf_write(arg, vf.area, &value, sizeof(value));
		}
		if (++used == USES)
			sem_post(&well_used);
	}
	if (data_fd != NO_FD)
		close(data_fd);
	return NULL;
}

TEST(closed_under_threads, "a file may be closed while threads are reading and writing through it")
{
	int nothing = open("/dev/null", O_RDWR);
	pthread_t thread[THREADS];
	struct vf shared;

	ASSERT_GT(nothing, -1);
	sem_init(&well_used, 0, 0);
	for (int i = 0; i < CLOSES; i++) {
		shared = vf;
		used = 0;
		gone = false;
		for (int t = 0; t < THREADS; t++)
			ASSERT_EQ(pthread_create(&thread[t], NULL, use_file,
						 &shared), 0);
		sem_wait(&well_used);
		/* A number set free could be that of the next data fd. */
		ASSERT_EQ(dup2(nothing, vf.fd), vf.fd);
		gone = true;
		for (int t = 0; t < THREADS; t++)
			pthread_join(thread[t], NULL);
		vf_close(&vf);
		await_closed(vf_first());
		reopen_as_new("closed under threads");
	}
	close(nothing);
}
