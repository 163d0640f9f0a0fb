// SPDX-License-Identifier: GPL-2.0-only
/*
 * Through the region, in the order of QEMU 7.2: pending_bytes, and for each
 * chunk data_offset, data_size, the bytes.
 */
#include "bench.h"
#include "meter.h"
#include "mover.h"
#include "place.h"

static void begin(struct haul *haul, uint32_t state)
{
	struct vf *vf = haul->vf;

	vf_go(vf, state);
	vf_map(vf);
	vf->map = move_to(vf->map, vf->area_len, SPOT_WINDOW);
}

static void begin_save(struct haul *haul)
{
	begin(haul, STATE_STOP_COPY);
}

static void begin_load(struct haul *haul)
{
	begin(haul, STATE_RESUMING);
}

static void end(struct haul *haul)
{
	vf_unmap(haul->vf);
	vf_go(haul->vf, STATE_RUNNING);
}

typedef void move_chunk(struct haul *haul, uint64_t offset, uint8_t *user,
			size_t len);

/* One chunk to where the stream has come to. */
static size_t save_chunk_by(struct haul *haul, move_chunk *take)
{
	uint64_t offset = CALL(vf_data_offset(haul->vf));
	uint64_t size = CALL(vf_data_size(haul->vf));
	uint8_t *to = haul->stream + haul->len;

	ASSERT_GT(size, 0);
	if (haul->socket >= 0)
		to = haul->bounce;
	else
		ASSERT_LE(haul->len + size, haul->room);
	take(haul, offset, to, size);
	haul->len += size;
	return size;
}

static void save_chunks(struct haul *haul, move_chunk *take)
{
	haul->len = 0;
	while (CALL(vf_pending(haul->vf)))
		save_chunk_by(haul, take);
}

static void load_chunks(struct haul *haul, move_chunk *put)
{
	uint64_t offset;
	size_t done, n;

	for (done = 0; done < haul->len; done += n) {
		offset = CALL(vf_data_offset(haul->vf));
		n = haul->len - done;
		if (n > haul->window)
			n = haul->window;
		put(haul, offset, haul->stream + done, n);
		ASSERT_EQ(CALL(vf_put_data_size(haul->vf, n)), 0);
	}
}

static void take_mapped(struct haul *haul, uint64_t offset, uint8_t *to,
			size_t len)
{
	const uint8_t *from = haul->vf->map + (offset - haul->vf->area);

	if (haul->socket >= 0)
		pass_on(haul, from, len);
	else
		copy(to, from, len);
}

static void put_mapped(struct haul *haul, uint64_t offset, uint8_t *from,
		       size_t len)
{
	uint8_t *to = haul->vf->map + (offset - haul->vf->area);

	if (haul->socket >= 0)
		come_in(haul, to, len);
	else
		copy(to, from, len);
}

static void take_trapped(struct haul *haul, uint64_t offset, uint8_t *to,
			 size_t len)
{
	ASSERT_EQ(CALL(vf_read(haul->vf, offset, to, len)), 0);
	if (haul->socket >= 0)
		pass_on(haul, to, len);
}

static void put_trapped(struct haul *haul, uint64_t offset, uint8_t *from,
			size_t len)
{
	if (haul->socket >= 0) {
		from = haul->bounce;
		come_in(haul, from, len);
	}
	ASSERT_EQ(CALL(vf_write(haul->vf, offset, from, len)), 0);
}

/* The stream is a multiple of 8 bytes long, and so is each chunk. */
static void take_trapped8(struct haul *haul, uint64_t offset, uint8_t *to,
			  size_t len)
{
	size_t i;

	for (i = 0; i < len; i += 8)
		ASSERT_EQ(CALL(vf_read(haul->vf, offset + i, to + i, 8)), 0);
	if (haul->socket >= 0)
		pass_on(haul, to, len);
}

static void put_trapped8(struct haul *haul, uint64_t offset, uint8_t *from,
			 size_t len)
{
	size_t i;

	if (haul->socket >= 0) {
		from = haul->bounce;
		come_in(haul, from, len);
	}
	for (i = 0; i < len; i += 8)
		ASSERT_EQ(CALL(vf_write(haul->vf, offset + i, from + i, 8)), 0);
}

size_t v1_take_chunk(struct haul *haul)
{
	return save_chunk_by(haul, take_mapped);
}

#define V1_MOVER(way, each8)						\
static void save_##way(struct haul *haul)				\
{									\
	save_chunks(haul, take_##way);					\
}									\
									\
static void load_##way(struct haul *haul)				\
{									\
	load_chunks(haul, put_##way);					\
}									\
									\
const struct mover mover_v1_##way = {					\
	.name = "v1-" #way,						\
	.prepare_save = begin_save,					\
	.prepare_load = begin_load,					\
	.save = save_##way,						\
	.load = load_##way,						\
	.end = end,							\
	.slow = each8,							\
}

V1_MOVER(mapped, false);
V1_MOVER(trapped, false);
V1_MOVER(trapped8, true);
