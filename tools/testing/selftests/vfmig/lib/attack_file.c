// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/vfio.h>

#include "attack.h"

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
