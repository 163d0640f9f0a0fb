// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a data fd: it ends with its session, whatever ends that, and is
 * harmless for as long as somebody keeps it.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "race.h"
#include "sysfs.h"
#include "v2.h"

static struct bytes stream;
static struct order unbind;
static char driver[SYSFS_TEXT];

/* A test that has failed half way leaves the device without its driver. */
void before_open(void)
{
	bytes_free(&stream);
	order_wait(&unbind);
	driver_keep(vf_first(), driver);
}

/* Sessions at each point of their lives; they return the fd. */
static int untouched_save(void)
{
	return v2_begin(&vf, V2_STOP_COPY);
}

static int half_a_save(void)
{
	int fd = untouched_save();
	uint8_t some[50];

	ASSERT_EQ(v2_read(fd, some, sizeof(some)), sizeof(some));
	return fd;
}

static int whole_save(void)
{
	int fd = untouched_save();

	bytes_free(&stream);
	ASSERT_EQ(v2_drain(fd, &stream, AT_ONCE), 0);
	return fd;
}

static int half_a_pre_copy(void)
{
	uint8_t some[50];
	int fd;

	if (!v2_can(&vf, V2_PRE_COPY))
		return NO_FD;
	fd = v2_begin(&vf, V2_PRE_COPY);
	ASSERT_EQ(v2_read(fd, some, sizeof(some)), sizeof(some));
	return fd;
}

static int untouched_load(void)
{
	return v2_begin(&vf, V2_RESUMING);
}

static int load_part(size_t percent)
{
	int fd;

	bytes_free(&stream);
	v2_save_stopped(&vf, &stream);
	fd = untouched_load();
	ASSERT_EQ(v2_fill(fd, stream.at, stream.len * percent / 100, AT_ONCE),
		  0);
	return fd;
}

static int half_a_load(void)
{
	return load_part(50);
}

static int whole_load(void)
{
	return load_part(100);
}

static const struct session {
	const char *name;
	int (*enter)(void);
	bool leavable;
} sessions[] = {
	{ "untouched save", untouched_save, true },
	{ "half a save", half_a_save, true },
	{ "whole save", whole_save, true },
	{ "half a pre-copy", half_a_pre_copy, true },
	{ "untouched load", untouched_load, false },
	{ "half a load", half_a_load, false },
	{ "whole load", whole_load, true },
};

static void leave_by_reset(void)
{
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
}

static void leave_to_running(void)
{
	v2_go(&vf, V2_RUNNING);
}

static void leave_to_stop(void)
{
	v2_go(&vf, V2_STOP);
}

static void leave_to_p2p(void)
{
	v2_go(&vf, V2_RUNNING_P2P);
}

static void each_session(void (*end)(void), bool all)
{
	for (size_t i = 0; i < ARRAY_SIZE(sessions); i++) {
		int fd;

		if (!all && !sessions[i].leavable)
			continue;
		fd = sessions[i].enter();
		if (fd == NO_FD)
			continue;
		end();
		v2_expect_ended(fd, sessions[i].name);
		/* The next ones are not its. */
		if (v2_state(&vf) != V2_RUNNING)
			v2_go(&vf, V2_RUNNING);
		v2_need_whole_transfer();
		v2_expect_ended(fd, sessions[i].name);
		v2_close(fd);
	}
}

TEST(left, "leaving the state of its session ends an fd: ENODEV, and poll says so")
{
	each_session(leave_to_running, false);
	each_session(leave_to_stop, false);
	each_session(leave_to_p2p, false);
}

TEST(reset, "a reset ends an fd")
{
	each_session(leave_by_reset, true);
}

TEST(closed, "a close of the device ends an fd: the next user's session is not its")
{
	each_session(reopen, true);
}

TEST(next_session, "an fd does not take up the session that follows its own")
{
	struct bytes again = {};
	uint8_t some[50];
	int old, new;

	old = v2_begin(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_read(old, some, sizeof(some)), sizeof(some));
	v2_go(&vf, V2_STOP);
	new = v2_begin(&vf, V2_STOP_COPY);
	v2_expect_ended(old, "after the second has begun");
	ASSERT_EQ(v2_drain(new, &stream, 100), 0);
	v2_expect_ended(old, "after the second has been read");

	/* A file gone, and not for the new one: its end ends nothing. */
	v2_go(&vf, V2_STOP);
	old = v2_begin(&vf, V2_STOP_COPY);
	v2_close(new);
	ASSERT_EQ(v2_drain(old, &again, 100), 0);
	bytes_expect_same(&again, &stream, "third session");
	bytes_free(&again);
}

TEST(over_to_the_load, "STOP_COPY to RESUMING ends the one and begins the other")
{
	int save = v2_begin(&vf, V2_STOP_COPY);
	int load;

	ASSERT_EQ(v2_drain(save, &stream, AT_ONCE), 0);
	load = v2_begin(&vf, V2_RESUMING);
	EXPECT_NE(load, save);
	v2_expect_ended(save, "in RESUMING");
	ASSERT_EQ(v2_fill(load, stream.at, stream.len, AT_ONCE), 0);
	v2_go(&vf, V2_RUNNING);
	v2_expect_ended(load, "in RUNNING");
}

TEST(closed_early, "an fd can be closed at any time, and the state left")
{
	for (size_t i = 0; i < ARRAY_SIZE(sessions); i++) {
		uint32_t state;
		int fd = sessions[i].enter();

		if (fd == NO_FD)
			continue;
		v2_close(fd);
		state = v2_state(&vf);
		if (sessions[i].leavable) {
			v2_go(&vf, V2_RUNNING);
		} else {
			EXPECT_EQ(v2_try(&vf, V2_RUNNING), -EINVAL, "%s",
				  sessions[i].name);
			EXPECT_EQ(v2_state(&vf), state, "%s", sessions[i].name);
			leave_by_reset();
		}
		v2_need_whole_transfer();
	}
}

static void bind_again(void)
{
	char name[SYSFS_TEXT];

	ASSERT_EQ(order_wait(&unbind), 0, "%s", unbind.what);
	driver_name(vf_first(), name);
	EXPECT_STREQ(name, "");
	ASSERT_EQ(driver_bind(vf_first(), driver), 0);
}

TEST(unbound, "the driver can be unbound from a closed device whose fd is open, and bound again")
{
	for (size_t i = 0; i < ARRAY_SIZE(sessions); i++) {
		int fd = sessions[i].enter();

		if (fd == NO_FD)
			continue;
		vf_close(&vf);
		order_unbind(&unbind, vf_first());
		ASSERT_EQ(order_wait(&unbind), 0, "%s", sessions[i].name);
		v2_expect_ended(fd, sessions[i].name);
		bind_again();
		v2_expect_ended(fd, sessions[i].name);
		vf_open(&vf, vf_first());
		v2_need_whole_transfer();
		v2_expect_ended(fd, sessions[i].name);
		v2_close(fd);
	}
}

TEST(unbinding, "an unbinding that waits for the user leaves the session be")
{
	int request = request_fd(&vf);
	struct bytes again = {};
	uint8_t some[50];
	int fd;

	v2_save_stopped(&vf, &stream);
	fd = v2_begin(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_read(fd, some, sizeof(some)), sizeof(some));
	bytes_add(&again, some, sizeof(some));
	order_unbind(&unbind, vf_first());
	EXPECT_EQ(requested(request), true);
	close(request);
	EXPECT_EQ(v2_drain(fd, &again, 100), 0);
	bytes_expect_same(&again, &stream, "while the unbinding waits");
	vf_close(&vf);
	bind_again();
	v2_expect_ended(fd, "bound again");
	vf_open(&vf, vf_first());
	v2_need_whole_transfer();
	bytes_free(&again);
}

TEST(not_seekable, "a data fd has no places: pread, pwrite and lseek fail with ESPIPE")
{
	uint8_t byte = 0;
	int fd;

	v2_save_stopped(&vf, &stream);
	fd = v2_begin(&vf, V2_STOP_COPY);
	EXPECT_EQ(pread(fd, &byte, 1, 0), -1);
	EXPECT_EQ(errno, ESPIPE);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), -1);
	EXPECT_EQ(errno, ESPIPE);
	fd = v2_begin(&vf, V2_RESUMING);
	EXPECT_EQ(pwrite(fd, &byte, 1, 0), -1);
	EXPECT_EQ(errno, ESPIPE);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), -1);
	EXPECT_EQ(errno, ESPIPE);
	/* Nothing was taken. */
	ASSERT_EQ(v2_fill(fd, stream.at, stream.len, AT_ONCE), 0);
	v2_go(&vf, V2_RUNNING);
}

TEST(one_way, "a save's fd is for reading, a load's for writing: the other way is EBADF")
{
	uint8_t byte = 0;
	int fd = v2_begin(&vf, V2_STOP_COPY);

	EXPECT_EQ(v2_write(fd, &byte, 1), -EBADF);
	fd = v2_begin(&vf, V2_RESUMING);
	EXPECT_EQ(v2_read(fd, &byte, 1), -EBADF);
}

TEST(close_on_exec, "a data fd is closed on exec")
{
	int fd = v2_begin(&vf, V2_STOP_COPY);

	EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	fd = v2_begin(&vf, V2_RESUMING);
	EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

TEST(no_other_ioctl, "an ioctl that a data fd does not know is ENOTTY, and a session goes on")
{
	int fd = v2_begin(&vf, V2_STOP_COPY);
	struct vfio_precopy_info info;

	EXPECT_EQ(ioctl(fd, VFIO_DEVICE_RESET), -1);
	EXPECT_EQ(errno, ENOTTY);
	EXPECT_EQ(ioctl(fd, _IO(VFIO_TYPE, VFIO_BASE + 99)), -1);
	EXPECT_EQ(errno, ENOTTY);
	ASSERT_EQ(v2_drain(fd, &stream, AT_ONCE), 0);
	fd = v2_begin(&vf, V2_RESUMING);
	EXPECT_EQ(v2_precopy_info(fd, &info), -ENOTTY);
	ASSERT_EQ(v2_fill(fd, stream.at, stream.len, AT_ONCE), 0);
	v2_go(&vf, V2_RUNNING);
}

TEST(polled, "a save polls readable while there is data and at its end, a load writable")
{
	int fd = v2_begin(&vf, V2_STOP_COPY);

	EXPECT_EQ(v2_poll(fd) & (POLLIN | POLLHUP | POLLERR), POLLIN);
	ASSERT_EQ(v2_drain(fd, &stream, 1000), 0);
	EXPECT_EQ(v2_poll(fd) & (POLLIN | POLLHUP | POLLERR), POLLIN);
	fd = v2_begin(&vf, V2_RESUMING);
	EXPECT_EQ(v2_poll(fd) & (POLLOUT | POLLHUP | POLLERR), POLLOUT);
}

static int waited_for;
static struct pollfd waiting;

static void *wait_in_poll(void *unused)
{
	(void)unused;
	waited_for = poll(&waiting, 1, NEVER_STUCK_S * 1000);
	return NULL;
}

/* Asked only for what never comes by itself: the end. */
static void expect_woken(void (*end)(void))
{
	pthread_t thread;
	int fd = whole_load();

	waiting = (struct pollfd){ .fd = fd, .events = 0 };
	ASSERT_EQ(pthread_create(&thread, NULL, wait_in_poll, NULL), 0);
	end();
	ASSERT_EQ(pthread_join(thread, NULL), 0);
	EXPECT_EQ(waited_for, 1);
	EXPECT_NE(waiting.revents & POLLHUP, 0);
}

TEST(woken, "who waits in poll is told of the end")
{
	expect_woken(leave_by_reset);
	expect_woken(leave_to_running);
	expect_woken(leave_by_reset);
}

TEST(shared, "an fd that two processes have is one session")
{
	struct bytes again = {};
	uint8_t some[64];
	int fd, link[2];
	pid_t child;

	v2_save_stopped(&vf, &stream);
	fd = v2_begin(&vf, V2_STOP_COPY);
	ASSERT_EQ(pipe(link), 0);
	child = fork();
	if (!child) {
		ssize_t n = read(fd, some, sizeof(some));

		_exit(write(link[1], some, n) != n);
	}
	close(link[1]);
	ASSERT_EQ(read(link[0], some, sizeof(some)), sizeof(some));
	close(link[0]);
	/* It has the device's files, too. */
	ASSERT_EQ(waitpid(child, NULL, 0), child);
	bytes_add(&again, some, sizeof(some));
	ASSERT_EQ(v2_drain(fd, &again, 100), 0);
	bytes_expect_same(&again, &stream, "read by two");
	bytes_free(&again);
}
