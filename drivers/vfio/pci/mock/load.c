// SPDX-License-Identifier: GPL-2.0-only
/*
 * mock-vfio-pci - the backend's load
 *
 * What comes in is checked to the last byte and then forgotten, but for the
 * numbers that describe it; the commit makes these the device's own.
 */
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "mock.h"

int mock_load_begin(void *backend)
{
	struct mock_device *mock = backend;
	int ret;

	mock_enter(mock, MOCK_LOAD_BEGIN);
	mock_expect_now(mock, mock->run == MOCK_FROZEN,
			"load into a frozen device");
	mock_expect_now(mock, mock->session == MOCK_IDLE,
			"load begins a transfer");
	ret = mock_trouble(mock, MOCK_LOAD_BEGIN);
	if (ret)
		goto out;

	mock->incoming.size = 0;
	mock->incoming.generation = kvcalloc(MOCK_MAX_BLOCKS, sizeof(u32),
					     GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	mock->arrived = bitmap_zalloc(MOCK_MAX_BLOCKS, GFP_KERNEL_ACCOUNT);
	mock->partial_len = 0;
	if (!mock->incoming.generation || !mock->arrived) {
		kvfree(mock->incoming.generation);
		bitmap_free(mock->arrived);
		ret = -ENOMEM;
		goto out;
	}
	mock->session = MOCK_LOADING;
out:
	return mock_leave(mock, MOCK_LOAD_BEGIN, 0, ret);
}

static int mock_load_shape(struct mock_device *mock,
			   const struct vfmig_record *rec)
{
	const struct mock_shape *shape = rec->data;
	struct mock_content *content = &mock->incoming;

	if (rec->len != sizeof(*shape))
		return vfmig_fail(mock->vpci.vm, -EINVAL,
				  "the shape record has %u bytes instead of %zu",
				  rec->len, sizeof(*shape));
	if (content->size)
		return vfmig_fail(mock->vpci.vm, -EINVAL, "a second shape record");
	if (!mock_size_is_valid(le64_to_cpu(shape->size)))
		return vfmig_fail(mock->vpci.vm, -EINVAL, "invalid size of the state: %llu bytes",
				  le64_to_cpu(shape->size));

	content->seed = le64_to_cpu(shape->seed);
	content->size = le64_to_cpu(shape->size);
	content->block_shift = mock_block_shift(content->size);
	return 0;
}

/* Where the bytes of a record belong, that are to follow its head. */
static int mock_place(struct mock_device *mock, const struct vfmig_record *rec,
		      struct mock_extent *extent)
{
	const struct mock_bytes *bytes = rec->data;

	if (!mock->incoming.size)
		return vfmig_fail(mock->vpci.vm, -EINVAL, "a bytes record before the shape record");
	if (rec->len < sizeof(*bytes) || bytes->reserved)
		return vfmig_fail(mock->vpci.vm, -EINVAL, "the bytes record has no valid header");

	extent->offset = le64_to_cpu(bytes->offset);
	extent->generation = le32_to_cpu(bytes->generation);
	extent->len = rec->len - sizeof(*bytes);
	if (!mock_covers(&mock->incoming, extent))
		return vfmig_fail(mock->vpci.vm, -EINVAL,
				  "%u bytes at offset %llu are outside of the state",
				  extent->len, extent->offset);
	return 0;
}

static int mock_take(struct mock_device *mock, const struct mock_extent *extent,
		     const void *from)
{
	if (mock_take_content(mock, extent, from))
		return 0;
	return vfmig_fail(mock->vpci.vm, -EINVAL, "wrong content at offset %llu",
			  extent->offset);
}

static int mock_taken(struct mock_device *mock,
		      const struct mock_extent *extent)
{
	if (!mock_arrive(mock, extent))
		return 0;
	return vfmig_fail(mock->vpci.vm, -EINVAL, "bytes out of order at offset %llu",
			  extent->offset);
}

static int mock_load_bytes(struct mock_device *mock,
			   const struct vfmig_record *rec)
{
	const struct mock_bytes *bytes = rec->data;
	struct mock_extent extent;

	return mock_place(mock, rec, &extent) ?:
	       mock_take(mock, &extent, bytes->content) ?:
	       mock_taken(mock, &extent);
}

static int mock_load_bytes_piece(struct mock_device *mock,
				 const struct vfmig_record *rec,
				 const struct vfmig_piece *piece)
{
	struct mock_extent extent, some;
	int ret;

	ret = mock_place(mock, rec, &extent);
	if (ret)
		return ret;
	some = extent;
	some.offset += piece->at - sizeof(struct mock_bytes);
	some.len = piece->len;
	ret = mock_take(mock, &some, piece->data);
	if (ret || piece->at + piece->len < rec->len)
		return ret;
	return mock_taken(mock, &extent);
}

static int mock_load_record(struct mock_device *mock,
			    const struct vfmig_record *rec)
{
	switch (rec->type) {
	case MOCK_RECORD_SHAPE:
		return mock_load_shape(mock, rec);
	case MOCK_RECORD_BYTES:
		return mock_load_bytes(mock, rec);
	default:
		return -EOPNOTSUPP;
	}
}

int mock_load(void *backend, const struct vfmig_record *rec)
{
	struct mock_device *mock = backend;
	int ret;

	mock_enter(mock, MOCK_LOAD);
	mock_expect_now(mock, mock->session == MOCK_LOADING,
			"load within a load");
	mock_expect_now(mock, mock->run == MOCK_FROZEN,
			"load into a frozen device");
	mock_expect_now(mock, rec->len <= VFMIG_RECORD_MAX,
			"a record is bounded");
	mock_expect_now(mock, IS_ALIGNED((unsigned long)rec->data, sizeof(u64)),
			"a record is aligned");
	ret = mock_trouble(mock, MOCK_LOAD);
	if (!ret)
		ret = mock_load_record(mock, rec);
	return mock_leave(mock, MOCK_LOAD, 0, ret);
}

int mock_load_piece(void *backend, const struct vfmig_record *rec,
		    const struct vfmig_piece *piece)
{
	u32 head = min_t(u32, rec->len, sizeof(struct mock_bytes));
	struct mock_device *mock = backend;
	int ret;

	mock_enter(mock, MOCK_LOAD_PIECE);
	mock_expect_now(mock, mock->session == MOCK_LOADING,
			"load within a load");
	mock_expect_now(mock, mock->run == MOCK_FROZEN,
			"load into a frozen device");
	mock_expect_now(mock, rec->flags & VFMIG_RECORD_NO_CRC,
			"pieces of bulk");
	mock_expect_now(mock,
			piece->at == head || piece->at == mock->piece_due,
			"pieces without a gap");
	mock_expect_now(mock, piece->len <= rec->len - piece->at,
			"pieces of a record");
	mock->piece_due = piece->at + piece->len;
	ret = mock_trouble(mock, MOCK_LOAD_PIECE);
	if (!ret)
		ret = rec->type == MOCK_RECORD_BYTES ?
		      mock_load_bytes_piece(mock, rec, piece) : -EOPNOTSUPP;
	return mock_leave(mock, MOCK_LOAD_PIECE, 0, ret);
}

int mock_load_commit(void *backend)
{
	struct mock_device *mock = backend;
	int ret;

	mock_enter(mock, MOCK_LOAD_COMMIT);
	mock_expect_now(mock, mock->session == MOCK_LOADING,
			"one commit in a load");
	mock_expect_now(mock, mock->run == MOCK_FROZEN,
			"commit to a frozen device");
	ret = mock_trouble(mock, MOCK_LOAD_COMMIT);
	if (ret)
		goto out;
	if (!mock->incoming.size || !mock_all_arrived(mock)) {
		ret = vfmig_fail(mock->vpci.vm, -EINVAL, "parts of the state did not come");
		goto out;
	}

	spin_lock(&mock->lock);
	swap(mock->content, mock->incoming);
	mock->session = MOCK_LOADED;
	spin_unlock(&mock->lock);
out:
	return mock_leave(mock, MOCK_LOAD_COMMIT, 0, ret);
}

void mock_load_end(void *backend)
{
	struct mock_device *mock = backend;

	mock_enter(mock, MOCK_LOAD_END);
	mock_expect_now(mock, mock_loading(mock), "the end of a load");
	kvfree(mock->incoming.generation);
	mock->incoming.generation = NULL;
	bitmap_free(mock->arrived);
	mock->arrived = NULL;
	mock->session = MOCK_IDLE;
	mock_leave(mock, MOCK_LOAD_END, 0, 0);
}
