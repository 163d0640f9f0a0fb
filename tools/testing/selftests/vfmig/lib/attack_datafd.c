// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data fds in the hands of a process: a few numbers, each of which stands for
 * the fd of some session or for no file that could be read, and which any
 * thread may use, replace or close at any time. Children have them as well.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "attack.h"
#include "v2.h"

#define SLOTS		5
#define MAX_ACCESS	20000
#define BEHIND		64
#define TRIES		8
#define WAIT_MS		20
/* More than any device here has to say. */
#define MANY_BYTES	((uint64_t)1 << 40)

/* What a slot is where it is no data fd: reading and writing it is EBADF. */
static int nothing = NO_FD;
static int slots[SLOTS];
/* The one that was filled last: its session may still be alive. */
static int newest;

/* Of a save and of a load that are over for good. */
static int dead[2] = { NO_FD, NO_FD };

void attack_open_slots(void)
{
	unsigned int i;

	attack_close_slots();
	nothing = open("/", O_PATH | O_CLOEXEC);
	ASSERT_GT(nothing, -1);
	for (i = 0; i < SLOTS; i++) {
		slots[i] = dup(nothing);
		ASSERT_GT(slots[i], -1);
	}
	newest = slots[0];
	ASSERT_EQ(v2_order(&vf, V2_STOP_COPY, &dead[0]), 0);
	ASSERT_EQ(v2_order(&vf, V2_RESUMING, &dead[1]), 0);
	v2_go_back(&vf);
}

void attack_close_slots(void)
{
	unsigned int i;

	if (nothing == NO_FD)
		return;
	for (i = 0; i < SLOTS; i++)
		close(slots[i]);
	close(dead[0]);
	close(dead[1]);
	close(nothing);
	nothing = NO_FD;
}

int attack_slot(struct member *m)
{
	int any = RANDOM_OF(&m->random, slots);

	return random_one_in(&m->random, 4) ?
	       any : __atomic_load_n(&newest, __ATOMIC_RELAXED);
}

void attack_keep_fd(struct member *m, int fd)
{
	int slot = RANDOM_OF(&m->random, slots);

	dup2(fd, slot);
	__atomic_store_n(&newest, slot, __ATOMIC_RELAXED);
}

bool attack_is_slot(int fd)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (slots[i] == fd)
			return true;
	return false;
}

/* What may come of an access whose buffer is good, whatever others do. */
static void judge_access(struct member *m, const char *what, ssize_t n,
			 size_t len)
{
	if (n >= 0 && (size_t)n <= len)
		return;
	switch (n) {
	case -EBADF:
	case -ENODEV:
	case -ENOMSG:
	case -EINVAL:
	case -EINTR:
	case -ECANCELED:
		return;
	}
	if (n >= 0 || !crowd_plan(m)->error_is_fine)
		crowd_find(m, "%s of %zu bytes: %zd", what, len, n);
}

static size_t some_length(struct member *m)
{
	const size_t lengths[] = {
		0, 1, random_below(&m->random, 64),
		random_below(&m->random, 4096),
		random_below(&m->random, MAX_ACCESS), MAX_ACCESS,
	};

	return RANDOM_OF(&m->random, lengths);
}

static ssize_t read_once(struct member *m, int fd)
{
	size_t len = some_length(m);
	uint8_t buf[MAX_ACCESS + BEHIND];
	ssize_t n;

	memset(buf, CANARY, len + BEHIND);
	n = v2_read(fd, buf, len);
	crowd_beat(m);
	judge_access(m, "read", n, len);
	if (!attack_untouched(buf + len, BEHIND))
		crowd_find(m, "a read of %zu bytes writes behind them", len);
	if (n > 0)
		attack_judge_bytes(m, buf, n);
	return n;
}

/* One of them that lives does not do so for long. */
static bool fd_read(struct member *m)
{
	int fd = attack_slot(m), tries, done = 0;

	for (tries = 0; tries < TRIES && done == tries; tries++)
		done += read_once(m, fd) > 0;
	return done;
}

const struct attack attack_fd_read = { "fd_read", fd_read };

/* From the start of a stream, or from its middle, or rubbish. */
static ssize_t write_once(struct member *m, int fd)
{
	const struct bytes *stream = attack_stream(attack_target(m));
	size_t len = some_length(m), at = 0;
	uint8_t buf[MAX_ACCESS];
	ssize_t n;

	random_fill(&m->random, buf, len);
	if (random_one_in(&m->random, 3))
		at = random_below(&m->random, stream->len);
	if (len > stream->len - at)
		len = stream->len - at;
	if (!random_one_in(&m->random, 4))
		memcpy(buf, stream->at + at, len);
	n = v2_write(fd, buf, len);
	crowd_beat(m);
	judge_access(m, "write", n, len);
	return n;
}

static bool fd_write(struct member *m)
{
	int fd = attack_slot(m), tries, done = 0;

	for (tries = 0; tries < TRIES && done == tries; tries++)
		done += write_once(m, fd) > 0;
	return done;
}

const struct attack attack_fd_write = { "fd_write", fd_write };

/* One of its own, as far as it is left alone. */
static bool fd_session(struct member *m)
{
	static const uint32_t states[] = {
		V2_STOP_COPY, V2_PRE_COPY, V2_RESUMING,
	};
	uint32_t to = RANDOM_OF(&m->random, states);
	int fd = NO_FD, tries, done = 0;

	attack_order(m, attack_target(m), to, &fd);
	if (fd == NO_FD)
		return false;
	for (tries = 0; tries < TRIES && done == tries; tries++)
		done += (to == V2_RESUMING ? write_once(m, fd) :
					     read_once(m, fd)) > 0;
	close(fd);
	return done;
}

const struct attack attack_fd_session = { "fd_session", fd_session };

/* From one session into another one, by whatever protocol. */
static bool fd_feed(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint8_t buf[MAX_ACCESS];
	uint64_t size;
	ssize_t n;

	n = v2_read(attack_slot(m), buf, 1 + some_length(m) % sizeof(buf));
	crowd_beat(m);
	if (n <= 0)
		return false;
	if (random_one_in(&m->random, 2)) {
		n = v2_write(attack_slot(m), buf, n);
		crowd_beat(m);
		return n > 0;
	}
	size = n;
	return !attack_write(m, vf, vf->area, buf, n) &&
	       !attack_write(m, vf, REG_DATA_SIZE, &size, sizeof(size));
}

const struct attack attack_fd_feed = { "fd_feed", fd_feed };

/* Alone or in a set; at once, or for a while in which its session may end. */
static bool fd_poll(struct member *m)
{
	struct pollfd wait = { .fd = attack_slot(m), .events = POLLIN | POLLOUT };
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	bool in_set = random_one_in(&m->random, 3);
	int ms = random_one_in(&m->random, 2) ?
		 0 : random_below(&m->random, WAIT_MS);
	int set;

	if (in_set) {
		set = epoll_create1(EPOLL_CLOEXEC);
		epoll_ctl(set, EPOLL_CTL_ADD, wait.fd, &event);
		wait.revents = epoll_wait(set, &event, 1, ms) == 1;
		close(set);
	} else {
		poll(&wait, 1, ms);
	}
	crowd_beat(m);
	return wait.revents && !(wait.revents & POLLNVAL);
}

const struct attack attack_fd_poll = { "fd_poll", fd_poll };

static bool fd_info(struct member *m)
{
	static const uint32_t sizes[] = { 0, 4, 23, 24, 24, 24, 25, 64, ~0U };
	uint64_t buf[8];
	struct vfio_precopy_info *info = (void *)buf;
	size_t len = sizeof(*info);
	int ret;

	memset(buf, CANARY, sizeof(buf));
	info->argsz = RANDOM_OF(&m->random, sizes);
	ret = ioctl(attack_slot(m), VFIO_MIG_GET_PRECOPY_INFO, info) ?
	      -errno : 0;
	crowd_beat(m);
	if (!attack_untouched(info + 1, sizeof(buf) - len))
		crowd_find(m, "more is said than there is room for");
	if (!ret && (info->initial_bytes > MANY_BYTES ||
		     info->dirty_bytes > MANY_BYTES || info->argsz < len))
		crowd_find(m, "%llu and %llu bytes, argsz %u",
			   (unsigned long long)info->initial_bytes,
			   (unsigned long long)info->dirty_bytes, info->argsz);
	if (ret && ret != -EBADF && ret != -ENOTTY)
		judge_access(m, "ioctl", ret, 0);
	return !ret;
}

const struct attack attack_fd_info = { "fd_info", fd_info };

/* Under the feet of whoever is using it. */
static bool fd_close(struct member *m)
{
	return dup2(nothing, RANDOM_OF(&m->random, slots)) >= 0;
}

const struct attack attack_fd_close = { "fd_close", fd_close };

static bool fd_dup(struct member *m)
{
	int from = attack_slot(m);

	return dup2(from, RANDOM_OF(&m->random, slots)) >= 0;
}

const struct attack attack_fd_dup = { "fd_dup", fd_dup };

/* Whatever sessions there are now, they are not theirs. */
static bool fd_dead(struct member *m)
{
	unsigned int which = random_below(&m->random, 2);
	uint8_t byte = random_next(&m->random);
	struct vfio_precopy_info info;
	struct pollfd wait = { .fd = dead[which] };
	ssize_t n;

	n = which ? v2_write(dead[which], &byte, 1) :
		    v2_read(dead[which], &byte, 1);
	if (n != -ENODEV)
		crowd_find(m, "a dead fd: %zd", n);
	if (poll(&wait, 1, 0) != 1 || !(wait.revents & POLLHUP))
		crowd_find(m, "a dead fd polls %#x", wait.revents);
	n = v2_precopy_info(dead[which], &info);
	if (n != (which ? -ENOTTY : -ENODEV))
		crowd_find(m, "the ioctl of a dead fd: %zd", n);
	crowd_beat(m);
	return true;
}

const struct attack attack_fd_dead = { "fd_dead", fd_dead };
