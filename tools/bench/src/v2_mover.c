// SPDX-License-Identifier: GPL-2.0-only
/*
 * Through v2's data fds.
 */
#include <unistd.h>

#include "bench.h"
#include "meter.h"
#include "mover.h"
#include "v2.h"

static void begin_save(struct haul *haul)
{
	ASSERT_EQ(v2_order(haul->vf, V2_STOP_COPY, &haul->fd), 0);
}

static void begin_load(struct haul *haul)
{
	ASSERT_EQ(v2_order(haul->vf, V2_RESUMING, &haul->fd), 0);
}

static void end(struct haul *haul)
{
	int none;

	ASSERT_EQ(v2_order(haul->vf, V2_RUNNING, &none), 0);
	close(haul->fd);
	haul->fd = -1;
}

static void save_by(struct haul *haul, size_t piece)
{
	uint8_t *to = haul->bounce;
	ssize_t n;

	haul->len = 0;
	for (;;) {
		if (haul->socket < 0) {
			to = haul->stream + haul->len;
			ASSERT_LE(haul->len + piece, haul->room);
		}
		n = CALL(read(haul->fd, to, piece));
		ASSERT_GT(n, -1);
		if (!n)
			break;
		if (haul->socket >= 0)
			pass_on(haul, to, n);
		haul->len += n;
	}
}

static void load_by(struct haul *haul, size_t piece)
{
	size_t done, want;
	ssize_t n;

	for (done = 0; done < haul->len; done += n) {
		uint8_t *from = haul->stream + done;

		want = haul->len - done < piece ? haul->len - done : piece;
		if (haul->socket >= 0) {
			from = haul->bounce;
			come_in(haul, from, want);
		}
		n = CALL(write(haul->fd, from, want));
		ASSERT_EQ(n, want);
	}
}

#define V2_MOVER(way, piece)						\
static void save_##way(struct haul *haul)				\
{									\
	save_by(haul, piece);						\
}									\
									\
static void load_##way(struct haul *haul)				\
{									\
	load_by(haul, piece);						\
}									\
									\
const struct mover mover_v2_##way = {					\
	.name = "v2-" #way,						\
	.prepare_save = begin_save,					\
	.prepare_load = begin_load,					\
	.save = save_##way,						\
	.load = load_##way,						\
	.end = end,							\
}

V2_MOVER(1m, MIB);
V2_MOVER(32k, 32 * KIB);
