// SPDX-License-Identifier: GPL-2.0-only
#include <poll.h>
#include <stdio.h>

#include "fixture.h"
#include "knob.h"
#include "v2.h"
#include "ways.h"

/* Of no power of two, and larger than some windows. */
#define PIECE	9001

static int data_fd = NO_FD;

int way_fd(void)
{
	return data_fd;
}

static void v1_need_pre_copy(struct vf *vf)
{
	(void)vf;
}

static int v1_drain(struct vf *vf, struct bytes *to)
{
	return drain_phase(vf, to, TRAPPED_WHOLE);
}

static ssize_t v1_piece(struct vf *vf, struct bytes *to)
{
	ASSERT_GT(vf_pending(vf), 0);
	return save_chunk(vf, to, TRAPPED_WHOLE);
}

static void v1_look(struct vf *vf)
{
	vf_pending(vf);
	vf_data_offset(vf);
}

static int v1_fill(struct vf *vf, const void *from, size_t len)
{
	return load_bytes(vf, from, len, TRAPPED_WHOLE);
}

static void v1_expect_failed(struct vf *vf, int err)
{
	static const uint64_t at[] = {
		REG_PENDING_BYTES, REG_DATA_OFFSET, REG_DATA_SIZE,
	};
	uint64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(at); i++)
		EXPECT_EQ(vf_read64(vf, at[i], &value), err, "register %llu",
			  (unsigned long long)at[i]);
}

static void v1_expect_ended(struct vf *vf, const char *when)
{
	EXPECT_EQ(vf_pending(vf), 0, "%s", when);
	EXPECT_EQ(vf_data_size(vf), 0, "%s", when);
	EXPECT_EQ(vf_put_data_size(vf, 8), -EINVAL, "%s", when);
}

static int v2_set(struct vf *vf, uint32_t to)
{
	int fd, ret = v2_set_state(vf, to, &fd);

	if (fd != NO_FD)
		data_fd = fd;
	return ret;
}

/* Where it ends depends on whether more may come. */
static int v2_drain_now(struct vf *vf, struct bytes *to)
{
	uint32_t state = v2_state(vf);
	bool more = state == V2_PRE_COPY || state == V2_PRE_COPY_P2P;
	int ret = v2_drain(data_fd, to, PIECE);

	if (!more)
		return ret;
	return ret == -ENOMSG ? 0 : ret ?: -ENODATA;
}

static ssize_t v2_piece(struct vf *vf, struct bytes *to)
{
	uint8_t some[5000];
	ssize_t n = v2_read(data_fd, some, sizeof(some));

	(void)vf;
	if (n > 0)
		bytes_add(to, some, n);
	return n;
}

static void v2_look(struct vf *vf)
{
	(void)vf;
	EXPECT_EQ(v2_poll(data_fd) & POLLIN, POLLIN);
}

static uint64_t v2_left(struct vf *vf)
{
	struct vfio_precopy_info info;

	(void)vf;
	ASSERT_EQ(v2_precopy_info(data_fd, &info), 0);
	return info.initial_bytes + info.dirty_bytes;
}

static int v2_fill_now(struct vf *vf, const void *from, size_t len)
{
	(void)vf;
	return v2_fill(data_fd, from, len, PIECE);
}

static void v2_expect_failed(struct vf *vf, int err)
{
	uint8_t some[10];

	(void)vf;
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(v2_read(data_fd, some, sizeof(some)), err);
	/* Who waits for the fd must hear of it. */
	EXPECT_NE(v2_poll(data_fd) & (POLLIN | POLLERR), 0);
}

static void v2_expect_fd_ended(struct vf *vf, const char *when)
{
	(void)vf;
	v2_expect_ended(data_fd, when);
}

const struct protocol ways[NR_WAYS] = {
	[BY_V1] = {
		.name = "v1",
		.place = {
			[TO_STOP] = STATE_STOP,
			[TO_RUNNING] = STATE_RUNNING,
			[TO_STOP_COPY] = STATE_STOP_COPY,
			[TO_PRE_COPY] = STATE_PRE_COPY,
			[TO_RESUMING] = STATE_RESUMING,
			[IN_ERROR] = STATE_ERROR,
			[NOT_STOPPED] = STATE_RUNNING,
			[NOT_STOPPED_PRE_COPY] = STATE_PRE_COPY,
		},
		.step_failed = -EFAULT,
		.not_loaded = -EFAULT,
		.need_pre_copy = v1_need_pre_copy,
		.set = vf_set_state,
		.get = vf_state,
		.drain = v1_drain,
		.piece = v1_piece,
		.look = v1_look,
		.left = vf_pending,
		.fill = v1_fill,
		.expect_failed = v1_expect_failed,
		.expect_ended = v1_expect_ended,
	},
	[BY_V2] = {
		.name = "v2",
		.place = {
			[TO_STOP] = V2_STOP,
			[TO_RUNNING] = V2_RUNNING,
			[TO_STOP_COPY] = V2_STOP_COPY,
			[TO_PRE_COPY] = V2_PRE_COPY,
			[TO_RESUMING] = V2_RESUMING,
			[IN_ERROR] = V2_ERROR,
			[NOT_STOPPED] = V2_RUNNING_P2P,
			[NOT_STOPPED_PRE_COPY] = V2_PRE_COPY_P2P,
		},
		.step_failed = -EIO,
		.not_loaded = -EINVAL,
		.need_pre_copy = v2_need_pre_copy,
		.set = v2_set,
		.get = v2_state,
		.drain = v2_drain_now,
		.piece = v2_piece,
		.look = v2_look,
		.left = v2_left,
		.fill = v2_fill_now,
		.expect_failed = v2_expect_failed,
		.expect_ended = v2_expect_fd_ended,
	},
};

int way_try(const struct protocol *by, struct vf *vf, enum place to)
{
	return by->set(vf, by->place[to]);
}

bool way_in(const struct protocol *by, struct vf *vf, enum place place)
{
	return by->get(vf) == by->place[place];
}

void way_go(const struct protocol *by, struct vf *vf, enum place to)
{
	uint32_t from = by->get(vf);
	int ret = way_try(by, vf, to);

	ASSERT_EQ(ret, 0, "%s, %u to %u: %s", by->name, from, by->place[to],
		  ret ? core_text(vf->bdf, "last_error") : "");
	ASSERT_EQ(by->get(vf), by->place[to], "%s, from %u", by->name, from);
}

void way_pre_copy(const struct protocol *by, struct vf *vf, struct bytes *to)
{
	by->need_pre_copy(vf);
	way_go(by, vf, TO_PRE_COPY);
	ASSERT_EQ(by->drain(vf, to), 0, "%s", by->name);
}

void way_stop_copy(const struct protocol *by, struct vf *vf, struct bytes *to)
{
	way_go(by, vf, TO_STOP_COPY);
	ASSERT_EQ(by->drain(vf, to), 0, "%s", by->name);
}

void way_save(const struct protocol *by, struct vf *vf, struct bytes *to)
{
	way_stop_copy(by, vf, to);
	way_go(by, vf, TO_RUNNING);
}

void way_load(const struct protocol *by, struct vf *vf,
	      const struct bytes *from)
{
	way_go(by, vf, TO_RESUMING);
	ASSERT_EQ(by->fill(vf, from->at, from->len), 0, "%s", by->name);
}

void way_need_whole_transfer(const struct protocol *by)
{
	struct bytes stream = {};

	way_save(by, &vf, &stream);
	way_load(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
	bytes_free(&stream);
}

void expect_said_alike(struct vf *vf, size_t state, const char *what)
{
	struct bytes first = {}, again = {};

	for (size_t i = 0; i < 2 * NR_WAYS; i++) {
		const struct protocol *by = &ways[i % NR_WAYS];

		again.len = 0;
		if (i < NR_WAYS)
			way_go(by, vf, TO_STOP);
		way_save(by, vf, &again);
		if (!i)
			bytes_add(&first, again.at, again.len);
		EXPECT_GT(again.len, state, "%s", what);
		bytes_expect_same(&again, &first, what);
	}
	bytes_free(&first);
	bytes_free(&again);
	v2_close_all();
}

/* As after a reset, but never twice the same. */
static void make_blank(struct vf *vf)
{
	static unsigned int seed = 1000;

	if (is_mock(vf->bdf))
		mock_setn(vf->bdf, "seed", seed++);
	ASSERT_EQ(vf_reset(vf), 0);
	change_register(vf);
}

/* Loads a stream, and has what has come of it said instead. */
static void load_and_save(const struct protocol *by, struct vf *vf,
			  struct bytes *stream)
{
	make_blank(vf);
	way_load(by, vf, stream);
	way_go(by, vf, TO_STOP);
	bytes_free(stream);
	way_save(by, vf, stream);
}

void move_and_compare(struct vf *from, struct vf *to,
		      const struct protocol *out, const struct protocol *in,
		      const char *what)
{
	struct bytes stream = {}, moved = {};

	way_go(out, from, TO_STOP);
	way_save(out, from, &stream);

	bytes_add(&moved, stream.at, stream.len);
	load_and_save(in, to, &moved);
	/* Cut elsewhere where the windows differ, but of one state. */
	if (to->area_len == from->area_len)
		bytes_expect_same(&moved, &stream, what);

	/* And back, as the other side would have said it. */
	load_and_save(out, from, &moved);
	bytes_expect_same(&moved, &stream, what);
	bytes_free(&stream);
	bytes_free(&moved);
	v2_close_all();
}

void move_all_ways(struct vf *from, struct vf *to, const char *what)
{
	char way[96];

	for (size_t i = 0; i < NR_WAYS * NR_WAYS; i++) {
		const struct protocol *out = &ways[i / NR_WAYS];
		const struct protocol *in = &ways[i % NR_WAYS];

		snprintf(way, sizeof(way), "%s, %s to %s", what, out->name,
			 in->name);
		move_and_compare(from, to, out, in, way);
	}
}
