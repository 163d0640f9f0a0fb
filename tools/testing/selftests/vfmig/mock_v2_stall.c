// SPDX-License-Identifier: GPL-2.0-only
/*
 * An access of a data fd that does not come back, because its memory or its
 * backend keeps it: it keeps nobody else.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "race.h"
#include "stall.h"
#include "v2.h"

static struct stall stall = { .fd = -1 };
static struct bytes stream, again;

/* An access of a data fd, in a thread. */
static struct held {
	int fd;
	bool write;
	void *at;
	size_t len;
	ssize_t ret;
	atomic_int tid;
	atomic_bool done;
	pthread_t thread;
} held, behind;

static void *access_fd(void *arg)
{
	struct held *held = arg;

	held->tid = gettid();
	held->ret = held->write ? v2_write(held->fd, held->at, held->len) :
				  v2_read(held->fd, held->at, held->len);
	held->done = true;
	return NULL;
}

static void start_one(struct held *held, int fd, bool write, void *at,
		      size_t len)
{
	*held = (struct held){
		.fd = fd, .write = write, .at = at, .len = len,
	};
	ASSERT_EQ(pthread_create(&held->thread, NULL, access_fd, held), 0);
}

static void start(int fd, bool write, void *at, size_t len)
{
	start_one(&held, fd, write, at, len);
}

static void expect_kept(void)
{
	EXPECT_EQ(held.done, false);
}

static void join(void)
{
	ASSERT_EQ(pthread_join(held.thread, NULL), 0);
}

/* Whether it waits in the kernel, where it wanted to read. */
static bool waits_in_read(const struct held *held)
{
	char path[48];
	long call = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", held->tid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fscanf(file, "%ld", &call) != 1)
		call = -1;
	fclose(file);
	return call == SYS_read;
}

void before_open(void)
{
	need_mock(vf_first());
	stall_end(&stall);
	bytes_free(&stream);
	bytes_free(&again);
	param_set("vfmig", "window", "4096");
	/* Nothing but what the test does ends what is kept. */
	hold_for_ever();
}

static int stalled_read(uint32_t state)
{
	int fd;

	stall_make(&stall);
	fd = v2_begin(&vf, state);
	start(fd, false, stall.at, 500);
	stall_await(&stall);
	return fd;
}

static int stalled_write(void)
{
	int fd;

	stall_make(&stall);
	v2_save_stopped(&vf, &stream);
	fd = v2_begin(&vf, V2_RESUMING);
	ASSERT_EQ(v2_fill(fd, stream.at, 100, AT_ONCE), 0);
	start(fd, true, stall.at, 500);
	stall_await(&stall);
	return fd;
}

static void let_go(void)
{
	expect_kept();
	stall_let_go(&stall, NULL);
	join();
}

/* Both can be had, and whoever is stalled does not notice. */
static void save_by_both(void)
{
	bytes_free(&stream);
	v2_save_stopped(&vf, &stream);
	bytes_free(&again);
	save_stopped(&vf, &again);
	bytes_expect_same(&again, &stream, "past the one that is stalled");
	v2_load(&vf, &stream);
}

TEST(reader_stalled, "a read whose memory does not come keeps no reset and no session waiting")
{
	int fd = stalled_read(V2_STOP_COPY);

	EXPECT_EQ(v2_state(&vf), V2_STOP_COPY);
	core_text(vf.bdf, "last_transfer");
	EXPECT_NE(v2_poll(fd) & POLLIN, 0);
	expect_kept();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	EXPECT_NE(v2_poll(fd) & POLLHUP, 0);
	save_by_both();
	let_go();
	EXPECT_EQ(held.ret, -ENODEV);
	v2_expect_ended(fd, "let go");
	v2_need_whole_transfer();
}

TEST(reader_left, "nor the state from being left")
{
	int fd = stalled_read(V2_STOP_COPY);

	v2_go(&vf, V2_STOP);
	expect_kept();
	v2_go(&vf, V2_RUNNING);
	save_by_both();
	let_go();
	EXPECT_EQ(held.ret, -ENODEV);
	v2_expect_ended(fd, "let go");
}

TEST(reader_of_a_closed_device, "nor the device from being closed, and opened by the next one")
{
	int fd = stalled_read(V2_STOP_COPY);

	vf_close(&vf);
	expect_kept();
	vf_open(&vf, vf_first());
	save_by_both();
	let_go();
	EXPECT_EQ(held.ret, -ENODEV);
	v2_expect_ended(fd, "let go");
	v2_need_whole_transfer();
}

TEST(reader_goes_on, "let go in time it has read its bytes, and who waits behind it the next")
{
	long end = now_us() + NEVER_STUCK_S * 1000000L;
	uint8_t next[100];
	int fd;

	v2_save_stopped(&vf, &stream);
	fd = stalled_read(V2_STOP_COPY);
	start_one(&behind, fd, false, next, sizeof(next));
	while (!behind.done && !waits_in_read(&behind))
		ASSERT_LE(now_us(), end);
	let_go();
	ASSERT_EQ(pthread_join(behind.thread, NULL), 0);
	ASSERT_EQ(held.ret, 500);
	ASSERT_EQ(behind.ret, sizeof(next));
	EXPECT_EQ(memcmp(stall.at, stream.at, 500), 0);
	EXPECT_EQ(memcmp(next, stream.at + 500, sizeof(next)), 0);
}

TEST(reader_over_the_stop, "a read stalled in PRE_COPY loses no byte to the stop")
{
	int fd;

	v2_need_pre_copy(&vf);
	fd = stalled_read(V2_PRE_COPY);
	v2_go(&vf, V2_STOP_COPY);
	let_go();
	if (held.ret > 0)
		bytes_add(&stream, stall.at, held.ret);
	ASSERT_EQ(v2_drain(fd, &stream, 1000), 0);
	v2_go(&vf, V2_RUNNING);
	v2_load(&vf, &stream);
}

TEST(writer_stalled, "a write whose memory does not come keeps no reset waiting")
{
	int fd = stalled_write();

	EXPECT_EQ(v2_state(&vf), V2_RESUMING);
	core_text(vf.bdf, "last_transfer");
	expect_kept();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	EXPECT_NE(v2_poll(fd) & POLLHUP, 0);
	let_go();
	EXPECT_EQ(held.ret, -ENODEV);
	v2_expect_ended(fd, "let go");
	v2_need_whole_transfer();
}

TEST(writer_disturbs_nobody, "let go when another session has begun it spoils nothing of that")
{
	uint8_t some[50];
	int old, fd;

	old = stalled_write();
	ASSERT_EQ(vf_reset(&vf), 0);
	bytes_free(&stream);
	v2_save_stopped(&vf, &stream);
	fd = v2_begin(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_read(fd, some, sizeof(some)), sizeof(some));
	bytes_add(&again, some, sizeof(some));
	let_go();
	EXPECT_EQ(held.ret, -ENODEV);
	ASSERT_EQ(v2_drain(fd, &again, 700), 0);
	bytes_expect_same(&again, &stream, "with a writer let go");
	v2_expect_ended(old, "let go");
}

TEST(writer_of_a_closed_device, "nor is the device kept from being closed")
{
	int fd = stalled_write();

	vf_close(&vf);
	expect_kept();
	vf_open(&vf, vf_first());
	let_go();
	EXPECT_EQ(held.ret, -ENODEV);
	v2_expect_ended(fd, "let go");
	v2_need_whole_transfer();
}

/* From here on it is the backend that hangs. */
static int hanging_read(void)
{
	static uint8_t buf[4096];
	int fd = v2_begin(&vf, V2_STOP_COPY);

	hold("save");
	start(fd, false, buf, sizeof(buf));
	mock_await(vf_first(), "save");
	expect_kept();
	return fd;
}

static int hanging_write(void)
{
	int fd;

	v2_save_stopped(&vf, &stream);
	fd = v2_begin(&vf, V2_RESUMING);
	hold("load");
	start(fd, true, stream.at, stream.len);
	mock_await(vf_first(), "load");
	expect_kept();
	return fd;
}

static void expect_given_up(int fd, const char *what)
{
	join();
	EXPECT_LE(held.ret, -1, "%s", what);
	v2_expect_ended(fd, what);
	v2_close(fd);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING, "%s", what);
	v2_need_whole_transfer();
}

TEST(reset_ends_it, "a reset ends an access whose backend hangs, and does not wait for it")
{
	int fd = hanging_read();

	EXPECT_EQ(v2_state(&vf), V2_STOP_COPY);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	expect_given_up(fd, "read");

	fd = hanging_write();
	EXPECT_EQ(v2_state(&vf), V2_RESUMING);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	expect_given_up(fd, "write");
}

static void expect_closed_at_once(int fd, const char *what)
{
	long start = now_us();

	vf_close(&vf);
	EXPECT_LE(now_us() - start, NEVER_STUCK_S * 1000000L, "%s", what);
	vf_open(&vf, vf_first());
	expect_given_up(fd, what);
}

TEST(close_ends_read, "and so does a close of the device: it does not wait for the limit of a read")
{
	expect_closed_at_once(hanging_read(), "read");
}

TEST(close_ends_write, "nor for that of a write")
{
	expect_closed_at_once(hanging_write(), "write");
}

static int set_ret;

static void *stop_device(void *unused)
{
	(void)unused;
	set_ret = v2_try(&vf, V2_STOP);
	return NULL;
}

TEST(state_never_waits, "reading the state waits for no hop that hangs, and a reset ends that")
{
	pthread_t thread;

	hold("freeze");
	pthread_create(&thread, NULL, stop_device, NULL);
	mock_await(vf.bdf, "freeze");
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(v2_state(&vf), V2_RUNNING_P2P);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	pthread_join(thread, NULL);
	EXPECT_EQ(set_ret, -EIO);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	v2_need_whole_transfer();
}

static int victims_fd;

static void read_for_ever(void)
{
	uint8_t buf[100];

	v2_read(victims_fd, buf, sizeof(buf));
}

TEST(killed, "SIGKILL ends a reader whose backend hangs; the save is lost and nothing else")
{
	pid_t child;
	uint8_t byte;

	victims_fd = v2_begin(&vf, V2_STOP_COPY);
	hold("save");
	child = child_start(read_for_ever);
	mock_await(vf.bdf, "save");
	child_kill(child);
	EXPECT_EQ(v2_read(victims_fd, &byte, 1), -EINTR);
	v2_go(&vf, V2_RUNNING);
	v2_need_whole_transfer();
}

static uint64_t resets_by_close(void)
{
	uint64_t before = core_number(vf_first(), "resets", "");

	vf_close(&vf);
	vf_open(&vf, vf_first());
	return core_number(vf_first(), "resets", "") - before;
}

TEST(close_counts_once, "a close counts in debugfs as much with an access at work as without")
{
	uint64_t idle = resets_by_close();
	int fd = hanging_read();

	EXPECT_EQ(resets_by_close(), idle);
	expect_given_up(fd, "read");
	fd = hanging_write();
	EXPECT_EQ(resets_by_close(), idle);
	expect_given_up(fd, "write");
}
