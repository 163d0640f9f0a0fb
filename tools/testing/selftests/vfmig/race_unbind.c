// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver is unbound from a device that is in use: vfio asks the user to
 * let go, waits for it, and what is bound next is as new.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "race.h"
#include "race_moment.h"
#include "sysfs.h"
#include "v2.h"

#define ROUNDS		6

static struct order unbind;
static char driver[SYSFS_TEXT];

/* What a test that was left has begun comes to its end, its device closed. */
static void bind_again(void)
{
	char name[SYSFS_TEXT];

	ASSERT_EQ(order_wait(&unbind), 0, "%s", unbind.what);
	driver_name(vf_first(), name);
	EXPECT_STREQ(name, "");
	ASSERT_EQ(driver_bind(vf_first(), driver), 0);
}

void before_open(void)
{
	moments_forget();
	order_wait(&unbind);
	driver_keep(vf_first(), driver);
}

static void open_again(const char *when)
{
	bind_again();
	vf_open(&vf, vf_first());
	expect_as_new(when);
}

/* Until the user has been asked, it cannot know. */
static void begin_unbind(const char *when)
{
	int request = request_fd(&vf);

	order_unbind(&unbind, vf_first());
	EXPECT_EQ(requested(request), true, "%s", when);
	close(request);
	EXPECT_EQ(order_done(&unbind), false, "%s", when);
}

TEST(each_moment, "unbinding asks the user and waits for its close, at any moment of a transfer")
{
	moments_prepare();
	for (unsigned int i = 0; i < nr_moments; i++) {
		moments[i].enter();
		begin_unbind(moments[i].name);
		vf_close(&vf);
		open_again(moments[i].name);
	}
}

TEST(goes_on, "a transfer that is under way can be finished while the unbinding waits")
{
	struct bytes first = {}, second = {};

	save_stopped(&vf, &first);
	vf_go(&vf, STATE_STOP_COPY);
	vf_data_offset(&vf);
	begin_unbind("saving");
	save_phase(&vf, &second, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RUNNING);
	EXPECT_EQ(second.len, first.len);
	vf_go(&vf, STATE_RESUMING);
	EXPECT_EQ(load_all(&vf, &second), 0);
	vf_go(&vf, STATE_RUNNING);
	EXPECT_EQ(order_done(&unbind), false);
	vf_close(&vf);
	open_again("transferred");
	bytes_free(&first);
	bytes_free(&second);
}

TEST(mapped, "a section that is still mapped holds up the unbinding as a file does")
{
	struct vf closed;

	vf_map(&vf);
	vf_go(&vf, STATE_STOP_COPY);
	vf_data_offset(&vf);
	begin_unbind("mapped");
	closed = vf;
	vf.map = NULL;
	vf_close(&vf);
	EXPECT_NE(closed.map[0], 0);
	EXPECT_EQ(order_done(&unbind), false);
	vf_unmap(&closed);
	open_again("unmapped");
}

/* The link goes before the driver is told to let go. */
static void await_no_driver(void)
{
	long end = now_us() + NEVER_STUCK_S * 1000000L;
	char name[SYSFS_TEXT];

	do {
		ASSERT_LE(now_us(), end);
		driver_name(vf_first(), name);
	} while (name[0]);
}

/* Nobody is asked who has not said how. */
TEST(unasked, "unbinding waits for a user that cannot be asked, too")
{
	vf_go(&vf, STATE_STOP_COPY);
	order_unbind(&unbind, vf_first());
	await_no_driver();
	vf_data_offset(&vf);
	EXPECT_EQ(order_done(&unbind), false);
	vf_close(&vf);
	open_again("unasked");
}

/* Binds and unbinds while a child does something without a pause. */
static void against(void (*act)(void))
{
	pid_t child;

	vf_close(&vf);
	child = child_repeat(act);
	for (int i = 0; i < ROUNDS; i++) {
		order_unbind(&unbind, vf_first());
		EXPECT_EQ(order_wait(&unbind), 0, "round %d", i);
		/* Probing resets the function, which others may be doing. */
		EXPECT_EQ(driver_bind(vf_first(), driver), 0, "round %d", i);
	}
	child_kill(child);
	vf_open(&vf, vf_first());
	expect_as_new("bound again");
}

static void open_and_close(void)
{
	try_open_close(vf_first());
}

TEST(against_open, "a device can be opened and closed while it is unbound and bound")
{
	against(open_and_close);
}

static void reset_it(void)
{
	sysfs_reset(vf_first());
}

TEST(against_reset, "a function can be reset by the administrator while it is unbound and bound")
{
	against(reset_it);
}

static int save_fd, load_fd;

static void use_dead_fds(void)
{
	struct vfio_precopy_info info;
	uint8_t byte = 0;

	v2_read(save_fd, &byte, 1);
	v2_precopy_info(save_fd, &info);
	v2_poll(save_fd);
	v2_write(load_fd, &byte, 1);
	v2_poll(load_fd);
}

TEST(against_dead_fds, "data fds whose sessions are over can be used while it is unbound and bound")
{
	save_fd = v2_begin(&vf, V2_STOP_COPY);
	load_fd = v2_begin(&vf, V2_RESUMING);
	against(use_dead_fds);
	v2_expect_ended(save_fd, "bound again");
	v2_expect_ended(load_fd, "bound again");
}

static void read_files(void)
{
	static const char * const files[] = {
		"state", "last_transfer", "last_error", "window", "resets",
		"mock/state", "mock/calls", "mock/seed", "page0",
	};
	char path[256], text[256];
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/vfmig/%s/%s",
			 vf_first(), files[i]);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		for (int n = 0; n < 3; n++)
			if (pread(fd, text, sizeof(text), 0) < 0)
				break;
		close(fd);
	}
}

TEST(against_files, "its files in debugfs can be read while it is unbound and bound")
{
	against(read_files);
}

TEST(stale_file, "a file in debugfs that is still open says nothing of a device that is gone")
{
	char path[256], text[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfmig/%s/last_transfer",
		 vf_first());
	fd = open(path, O_RDONLY);
	ASSERT_GT(fd, -1);
	EXPECT_GT(pread(fd, text, sizeof(text), 0), 0);
	vf_close(&vf);
	order_unbind(&unbind, vf_first());
	bind_again();
	EXPECT_EQ(pread(fd, text, sizeof(text), 0), -1);
	EXPECT_EQ(errno, EIO);
	close(fd);
	vf_open(&vf, vf_first());
	expect_as_new("bound again");
}
