// SPDX-License-Identifier: GPL-2.0-only
/*
 * A data fd whose session is over waits for nobody, although the backend of
 * whoever has the device now hangs.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "fixture.h"
#include "race.h"
#include "v2.h"

static struct {
	int fd;
	bool load;
	ssize_t ret;
	short revents;
	int info;
	atomic_bool done;
} dead;

void before_open(void)
{
	need_mock(vf_first());
	/* Nothing but what the test does ends what is kept. */
	hold_for_ever();
}

static void *stop_device(void *unused)
{
	(void)unused;
	v2_try(&vf, V2_STOP);
	return NULL;
}

static void *use_dead(void *unused)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };
	uint8_t byte = 0;

	(void)unused;
	dead.ret = dead.load ? v2_write(dead.fd, &byte, 1) :
			       v2_read(dead.fd, &byte, 1);
	dead.revents = v2_poll(dead.fd);
	dead.info = v2_precopy_info(dead.fd, &info);
	v2_close(dead.fd);
	dead.done = true;
	return NULL;
}

/* Leaves the device with a hop that hangs, and ends that. */
static void expect_no_wait(int fd, bool load)
{
	long end = now_us() + NEVER_STUCK_S * 1000000L;
	pthread_t owner, user;
	bool waited;

	dead.fd = fd;
	dead.load = load;
	dead.done = false;
	hold("freeze");
	ASSERT_EQ(pthread_create(&owner, NULL, stop_device, NULL), 0);
	mock_await(vf.bdf, "freeze");
	ASSERT_EQ(pthread_create(&user, NULL, use_dead, NULL), 0);
	while (!dead.done && now_us() < end)
		poll(NULL, 0, 1);
	waited = !dead.done;
	EXPECT_EQ(vf_reset(&vf), 0);
	pthread_join(owner, NULL);
	pthread_join(user, NULL);
	EXPECT_EQ(waited, false);
	EXPECT_EQ(dead.ret, -ENODEV);
	EXPECT_NE(dead.revents & POLLHUP, 0);
	EXPECT_EQ(dead.info, load ? -ENOTTY : -ENODEV);
}

TEST(save, "a dead save fd can be read, polled, asked and closed while the device's owner hangs")
{
	int fd = v2_begin(&vf, V2_STOP_COPY);

	v2_go(&vf, V2_RUNNING);
	expect_no_wait(fd, false);
}

TEST(load, "and a dead load fd can be written, polled and closed")
{
	int fd = v2_begin(&vf, V2_RESUMING);

	ASSERT_EQ(vf_reset(&vf), 0);
	expect_no_wait(fd, true);
}

TEST(next_open, "so it can where the device has been opened by somebody else since")
{
	int fd = v2_begin(&vf, V2_STOP_COPY);

	vf_close(&vf);
	vf_open(&vf, vf_first());
	expect_no_wait(fd, false);
}
