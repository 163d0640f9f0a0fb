// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data fds in the hands of a process: a few numbers, each of which stands for
 * the fd of some session or for no file that could be read, and which any
 * thread may use, replace or close at any time. Children have them as well.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "attack.h"
#include "v2.h"

#define SLOTS		5
#define MAX_ACCESS	20000
#define BEHIND		64
#define WAIT_MS		20
/* More than any device here has to say. */
#define MANY_BYTES	((uint64_t)1 << 40)

/* What a slot is where it is no data fd: reading and writing it is EBADF. */
static int nothing = NO_FD;
static int slots[SLOTS];

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
	ASSERT_EQ(v2_order(&vf, V2_STOP_COPY, &dead[0]), 0);
	ASSERT_EQ(v2_order(&vf, V2_RESUMING, &dead[1]), 0);
	v2_go(&vf, V2_RUNNING);
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
	return RANDOM_OF(&m->random, slots);
}

void attack_keep_fd(struct member *m, int fd)
{
	dup2(fd, attack_slot(m));
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

static bool fd_read(struct member *m)
{
	size_t len = some_length(m);
	uint8_t buf[MAX_ACCESS + BEHIND];
	ssize_t n;

	memset(buf, CANARY, len + BEHIND);
	n = v2_read(attack_slot(m), buf, len);
	crowd_beat(m);
	judge_access(m, "read", n, len);
	if (!attack_untouched(buf + len, BEHIND))
		crowd_find(m, "a read of %zu bytes writes behind them", len);
	if (n > 0)
		attack_judge_bytes(m, buf, n);
	return n > 0;
}

const struct attack attack_fd_read = { "fd_read", fd_read };

/* From the start of a stream, or from its middle, or rubbish. */
static bool fd_write(struct member *m)
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
	n = v2_write(attack_slot(m), buf, len);
	crowd_beat(m);
	judge_access(m, "write", n, len);
	return n > 0;
}

const struct attack attack_fd_write = { "fd_write", fd_write };

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

static bool opens_again(int fd)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	if (again >= 0)
		close(again);
	return again >= 0;
}

static bool reads_fdinfo(int fd)
{
	char path[40], text[512];
	ssize_t n;
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return false;
	n = read(info, text, sizeof(text));
	close(info);
	return n > 0;
}

static bool goes_through_a_pipe(int fd)
{
	int ends[2];
	ssize_t n, into;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return false;
	n = splice(fd, NULL, ends[1], NULL, 4096, SPLICE_F_NONBLOCK);
	into = splice(ends[0], NULL, fd, NULL, 4096, SPLICE_F_NONBLOCK);
	n += sendfile(ends[1], fd, NULL, 4096);
	close(ends[0]);
	close(ends[1]);
	return n > 2 * 4096 || into > 4096;
}

/* A data fd is a file, of which little can be had. */
static bool fd_calls(struct member *m)
{
	int fd = attack_slot(m);
	uint8_t piece[2][300];
	struct iovec pieces[2] = {
		{ piece[0], random_below(&m->random, sizeof(piece[0])) },
		{ piece[1], random_below(&m->random, sizeof(piece[1])) },
	};
	void *map;

	switch (random_below(&m->random, 10)) {
	case 0:
		if (lseek(fd, random_next(&m->random), SEEK_SET) >= 0)
			crowd_find(m, "it has places");
		break;
	case 1:
		if (pread(fd, piece, 8, random_below(&m->random, 64)) >= 0 ||
		    pwrite(fd, piece, 8, random_below(&m->random, 64)) >= 0)
			crowd_find(m, "it has bytes at places");
		break;
	case 2:
		map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		if (map != MAP_FAILED)
			crowd_find(m, "it can be mapped");
		break;
	case 3:
		if (!ftruncate(fd, 4096) || !fallocate(fd, 0, 0, 4096))
			crowd_find(m, "it has a length");
		break;
	case 4:
		if (!ioctl(fd, VFIO_DEVICE_RESET) ||
		    !ioctl(fd, _IO(VFIO_TYPE, random_below(&m->random, 100))))
			crowd_find(m, "it does what a device does");
		break;
	case 5:
		if (opens_again(fd))
			crowd_find(m, "it can be opened");
		break;
	case 6:
		reads_fdinfo(fd);
		break;
	case 7:
		if (goes_through_a_pipe(fd))
			crowd_find(m, "more is spliced than asked for");
		break;
	case 8:
		fcntl(fd, F_SETFL, random_one_in(&m->random, 2) ?
				   O_NONBLOCK : O_ASYNC);
		break;
	case 9:
		if (readv(fd, pieces, 2) > 600 || writev(fd, pieces, 2) > 600)
			crowd_find(m, "more is done than asked for");
		break;
	}
	crowd_beat(m);
	return true;
}

const struct attack attack_fd_calls = { "fd_calls", fd_calls };

/* Under the feet of whoever is using it. */
static bool fd_close(struct member *m)
{
	return dup2(nothing, attack_slot(m)) >= 0;
}

const struct attack attack_fd_close = { "fd_close", fd_close };

static bool fd_dup(struct member *m)
{
	int from = attack_slot(m);

	return dup2(from, attack_slot(m)) >= 0;
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
