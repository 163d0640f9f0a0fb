// SPDX-License-Identifier: GPL-2.0-only
/*
 * mock-vfio-pci - the backend's save
 *
 * It says, in this order: how large the state is and what it is made of
 * (shape), records that no destination knows if a knob asks for them, and the
 * bytes. In pre-copy it says everything once, then for a number of rounds what
 * the device has changed meanwhile; what it changes last, before it is
 * quiesced, is left for stop-and-copy.
 */
#include <linux/align.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "mock.h"

/**
 * mock_change - the running device changes, while nobody asks it
 * @mock: the device
 * @unused: for a file that is told something
 *
 * What is dirty belongs to the backend's calls; the next of them marks it.
 *
 * Returns 0, or -EINVAL where no change is said: not in pre-copy, or quiesced.
 */
int mock_change(struct mock_device *mock, const char *unused)
{
	bool running;

	spin_lock(&mock->lock);
	running = mock->session == MOCK_SAVING_PRE_COPY &&
		  mock->run == MOCK_RUNNING;
	if (running)
		mock->changed = true;
	spin_unlock(&mock->lock);
	if (!running)
		return -EINVAL;
	vfmig_more(mock->vpci.vm);
	return 0;
}

static void mock_mark_changes(struct mock_device *mock)
{
	bool changed;

	spin_lock(&mock->lock);
	changed = mock->changed;
	mock->changed = false;
	spin_unlock(&mock->lock);
	if (changed)
		mock_dirty_some(mock);
}

static void mock_save_start(struct mock_device *mock, enum vfmig_phase phase)
{
	bool follows = mock->session == MOCK_SAVING_PRE_COPY;

	if (follows) {
		mock_mark_changes(mock);
	} else {
		mock_plain_begin(mock);
		mock->said_shape = false;
		mock->said_extra = 0;
		mock->rounds = mock->knobs.rounds;
		mock->changed = false;
		mock->left = 0;
		bitmap_zero(mock->dirty, MOCK_MAX_BLOCKS);
	}
	if (phase == VFMIG_PRE_COPY) {
		mock->session = MOCK_SAVING_PRE_COPY;
		if (mock->rounds)
			mock_dirty_all(mock);
	} else {
		mock->session = MOCK_SAVING_STOP_COPY;
		if (!follows || !mock->knobs.rounds)
			mock_dirty_all(mock);
	}
}

int mock_save_begin(void *backend, enum vfmig_phase phase)
{
	struct mock_device *mock = backend;
	int ret;

	mock_enter(mock, MOCK_SAVE_BEGIN);
	if (phase == VFMIG_PRE_COPY) {
		mock_expect_now(mock, mock->session == MOCK_IDLE,
				"pre-copy begins a save");
	} else {
		mock_expect_now(mock, mock->run == MOCK_FROZEN,
				"stop-and-copy of a frozen device");
		mock_expect_now(mock, mock->session <= MOCK_SAVING_PRE_COPY,
				"stop-and-copy begins a save, or goes on");
	}
	ret = mock_trouble(mock, MOCK_SAVE_BEGIN);
	if (!ret)
		mock_save_start(mock, phase);
	return mock_leave(mock, MOCK_SAVE_BEGIN, 1 + phase, ret);
}

static unsigned int mock_extra_records(const struct mock_device *mock)
{
	return !!mock->knobs.extra_optional + !!mock->knobs.extra_mandatory;
}

/* With no rounds, pre-copy has nothing to say. */
static bool mock_silent(const struct mock_device *mock)
{
	return mock->session == MOCK_SAVING_PRE_COPY && !mock->left;
}

u64 mock_save_left(void *backend)
{
	struct mock_device *mock = backend;
	u64 left;

	mock_enter(mock, MOCK_SAVE_LEFT);
	mock_expect_now(mock, mock_saving(mock), "left of a save");
	mock_mark_changes(mock);
	left = mock->left;
	if (!mock_silent(mock)) {
		if (!mock->said_shape)
			left += sizeof(struct mock_shape);
		if (mock->said_extra < mock_extra_records(mock))
			left += sizeof(u64);
	}
	if (mock->knobs.overstate)
		left += sizeof(u64);
	mock_leave(mock, MOCK_SAVE_LEFT, 0, 0);
	return left;
}

static void mock_say_shape(struct mock_device *mock, struct vfmig_record *rec)
{
	struct mock_shape *shape = rec->data;

	rec->type = MOCK_RECORD_SHAPE;
	rec->flags = 0;
	rec->len = sizeof(*shape);
	shape->seed = cpu_to_le64(mock->content.seed);
	shape->size = cpu_to_le64(mock->content.size);
	mock->said_shape = true;
}

/* The optional one first, when both are asked for. */
static void mock_say_extra(struct mock_device *mock, struct vfmig_record *rec)
{
	bool optional = mock->knobs.extra_optional && !mock->said_extra;

	rec->type = MOCK_RECORD_UNKNOWN;
	rec->flags = optional ? VFMIG_RECORD_OPTIONAL : 0;
	rec->len = sizeof(u64);
	memset(rec->data, 0, rec->len);
	mock->said_extra++;
}

static void mock_say_bytes(struct mock_device *mock, struct vfmig_record *rec)
{
	u32 room = min_t(u64, mock->knobs.record,
			 rec->room - sizeof(struct mock_bytes));
	struct mock_bytes *bytes = rec->data;
	struct mock_extent extent;

	if (!mock_next_dirty(mock, room, &extent)) {
		rec->len = 0;
		return;
	}
	rec->type = MOCK_RECORD_BYTES;
	rec->flags = mock->knobs.no_crc ? VFMIG_RECORD_NO_CRC : 0;
	rec->len = sizeof(*bytes) + extent.len;
	bytes->offset = cpu_to_le64(extent.offset);
	bytes->generation = cpu_to_le32(extent.generation);
	bytes->reserved = 0;
	mock_put_content(mock, &extent, bytes->content);
}

/* All is said of what has changed so far: now, if it runs, it changes more. */
void mock_next_round(struct mock_device *mock)
{
	if (mock->session != MOCK_SAVING_PRE_COPY || mock->left ||
	    mock->run != MOCK_RUNNING || mock->rounds <= 1)
		return;
	mock->rounds--;
	mock_dirty_some(mock);
}

int mock_save(void *backend, struct vfmig_record *rec)
{
	struct mock_device *mock = backend;
	int ret;

	mock_enter(mock, MOCK_SAVE);
	mock_expect_now(mock, mock_saving(mock), "save within a save");
	if (mock->session == MOCK_SAVING_PRE_COPY)
		mock_expect_now(mock, mock->run != MOCK_FROZEN,
				"pre-copy record of a device that lives");
	else
		mock_expect_now(mock, mock->run == MOCK_FROZEN,
				"stop-and-copy record of a frozen device");
	mock_expect_now(mock, rec->data && IS_ALIGNED((unsigned long)rec->data,
						      sizeof(u64)),
			"a record is aligned");
	mock_expect_now(mock, rec->room >= MOCK_MIN_RECORD,
			"a record has the room that was asked for");
	mock_expect_now(mock, rec->room <= VFMIG_RECORD_MAX,
			"a record has a limit");

	ret = mock_trouble(mock, MOCK_SAVE);
	if (!ret) {
		if (mock_silent(mock))
			rec->len = 0;
		else if (!mock->said_shape)
			mock_say_shape(mock, rec);
		else if (mock->said_extra < mock_extra_records(mock))
			mock_say_extra(mock, rec);
		else
			mock_say_bytes(mock, rec);

		mock_next_round(mock);
	}
	return mock_leave(mock, MOCK_SAVE, 0, ret);
}

/* What pre-copy has said is said, but for what changes until the end. */
u64 mock_save_size(void *backend)
{
	struct mock_device *mock = backend;
	u64 size = mock->content.size;

	mock_enter(mock, MOCK_SAVE_SIZE);
	mock_expect_now(mock, mock->opened, "size of an open device");
	mock_expect_now(mock, mock->session != MOCK_SAVING_STOP_COPY,
			"size before stop-and-copy");
	if (mock->session == MOCK_SAVING_PRE_COPY && mock->knobs.rounds)
		size = mock->left + mock_churn(mock);
	/* Each record says what it has. */
	size += DIV_ROUND_UP_ULL(size, (u32)mock->knobs.record) *
		sizeof(struct mock_bytes);
	mock_leave(mock, MOCK_SAVE_SIZE, 0, 0);
	return size;
}

void mock_save_end(void *backend)
{
	struct mock_device *mock = backend;

	mock_enter(mock, MOCK_SAVE_END);
	mock_expect_now(mock, mock_saving(mock), "the end of a save");
	mock->session = MOCK_IDLE;
	mock_leave(mock, MOCK_SAVE_END, 0, 0);
}
