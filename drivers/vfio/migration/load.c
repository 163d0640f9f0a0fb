// SPDX-License-Identifier: GPL-2.0-only
/*
 * One load: bytes from the window are read as a stream and handed on to the
 * backend record by record.
 *
 * The backend's own load is begun with the first byte and ended with the last
 * one, or with the first error. So a load that may be left (whole, or with not
 * one byte) has nothing open in the backend.
 *
 * All of this runs under the engine's lock.
 */
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vfio_pci_core.h>

#include "backend.h"
#include "device.h"
#include "session.h"
#include "stream.h"
#include "trace.h"
#include "window.h"

/*
 * Bytes that are read between two looks at the clock: as many as a record has with
 * the end of the one before, so that what is in the window of one comes in one piece.
 */
#define AT_ONCE		((size_t)VFMIG_RECORD_MAX + VFMIG_STREAM_RECORD_LEN + 8)

struct vfmig_load {
	struct vfmig_device *vm;
	struct vfmig_window *window;
	/* Not one byte has come. */
	bool empty;
	/* A head has come. */
	bool headed;
	/* The backend's load is open. */
	bool begun;
	bool whole;
	bool failed;
	/* The backend does not know the record whose pieces are coming. */
	bool skipping;
	/* Records that the backend has taken. */
	u64 taken;
	void *payload;
	struct vfmig_reader reader;
};

/**
 * vfmig_load_begin - get ready for a load
 * @vm: the device, frozen
 * @win: the window it goes through
 *
 * Context: under the engine lock.
 * Return: the load, or an ERR_PTR.
 */
struct vfmig_load *vfmig_load_begin(struct vfmig_device *vm,
				    struct vfmig_window *win)
{
	struct vfmig_load *load;

	lockdep_assert_held(&vm->lock);

	load = kzalloc(sizeof(*load), GFP_KERNEL_ACCOUNT);
	if (!load)
		return ERR_PTR(-ENOMEM);
	load->vm = vm;
	load->empty = true;
	load->window = vfmig_window_get(win);
	vfmig_reader_init(&load->reader);
	if (vm->ops->load_piece)
		vfmig_reader_by_pieces(&load->reader, vm->ops->bulk_head);
	return load;
}

static void vfmig_load_close_backend(struct vfmig_load *load)
{
	if (load->begun)
		vfmig_backend_load_end(load->vm);
	load->begun = false;
	vfmig_reader_give(&load->reader, NULL, 0);
	kvfree(load->payload);
	load->payload = NULL;
}

/**
 * vfmig_load_end - a load is over, complete or not
 * @load: the load, or NULL; freed
 *
 * Context: under the engine lock.
 */
void vfmig_load_end(struct vfmig_load *load)
{
	if (!load)
		return;
	lockdep_assert_held(&load->vm->lock);
	vfmig_load_close_backend(load);
	vfmig_window_put(load->window);
	kfree(load);
}

/* The window that a load goes through. */
const struct vfmig_window *vfmig_load_window(const struct vfmig_load *load)
{
	return load->window;
}

/**
 * vfmig_load_may_leave - is there nothing half done?
 * @load: the load
 *
 * Return: true where the stream was whole and is in the device, or where not
 * one byte came and the device is as it was.
 */
bool vfmig_load_may_leave(const struct vfmig_load *load)
{
	return load->whole || load->empty;
}

/**
 * vfmig_load_whole - is the stream in the device?
 * @load: the load
 *
 * Return: true where it was whole and was taken.
 */
bool vfmig_load_whole(const struct vfmig_load *load)
{
	return load->whole;
}

/**
 * vfmig_load_failed - is there nothing to be expected of a load any more?
 * @load: the load
 *
 * Return: true where what has come is not right, and only a reset leads out;
 * false where what could not be taken can be tried again.
 */
bool vfmig_load_failed(const struct vfmig_load *load)
{
	return load->failed;
}

static int vfmig_load_check_identity(struct vfmig_load *load)
{
	const struct vfmig_identity *source = &load->reader.identity;
	const struct vfmig_identity *here = load->vm->identity;
	const struct vfmig_fact *theirs, *ours;
	struct vfmig_device *vm = load->vm;
	const char *why;
	u16 fact;

	if (!vfmig_identity_match(source, here, &why, &fact))
		return 0;
	if (!fact)
		return vfmig_fail(vm, -EINVAL,
				  "%s: %*pE version %u at the source, %s version %u here",
				  why, (int)strlen(source->backend),
				  source->backend, source->version,
				  here->backend, here->version);
	theirs = vfmig_find_fact(source, fact);
	ours = vfmig_find_fact(here, fact);
	if (!theirs || !ours)
		return vfmig_fail(vm, -EINVAL, "%s: fact %#x", why, fact);
	return vfmig_fail(vm, -EINVAL,
			  "%s: %s (fact %#x), %#llx at the source, %#llx here",
			  why, ours->name, fact, theirs->value, ours->value);
}

static int vfmig_load_begin_backend(struct vfmig_load *load)
{
	struct vfmig_device *vm = load->vm;
	int ret;

	ret = vfmig_backend_load_begin(vm, load->window);
	if (ret)
		return vfmig_fail(vm, ret, "could not start the load");
	load->begun = true;
	load->skipping = false;
	load->taken = 0;
	return 0;
}

/*
 * With a second head the source has begun its save anew: its guest was paused
 * and continued, or its device reset. What came before is void.
 */
static int vfmig_load_begin_stream(struct vfmig_load *load)
{
	int ret;

	if (load->headed) {
		vfmig_load_close_backend(load);
		ret = vfmig_load_begin_backend(load);
		if (ret)
			return ret;
	}
	load->headed = true;
	return vfmig_load_check_identity(load);
}

static int vfmig_load_alloc_payload(struct vfmig_load *load)
{
	/* The length is the user's choice: no reason to fill the log. */
	void *payload = kvmalloc(load->reader.need,
				 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);

	if (!payload)
		return vfmig_fail(load->vm, -ENOMEM,
				  "could not allocate %u bytes for record %u",
				  load->reader.need, load->reader.records);
	kvfree(load->payload);
	load->payload = payload;
	vfmig_reader_give(&load->reader, payload, load->reader.need);
	return 0;
}

/* Once for each record. */
static void vfmig_load_count_record(struct vfmig_load *load, u32 seq)
{
	const struct vfmig_record *rec = &load->reader.record;
	struct vfmig_device *vm = load->vm;

	trace_vfmig_record(pci_name(vm->core->pdev), false, rec->type, seq,
			   rec->len);
	vfmig_access_part(vm)->records++;
}

/* What the backend has said of a record, or of the first piece of one. */
static int vfmig_load_check_result(struct vfmig_load *load, u32 seq, int ret)
{
	const struct vfmig_record *rec = &load->reader.record;
	struct vfmig_device *vm = load->vm;

	load->skipping = ret == -EOPNOTSUPP &&
			 rec->flags & VFMIG_RECORD_OPTIONAL;
	if (load->skipping)
		return 0;
	if (!ret && load->taken++ && vfmig_backend_one_record(vm))
		ret = vfmig_fail(vm, -EINVAL,
				 "the device's state comes twice, this device has one record");
	if (ret == -EOPNOTSUPP)
		vfmig_fail(vm, ret,
			   "this driver does not know the record's type, load the source's version of it");
	if (ret)
		return vfmig_fail(vm, ret, "record %u of type %#x was refused",
				  seq, rec->type);
	return 0;
}

static int vfmig_load_deliver(struct vfmig_load *load)
{
	struct vfmig_device *vm = load->vm;
	u32 seq = load->reader.records - 1;

	vfmig_load_count_record(load, seq);
	return vfmig_load_check_result(load, seq,
				       vfmig_backend_load(vm, &load->reader.record));
}

static int vfmig_load_deliver_piece(struct vfmig_load *load)
{
	const struct vfmig_piece *piece = &load->reader.piece;
	const struct vfmig_record *rec = &load->reader.record;
	bool first = piece->at <= load->vm->ops->bulk_head;
	struct vfmig_device *vm = load->vm;
	u32 seq = load->reader.records;
	int ret;

	if (first) {
		vfmig_load_count_record(load, seq);
		load->skipping = false;
	}
	if (load->skipping)
		return 0;
	ret = vfmig_backend_load_piece(vm, rec, piece);
	return first || ret ? vfmig_load_check_result(load, seq, ret) : 0;
}

static int vfmig_load_commit(struct vfmig_load *load)
{
	struct vfmig_device *vm = load->vm;
	ktime_t start = ktime_get();
	int ret;

	if (!load->taken && vfmig_backend_one_record(vm))
		return vfmig_fail(vm, -EINVAL,
				  "the stream has no state of the device, only its head and end");
	ret = vfmig_backend_load_commit(vm);
	vm->stats.commit_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	if (ret)
		return vfmig_fail(vm, ret, "could not load the state into the device");
	load->whole = true;
	vfmig_load_close_backend(load);
	return 0;
}

/* The stream is not right: the reader knows why. */
static int vfmig_load_refuse(struct vfmig_load *load, int err)
{
	const struct vfmig_reader *r = &load->reader;

	if (!load->headed)
		return vfmig_fail(load->vm, err, "%s", r->why);
	if (r->odd)
		return vfmig_fail(load->vm, err, "record %u: %s: %#llx",
				  r->records, r->why, r->value);
	return vfmig_fail(load->vm, err, "record %u: %s", r->records, r->why);
}

static int vfmig_load_dispatch(struct vfmig_load *load, int found)
{
	switch (found) {
	case VFMIG_FOUND_MORE:
		return 0;
	case VFMIG_FOUND_HEAD:
		return vfmig_load_begin_stream(load);
	case VFMIG_FOUND_ROOM:
		return vfmig_load_alloc_payload(load);
	case VFMIG_FOUND_RECORD:
		return vfmig_load_deliver(load);
	case VFMIG_FOUND_PIECE:
		return vfmig_load_deliver_piece(load);
	case VFMIG_FOUND_END:
		return vfmig_load_commit(load);
	default:
		return vfmig_load_refuse(load, found);
	}
}

/* What can be tried again, because not a byte has been taken. */
static const void *vfmig_load_prepare(struct vfmig_load *load, size_t bytes)
{
	struct vfmig_device *vm = load->vm;
	const void *va;
	int ret;

	va = vfmig_window_map(load->window, bytes);
	if (!va)
		return ERR_PTR(vfmig_fail(vm, -ENOMEM,
					  "could not map %zu bytes of the window",
					  bytes));

	if (load->empty && !load->begun) {
		ret = vfmig_load_begin_backend(load);
		if (ret)
			return ERR_PTR(ret);
	}
	return va;
}

/* What the sender has made of one access must not keep the caller for ever. */
static int vfmig_load_may_go_on(struct vfmig_load *load)
{
	int ret = vfmig_must_stop(load->vm);

	cond_resched();
	if (ret)
		return vfmig_fail(load->vm, ret, "given up before record %u",
				  load->reader.records);
	return 0;
}

static int vfmig_load_read(struct vfmig_load *load, const void *va,
			   size_t bytes)
{
	size_t pos = 0, used;
	int found, ret;

	do {
		found = vfmig_reader_feed(&load->reader, va + pos,
					  min(bytes - pos, AT_ONCE), &used);
		pos += used;
		/* Known before the device is touched, so said before. */
		if (found == VFMIG_FOUND_END && pos < bytes)
			return vfmig_fail(load->vm, -EINVAL,
					  "%zu bytes follow the end of the stream",
					  bytes - pos);
		ret = vfmig_load_dispatch(load, found);
		if (!ret && pos < bytes)
			ret = vfmig_load_may_go_on(load);
	} while (!ret && (found != VFMIG_FOUND_MORE || pos < bytes));
	return ret;
}

/**
 * vfmig_load_consume - take the next bytes of the stream from the window
 * @load: the load
 * @bytes: their number, from the start of the window; not more than its size
 *
 * The bytes that complete the stream also put it into the device, so that all
 * that can go wrong goes wrong here and not when the VM is started. Once the
 * stream has been found wrong nothing more is taken, and only a reset leads
 * out.
 *
 * Context: under the engine lock; calls the backend.
 * Return: 0, -EINVAL where the stream is not right, or the backend's errno.
 */
int vfmig_load_consume(struct vfmig_load *load, size_t bytes)
{
	struct vfmig_device *vm = load->vm;
	struct vfmig_part_stats *part = vfmig_access_part(vm);
	ktime_t start = ktime_get();
	const void *va;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (load->failed)
		return vfmig_fail(vm, -EINVAL,
				  "the load has failed already, reset the device to start over");
	if (!bytes)
		return 0;

	va = vfmig_load_prepare(load, bytes);
	if (IS_ERR(va))
		return PTR_ERR(va);

	load->empty = false;
	load->whole = false;
	ret = vfmig_load_read(load, va, bytes);
	if (ret) {
		load->failed = true;
		load->whole = false;
		vfmig_load_close_backend(load);
	}

	part->busy_ns += ktime_to_ns(ktime_sub(ktime_get(), start));
	part->bytes += bytes;
	part->chunks++;
	trace_vfmig_chunk(pci_name(vm->core->pdev), false, bytes, ret);
	return ret;
}
