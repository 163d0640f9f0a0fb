// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the same bytes cost where no device has to do with it: a copy from one
 * place of this process to another, and a file in memory. The source of a save
 * is no larger than a window, as that of the device's user is not.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "meter.h"
#include "mover.h"
#include "place.h"

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void nothing(struct haul *haul)
{
	(void)haul;
}

static void copy_out(struct haul *haul)
{
	size_t done, n;

	for (done = 0; done < haul->len; done += n) {
		n = least(haul->window, haul->len - done);
		if (haul->socket >= 0)
			pass_on(haul, haul->bounce, n);
		else
			copy(haul->stream + done, haul->bounce, n);
	}
}

static void copy_in(struct haul *haul)
{
	size_t done, n;

	for (done = 0; done < haul->len; done += n) {
		n = least(haul->window, haul->len - done);
		if (haul->socket >= 0)
			come_in(haul, haul->bounce, n);
		else
			copy(haul->bounce, haul->stream + done, n);
	}
}

const struct mover mover_memcpy = {
	.name = "memcpy",
	.prepare_save = nothing,
	.prepare_load = nothing,
	.save = copy_out,
	.load = copy_in,
	.end = nothing,
	.limit = true,
};

static void make_file(struct haul *haul)
{
	haul->fd = memfd_create("limit", 0);
	ASSERT_GT(haul->fd, -1);
	ASSERT_EQ(ftruncate(haul->fd, haul->window), 0);
	ASSERT_EQ(fallocate(haul->fd, 0, 0, haul->window), 0);
}

static void close_file(struct haul *haul)
{
	close(haul->fd);
	haul->fd = -1;
}

static void read_file(struct haul *haul)
{
	size_t done, n;

	for (done = 0; done < haul->len; done += n) {
		void *to = haul->socket < 0 ? haul->stream + done :
					      haul->bounce;

		n = least(least(haul->window, MIB), haul->len - done);
		ASSERT_EQ(CALL(pread(haul->fd, to, n, done % haul->window)), n);
		if (haul->socket >= 0)
			pass_on(haul, to, n);
	}
}

static void write_file(struct haul *haul)
{
	size_t done, n;

	for (done = 0; done < haul->len; done += n) {
		void *from = haul->socket < 0 ? haul->stream + done :
						haul->bounce;

		n = least(least(haul->window, MIB), haul->len - done);
		if (haul->socket >= 0)
			come_in(haul, from, n);
		ASSERT_EQ(CALL(pwrite(haul->fd, from, n, done % haul->window)),
			  n);
	}
}

const struct mover mover_memfd = {
	.name = "memfd",
	.prepare_save = make_file,
	.prepare_load = make_file,
	.save = read_file,
	.load = write_file,
	.end = close_file,
	.limit = true,
};
