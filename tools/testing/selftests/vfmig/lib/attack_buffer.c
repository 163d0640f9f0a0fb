// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "attack.h"
#include "v2_uapi.h"

#define MAX_PIECES	8
#define MAX_PIECE	600
#define FAR_END		(~0ULL >> 1)

/* Somewhere in the region, or at a border of it. */
static uint64_t place(struct member *m, struct vf *vf)
{
	const uint64_t at[] = {
		random_below(&m->random, REG_END), vf->area - 4,
		vf->area + random_below(&m->random, vf->area_len),
		vf->size - random_below(&m->random, 4096),
	};

	return RANDOM_OF(&m->random, at);
}

static bool vectors(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint64_t at = vf->base + place(m, vf);
	unsigned int nr = 1 + random_below(&m->random, MAX_PIECES);
	uint8_t buf[MAX_PIECES][MAX_PIECE];
	struct iovec piece[MAX_PIECES];
	size_t sum = 0;
	ssize_t done;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		piece[i].iov_base = buf[i];
		piece[i].iov_len = random_one_in(&m->random, 3) ?
				   random_below(&m->random, MAX_PIECE) :
				   1U << random_below(&m->random, 4);
		sum += piece[i].iov_len;
	}
	random_fill(&m->random, buf, sizeof(buf));
	done = random_one_in(&m->random, 2) ?
	       preadv(vf->fd, piece, nr, at) : pwritev(vf->fd, piece, nr, at);
	if (done > (ssize_t)sum)
		crowd_find(m, "%zd of %zu bytes done", done, sum);
	return done > 0;
}

const struct attack attack_vectors = { "vectors", vectors };

/*
 * A user's address that is none, or that becomes none, or one in the section
 * itself: the copy faults into the very window it copies from.
 */
static void *bad_buffer(struct member *m)
{
	size_t len;
	char *ground = attack_playground(m, &len);
	void * const bad[] = {
		NULL, (void *)8, (void *)-4096UL, (void *)-1UL,
		(void *)0xffff888000000000UL, (void *)0x00007ffffffff000UL,
		(void *)0x0000800000000000UL, ground + len - 4,
		ground + random_below(&m->random, len),
		ground + random_below(&m->random, len / 4096) * 4096,
	};

	return RANDOM_OF(&m->random, bad);
}

/* The lowest page, and what is not the user's. */
static bool is_never_there(const void *buf)
{
	return (uintptr_t)buf - 4096 >= (1UL << 47) - 4096;
}

static bool bad_buffers(struct member *m)
{
	static const uint64_t registers[] = {
		REG_DEVICE_STATE, REG_PENDING_BYTES, REG_DATA_OFFSET,
		REG_DATA_SIZE,
	};
	struct vf *vf = attack_target(m);
	void *buf = bad_buffer(m);
	bool in_section = random_one_in(&m->random, 2);
	uint64_t at = RANDOM_OF(&m->random, registers);
	size_t len = at == REG_DEVICE_STATE ? 4 : 8;
	int ret;

	if (in_section) {
		len = 1 + random_below(&m->random, 20000);
		at = vf->area + random_below(&m->random, vf->area_len);
	}
	if (random_one_in(&m->random, 2))
		ret = attack_read(m, vf, at, buf, len);
	else
		ret = attack_write(m, vf, at, buf, len);

	if (!ret && is_never_there(buf))
		crowd_find(m, "%zu bytes at %p could be accessed", len, buf);
	return ret == -EFAULT;
}

const struct attack attack_bad_buffers = { "bad_buffers", bad_buffers };

static bool fd_bad_buffers(struct member *m)
{
	int fd = attack_slot(m);
	void *buf = bad_buffer(m);
	size_t len = 1 + random_below(&m->random, 20000);
	ssize_t n;
	int err;

	switch (random_below(&m->random, 3)) {
	case 0:
		n = read(fd, buf, len);
		break;
	case 1:
		n = write(fd, buf, len);
		break;
	default:
		n = ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, buf) ? -1 : 1;
	}
	err = errno;
	crowd_beat(m);
	if (n > 0 && is_never_there(buf))
		crowd_find(m, "%zd of %zu bytes at %p could be accessed", n,
			   len, buf);
	return n < 0 && err == EFAULT;
}

const struct attack attack_fd_bad_buffers = {
	"fd_bad_buffers", fd_bad_buffers
};

/* A device's file is still a file. */
static bool file_calls(struct member *m)
{
	struct vf *vf = attack_target(m);
	struct pollfd pollfd = { .fd = vf->fd, .events = POLLIN | POLLOUT };
	uint64_t at = vf->base + place(m, vf);
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	off_t from = at;
	uint8_t buf[64];

	switch (random_below(&m->random, 9)) {
	case 0:
		lseek(vf->fd, at, SEEK_SET);
		break;
	case 1:
		lseek(vf->fd, random_next(&m->random),
		      random_below(&m->random, 5));
		break;
	case 2:
		lseek(vf->fd, at, SEEK_SET);
		if (read(vf->fd, buf, random_below(&m->random, 64)) > 64)
			crowd_find(m, "read is longer than asked for");
		break;
	case 3:
		if (fallocate(vf->fd, 0, at, 4096) != -1)
			crowd_find(m, "space can be allocated in it");
		break;
	case 4:
		if (ftruncate(vf->fd, random_below(&m->random, 8192)) != -1)
			crowd_find(m, "it can be truncated");
		break;
	case 5:
		fsync(vf->fd);
		break;
	case 6:
		poll(&pollfd, 1, 0);
		break;
	case 7:
		if (sendfile(nowhere, vf->fd, &from, 8) > 8)
			crowd_find(m, "more is sent than asked for");
		break;
	case 8:
		if (pread(vf->fd, buf, 8, FAR_END - random_below(&m->random, 16)) > 0)
			crowd_find(m, "it can be read beyond all regions");
		break;
	}
	close(nowhere);
	crowd_beat(m);
	return true;
}

const struct attack attack_file_calls = { "file_calls", file_calls };
