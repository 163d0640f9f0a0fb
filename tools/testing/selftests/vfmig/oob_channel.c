// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each call of an agent's channel, as it should be and as it should not.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "fixture.h"

static int fd = -1;
static pthread_t thread;
static bool thread_runs;
static uint32_t thread_to;
static int thread_ret;
static pid_t thread_id;

static void end_thread(void)
{
	if (thread_runs)
		pthread_join(thread, NULL);
	thread_runs = false;
}

void before_open(void)
{
	if (fd >= 0)
		close(fd);
	fd = -1;
	end_thread();
}

static void attach(void)
{
	struct vfmig_agent_attach attach;

	ASSERT_EQ(agent_try_attach(vf_first(), &attach), 0);
	fd = attach.fd;
}

static void *go(void *unused)
{
	(void)unused;
	__atomic_store_n(&thread_id, gettid(), __ATOMIC_RELEASE);
	thread_ret = vf_set_state(&vf, thread_to);
	return NULL;
}

/* The agent's side is this thread's. */
static void begin_to(uint32_t state)
{
	thread_to = state;
	thread_id = 0;
	thread_runs = !pthread_create(&thread, NULL, go, NULL);
	ASSERT_EQ(thread_runs, true);
}

/* It sleeps, as who waits for an agent does: nothing but that or its death wakes it. */
static void await_waiting(void)
{
	time_t end = time(NULL) + 60;
	char path[64], state = 0;
	FILE *file;

	while (state != 'D') {
		ASSERT_LE(time(NULL), end, "state %c", state);
		sched_yield();
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
			 __atomic_load_n(&thread_id, __ATOMIC_ACQUIRE));
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(file);
	}
}

static struct vfmig_agent_request next(void)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	struct vfmig_agent_request request = {};

	ASSERT_EQ(poll(&pollfd, 1, 60000), 1);
	ASSERT_EQ(read(fd, &request, sizeof(request)), (ssize_t)sizeof(request));
	return request;
}

static void say(const struct vfmig_agent_reply *reply)
{
	ASSERT_EQ(write(fd, reply, sizeof(*reply)), (ssize_t)sizeof(*reply));
}

static void say_hello(uint64_t id)
{
	struct vfmig_agent_reply reply = {
		.id = id,
		.hello = { .name = "by-hand", .transfer_max = 4096 },
	};

	say(&reply);
}

static void say_yes(uint64_t id)
{
	struct vfmig_agent_reply reply = { .id = id };

	say(&reply);
}

/* Memory that nobody may touch. */
static void *forbidden(void)
{
	void *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_EQ(page != MAP_FAILED, true);
	return page;
}

static void expect_errno(ssize_t ret, int err, const char *what)
{
	EXPECT_EQ(ret, -1, "%s", what);
	EXPECT_EQ(errno, err, "%s", what);
}

TEST(requests, "ids count from 1, reserved fields are 0, the limit is at most the module's")
{
	struct vfmig_agent_request hello, state;

	attach();
	begin_to(STATE_PRE_COPY);
	hello = next();
	EXPECT_EQ(hello.id, 1);
	EXPECT_EQ(hello.type, VFMIG_AGENT_HELLO);
	EXPECT_EQ(hello.flags, 0);
	EXPECT_EQ(hello.reserved, 0);
	EXPECT_GT(hello.timeout_ms, 0);
	EXPECT_LE(hello.timeout_ms, 10000);
	for (size_t i = 0; i < ARRAY_SIZE(hello.arg); i++)
		EXPECT_EQ(hello.arg[i], 0, "%zu", i);
	say_hello(hello.id);

	state = next();
	EXPECT_EQ(state.id, 2);
	EXPECT_EQ(state.type, VFMIG_AGENT_SET_STATE);
	EXPECT_EQ(state.flags, VFMIG_AGENT_NEW | VFMIG_AGENT_WINDOW);
	EXPECT_EQ(state.arg[0], VFMIG_AGENT_RUNNING | VFMIG_AGENT_SAVING);
	EXPECT_EQ(state.arg[1], vf.area_len);
	EXPECT_LE(state.timeout_ms, hello.timeout_ms);
	say_yes(state.id);
	end_thread();
	EXPECT_EQ(thread_ret, 0);
}

TEST(sizes, "a read has room for a request, a write one reply: else EINVAL, and nothing is lost")
{
	uint8_t buf[2 * sizeof(struct vfmig_agent_reply)] = {};
	struct vfmig_agent_request *request = (void *)buf;

	attach();
	begin_to(STATE_PRE_COPY);
	expect_errno(read(fd, buf, sizeof(*request) - 1), EINVAL, "read less");
	expect_errno(read(fd, buf, 0), EINVAL, "read nothing");
	EXPECT_EQ(read(fd, buf, sizeof(buf)), (ssize_t)sizeof(*request));
	EXPECT_EQ(request->type, VFMIG_AGENT_HELLO);
	expect_errno(write(fd, buf, sizeof(struct vfmig_agent_reply) - 1), EINVAL, "write less");
	expect_errno(write(fd, buf, sizeof(buf)), EINVAL, "write two");
	expect_errno(write(fd, forbidden(), sizeof(struct vfmig_agent_reply)), EFAULT,
		     "write from nowhere");
	say_hello(request->id);
	say_yes(next().id);
	end_thread();
	EXPECT_EQ(thread_ret, 0);
}

TEST(seeking, "the channel has no position")
{
	uint8_t buf[sizeof(struct vfmig_agent_reply)] = {};

	attach();
	expect_errno(lseek(fd, 0, SEEK_SET), ESPIPE, "lseek");
	expect_errno(pread(fd, buf, sizeof(buf), 0), ESPIPE, "pread");
	expect_errno(pwrite(fd, buf, sizeof(buf), 0), ESPIPE, "pwrite");
	expect_errno(ioctl(fd, VFMIG_AGENT_ATTACH, buf), ENOTTY, "ioctl");
}

TEST(polled, "poll says when there is a request; a read without one waits, or is EAGAIN")
{
	struct pollfd pollfd = { .events = POLLIN };
	struct vfmig_agent_request request;

	attach();
	pollfd.fd = fd;
	EXPECT_EQ(poll(&pollfd, 1, 0), 0);
	ASSERT_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	expect_errno(read(fd, &request, sizeof(request)), EAGAIN, "nothing to read");
	begin_to(STATE_PRE_COPY);
	ASSERT_EQ(poll(&pollfd, 1, 60000), 1);
	EXPECT_EQ(pollfd.revents, POLLIN);
	say_hello(next().id);
	ASSERT_EQ(poll(&pollfd, 1, 60000), 1);
	say_yes(next().id);
	end_thread();
	EXPECT_EQ(thread_ret, 0);
	EXPECT_EQ(poll(&pollfd, 1, 0), 0);
}

TEST(nowhere, "a request that is read to a bad address counts as read: it can still be answered")
{
	attach();
	begin_to(STATE_PRE_COPY);
	expect_errno(read(fd, forbidden(), sizeof(struct vfmig_agent_request)), EFAULT, "read");
	say_hello(1);
	say_yes(next().id);
	end_thread();
	EXPECT_EQ(thread_ret, 0);
}

static void expect_mmap(size_t len, int prot, int flags, off_t at, int err, const char *what)
{
	void *map = mmap(NULL, len, prot, flags, fd, at);

	EXPECT_EQ(map == MAP_FAILED, err != 0, "%s", what);
	if (err)
		EXPECT_EQ(errno, err, "%s", what);
	else
		munmap(map, len);
}

TEST(maps, "the window is mapped in a session only, shared, within its bounds, not executable")
{
	const int rw = PROT_READ | PROT_WRITE;
	size_t len = vf.area_len;
	void *map;

	attach();
	expect_mmap(4096, rw, MAP_SHARED, 0, ENXIO, "before");
	begin_to(STATE_PRE_COPY);
	say_hello(next().id);
	say_yes(next().id);
	end_thread();
	ASSERT_EQ(thread_ret, 0);
	expect_mmap(len, rw, MAP_SHARED, 0, 0, "all");
	expect_mmap(4096, PROT_READ, MAP_SHARED, len - 4096, 0, "the last page");
	expect_mmap(len + 4096, rw, MAP_SHARED, 0, EINVAL, "more");
	expect_mmap(4096, rw, MAP_SHARED, len, EINVAL, "behind");
	expect_mmap(8192, rw, MAP_SHARED, len - 4096, EINVAL, "beyond the end");
	expect_mmap(4096, rw, MAP_SHARED, 1ULL << 40, EINVAL, "far away");
	expect_mmap(4096, rw, MAP_PRIVATE, 0, EINVAL, "private");
	expect_mmap(4096, PROT_READ | PROT_EXEC, MAP_SHARED, 0, EPERM, "executable");
	map = mmap(NULL, 4096, rw, MAP_SHARED, fd, 0);
	EXPECT_EQ(mprotect(map, 4096, PROT_READ | PROT_EXEC), -1);
	EXPECT_EQ(mremap(map, 4096, 8192, MREMAP_MAYMOVE) == MAP_FAILED, true);
	munmap(map, 4096);
	begin_to(STATE_RUNNING);
	say_yes(next().id);
	end_thread();
	expect_mmap(4096, rw, MAP_SHARED, 0, ENXIO, "after");
}

static void expect_detached_by(struct vfmig_agent_reply *reply, const char *what)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	expect_errno(write(fd, reply, sizeof(*reply)), EPROTO, what);
	EXPECT_EQ(poll(&pollfd, 1, 0), 1, "%s", what);
	EXPECT_EQ(pollfd.revents & POLLHUP, POLLHUP, "%s", what);
	expect_errno(write(fd, reply, sizeof(*reply)), ENODEV, what);
	close(fd);
	fd = -1;
}

TEST(unasked, "whoever answers what was not asked is no agent any more: EPROTO, then ENODEV")
{
	static const uint64_t ids[] = { 0, 1, 2, ~0ULL };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct vfmig_agent_reply reply = { .id = ids[i] };

		attach();
		expect_detached_by(&reply, "unasked");
	}
}

TEST(unread, "nor may a request be answered that was not read")
{
	struct vfmig_agent_reply reply = {
		.id = 1,
		.hello = { .name = "by-hand", .transfer_max = 4096 },
	};
	struct pollfd pollfd = { .events = POLLIN };

	attach();
	pollfd.fd = fd;
	begin_to(STATE_PRE_COPY);
	ASSERT_EQ(poll(&pollfd, 1, 60000), 1);
	expect_detached_by(&reply, "unread");
	end_thread();
	EXPECT_EQ(thread_ret, -EFAULT);
}

static void *read_and_wait(void *ret)
{
	struct vfmig_agent_request request;

	*(int *)ret = read(fd, &request, sizeof(request)) < 0 ? errno : 0;
	return NULL;
}

TEST(woken, "who waits for a request is woken when its function has another driver, or none")
{
	pthread_t reader;
	int ret = -1;

	attach();
	vf_close(&vf);
	ASSERT_EQ(pthread_create(&reader, NULL, read_and_wait, &ret), 0);
	vf_rebind(vf_first());
	pthread_join(reader, NULL);
	EXPECT_EQ(ret, ENODEV);
}

/* Whoever waits for the agent gives up. */
static void give_up(void)
{
	ASSERT_EQ(vf_reset(&vf), 0);
	end_thread();
	EXPECT_NE(thread_ret, 0);
}

TEST(taken_back, "what was not read before its user has given up is not there to be read")
{
	struct pollfd pollfd = { .events = POLLIN };
	struct vfmig_agent_request request;

	attach();
	pollfd.fd = fd;
	ASSERT_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	begin_to(STATE_PRE_COPY);
	ASSERT_EQ(poll(&pollfd, 1, 60000), 1);
	give_up();
	expect_errno(read(fd, &request, sizeof(request)), EAGAIN, "given up");
}

TEST(settles, "what was posted is waited for before anything is asked")
{
	struct vfmig_agent_request abort;

	attach();
	begin_to(STATE_STOP_COPY);
	say_hello(next().id);
	say_yes(next().id);
	say_yes(next().id);
	end_thread();
	ASSERT_EQ(vf_reset(&vf), 0);
	abort = next();
	EXPECT_EQ(abort.type, VFMIG_AGENT_ABORT);
	/* Nor is it asked again. */
	ASSERT_EQ(vf_reset(&vf), 0);
	begin_to(STATE_PRE_COPY);
	await_waiting();
	EXPECT_EQ(core_number(vf.bdf, "agent", "owes"), 1);
	say_yes(abort.id);
	say_hello(next().id);
	say_yes(next().id);
	end_thread();
	EXPECT_EQ(thread_ret, 0);
}

TEST(owed, "an agent owes 16 replies at the most: with one more request it is detached")
{
	struct pollfd pollfd = { .events = POLLIN };

	attach();
	pollfd.fd = fd;
	for (int i = 1; i <= 16; i++) {
		begin_to(STATE_PRE_COPY);
		EXPECT_EQ(next().id, i);
		give_up();
	}
	EXPECT_EQ(core_number(vf.bdf, "agent", "owes"), 16);
	EXPECT_EQ(vf_set_state(&vf, STATE_PRE_COPY), -EFAULT);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "does not answer what it is sent"), NULL);
	EXPECT_EQ(poll(&pollfd, 1, 0), 1);
	EXPECT_EQ(pollfd.revents & POLLHUP, POLLHUP);
}
