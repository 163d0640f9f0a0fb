// SPDX-License-Identifier: GPL-2.0-only
/*
 * One save: the stream is laid into the window chunk by chunk.
 *
 * A chunk is IDLE, STAGED (in the window, its size not yet told) or OFFERED
 * (its size told, so the user may have copied it). Only what was offered is
 * ever retired; a change of state leaves a staged chunk staged, so that the
 * next phase starts with it and no byte is lost.
 *
 * A user that reads takes a staged chunk byte by byte instead, and with the
 * last one it is IDLE again. The bytes and the chunks are the same.
 *
 * A record never spans two chunks, so that a backend writes it where the user
 * reads it. The stream does not depend on that.
 *
 * All of this runs under the engine's lock.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

#include "backend.h"
#include "device.h"
#include "session.h"
#include "stream.h"
#include "trace.h"
#include "window.h"

enum vfmig_chunk_state {
	VFMIG_CHUNK_IDLE,
	VFMIG_CHUNK_STAGED,
	VFMIG_CHUNK_OFFERED,
};

struct vfmig_save {
	struct vfmig_device *vm;
	struct vfmig_window *window;
	enum vfmig_phase phase;
	enum vfmig_chunk_state chunk;
	size_t chunk_len;
	size_t chunk_taken;	/* bytes of it that were taken */
	u64 taken;		/* bytes of the whole stream that were */
	/* Where in the stream initial_bytes ends; only ever comes down. */
	u64 initial_end;
	struct vfmig_writer writer;
	u32 longest;	/* payload so far */
	bool head_out;
	bool end_out;
	/* The backend said so itself, whatever it says is left in this phase. */
	bool dry;
	int err;	/* of the backend, in mid-stream: the rest is missing */
};

/**
 * vfmig_save_begin - start a save
 * @vm: the device
 * @win: the window it goes through
 * @phase: the phase it starts in
 *
 * Context: under the engine lock.
 * Return: the save, or an ERR_PTR.
 */
struct vfmig_save *vfmig_save_begin(struct vfmig_device *vm,
				    struct vfmig_window *win,
				    enum vfmig_phase phase)
{
	struct vfmig_save *save;
	int ret;

	lockdep_assert_held(&vm->lock);

	save = kzalloc(sizeof(*save), GFP_KERNEL_ACCOUNT);
	if (!save)
		return ERR_PTR(-ENOMEM);
	save->vm = vm;
	save->phase = phase;
	save->initial_end = U64_MAX;

	ret = vfmig_backend_save_begin(vm, phase, win);
	if (ret) {
		kfree(save);
		return ERR_PTR(ret);
	}
	save->window = vfmig_window_get(win);
	return save;
}

/**
 * vfmig_save_last_phase - go from pre-copy to stop-and-copy
 * @save: the save, in pre-copy
 *
 * Context: under the engine lock; the device is frozen.
 * Return: 0, or a negative errno and the save is where it was.
 */
int vfmig_save_last_phase(struct vfmig_save *save)
{
	struct vfmig_device *vm = save->vm;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (save->err)
		return vfmig_fail(vm, save->err,
				  "the save has failed before, in pre-copy: cancel the migration and start it again");

	ret = vfmig_backend_save_begin(vm, VFMIG_STOP_COPY, save->window);
	if (ret)
		return ret;

	/* What was offered may have been copied, and is not said again. */
	vfmig_save_retire(save);
	save->phase = VFMIG_STOP_COPY;
	save->dry = false;
	return 0;
}

/**
 * vfmig_save_end - a save is over, complete or not
 * @save: the save, or NULL; freed
 *
 * Context: under the engine lock.
 */
void vfmig_save_end(struct vfmig_save *save)
{
	if (!save)
		return;
	lockdep_assert_held(&save->vm->lock);
	vfmig_backend_save_end(save->vm);
	vfmig_window_put(save->window);
	kfree(save);
}

/* The window that a save goes through. */
const struct vfmig_window *vfmig_save_window(const struct vfmig_save *save)
{
	return save->window;
}

/**
 * vfmig_save_retire - the user is done with what it was offered
 * @save: the save
 *
 * Context: under the engine lock. A chunk that was only staged stays.
 */
void vfmig_save_retire(struct vfmig_save *save)
{
	lockdep_assert_held(&save->vm->lock);
	if (save->chunk == VFMIG_CHUNK_OFFERED)
		save->chunk = VFMIG_CHUNK_IDLE;
}

/*
 * Of the bytes that are pending those that were there from the beginning. What
 * is less now than was thought was estimated too high, and is not said again.
 */
static u64 vfmig_initial_left(struct vfmig_save *save, u64 pending)
{
	u64 left = save->initial_end - min(save->initial_end, save->taken);

	if (pending < left) {
		left = pending;
		save->initial_end = save->taken + pending;
	}
	return left;
}

/* Bytes of payload that the backend has yet to say in this phase. */
static u64 vfmig_save_left(struct vfmig_save *save)
{
	struct vfmig_device *vm = save->vm;

	/* Pairs with vfmig_more(). */
	if (save->phase == VFMIG_PRE_COPY && READ_ONCE(vm->more) &&
	    xchg(&vm->more, 0))
		save->dry = false;
	if (save->dry || save->end_out)
		return 0;
	if (vfmig_backend_one_record(vm))
		return save->phase == VFMIG_STOP_COPY ? vm->ops->min_record : 0;
	return vfmig_backend_save_left(vm);
}

static u64 vfmig_save_unstaged(const struct vfmig_save *save, u64 left)
{
	u64 bytes = 0;

	if (!save->head_out)
		bytes += vfmig_head_len(save->vm->identity);
	if (left)
		bytes += left + VFMIG_STREAM_RECORD_LEN;
	if (save->phase == VFMIG_STOP_COPY && !save->end_out)
		bytes += VFMIG_STREAM_END_LEN;
	return bytes;
}

/**
 * vfmig_save_pending - what the user has yet to take in this phase
 * @save: the save
 * @bytes: set to their number; an estimate, but 0 exactly when nothing is left
 *
 * Context: under the engine lock.
 * Return: 0, or the errno with which the save has failed.
 */
int vfmig_save_pending(struct vfmig_save *save, u64 *bytes)
{
	lockdep_assert_held(&save->vm->lock);

	if (save->err)
		return save->err;
	*bytes = vfmig_save_unstaged(save, vfmig_save_left(save));
	if (save->chunk != VFMIG_CHUNK_IDLE)
		*bytes += save->chunk_len - save->chunk_taken;
	return 0;
}

/* Bytes of the window worth having pages for, given what is left to say. */
static size_t vfmig_save_room(struct vfmig_save *save, u64 bytes)
{
	struct vfmig_device *vm = save->vm;
	size_t least = vfmig_head_len(vm->identity) +
		       vfmig_record_len(vm->ops->min_record);

	return PAGE_ALIGN(min_t(u64, max_t(u64, bytes, least),
				vfmig_window_size(save->window)));
}

/*
 * Lays one record of the backend at @buf. Returns the bytes it takes, 0 where
 * the phase has nothing more to say, or a negative errno.
 */
static ssize_t vfmig_save_record(struct vfmig_save *save, void *buf,
				 size_t room)
{
	struct vfmig_device *vm = save->vm;
	u32 payload_room = min_t(size_t, room - VFMIG_STREAM_RECORD_LEN,
				 VFMIG_RECORD_MAX) & ~7U;
	struct vfmig_record rec = {
		.room = payload_room,
		.data = buf + VFMIG_STREAM_RECORD_LEN,
	};
	int ret;

	ret = vfmig_backend_save(vm, &rec);
	if (ret)
		return vfmig_fail(vm, ret, "could not save record %u",
				  save->writer.records);
	if (!rec.len)
		return 0;
	if (WARN_ON_ONCE(rec.len > payload_room ||
			 rec.type < VFMIG_RECORD_BACKEND))
		return vfmig_fail(vm, -EIO, "invalid record: type %#x, %u of %u bytes",
				  rec.type, rec.len, payload_room);

	trace_vfmig_record(pci_name(vm->core->pdev), true, rec.type,
			   save->writer.records, rec.len);
	vfmig_access_part(vm)->records++;
	save->longest = max(save->longest, rec.len);
	return vfmig_seal_record(&save->writer, buf, &rec);
}

/*
 * Lays records at @buf while the backend has any, and no longer than it should.
 * Returns the bytes they take or a negative errno; @left is what is left then.
 */
static ssize_t vfmig_save_records(struct vfmig_save *save, void *buf,
				  size_t room, u64 *left)
{
	struct vfmig_device *vm = save->vm;
	size_t least = vfmig_record_len(vm->ops->min_record);
	size_t pos = 0;
	ssize_t n;

	while (*left && room - pos >= least) {
		n = vfmig_save_record(save, buf + pos, room - pos);
		if (n < 0)
			return n;
		if (!n || vfmig_backend_one_record(vm))
			save->dry = true;
		pos += n;
		*left = vfmig_save_left(save);
		cond_resched();
		/* Better a short chunk now than a long one too late. */
		if (vfmig_access_half_over(vm) || vfmig_must_stop(vm))
			break;
	}
	return pos;
}

static int vfmig_save_fill_chunk(struct vfmig_save *save, u64 left)
{
	struct vfmig_device *vm = save->vm;
	u64 bytes = vfmig_save_unstaged(save, left);
	size_t room = vfmig_save_room(save, bytes);
	size_t pos = 0;
	ssize_t n;
	void *va;

	va = vfmig_window_map(save->window, room);
	if (!va)
		return vfmig_fail(vm, -ENOMEM, "could not map %zu bytes of the window",
				  room);

	if (!save->head_out) {
		vfmig_put_head(va, vm->identity);
		pos += vfmig_head_len(vm->identity);
		save->head_out = true;
		vfmig_initial_left(save, bytes);
	}

	n = vfmig_save_records(save, va + pos, room - pos, &left);
	if (n < 0) {
		save->err = n;
		return n;
	}
	pos += n;

	if (save->phase == VFMIG_STOP_COPY && !left &&
	    room - pos >= VFMIG_STREAM_END_LEN) {
		pos += vfmig_put_end(&save->writer, va + pos);
		save->end_out = true;
	}

	/* QEMU takes an empty chunk for the end of the stream. */
	if (!pos)
		pos = vfmig_put_pad(&save->writer, va);

	save->chunk_len = pos;
	save->chunk_taken = 0;
	save->chunk = VFMIG_CHUNK_STAGED;
	return 0;
}

/**
 * vfmig_save_stage - see to it that a chunk is in the window
 * @save: the save
 *
 * Nothing is staged where nothing is left to say, nor over a chunk that is
 * there already.
 *
 * Context: under the engine lock; calls the backend.
 * Return: 0, or a negative errno.
 */
int vfmig_save_stage(struct vfmig_save *save)
{
	struct vfmig_device *vm = save->vm;
	struct vfmig_part_stats *part;
	ktime_t start = ktime_get();
	u64 left;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (save->err)
		return save->err;
	if (save->chunk != VFMIG_CHUNK_IDLE)
		return 0;
	left = vfmig_save_left(save);
	if (!vfmig_save_unstaged(save, left))
		return 0;

	ret = vfmig_save_fill_chunk(save, left);
	part = vfmig_access_part(vm);
	part->busy_ns += ktime_to_ns(ktime_sub(ktime_get(), start));
	if (!ret) {
		part->chunks++;
		part->bytes += save->chunk_len;
	}
	trace_vfmig_chunk(pci_name(vm->core->pdev), true, save->chunk_len, ret);
	return ret;
}

/**
 * vfmig_save_offer - tell the user the size of the chunk in the window
 * @save: the save
 * @bytes: set to the size, or to 0 where nothing is left to say
 *
 * Context: under the engine lock; calls the backend.
 * Return: 0, or a negative errno.
 */
int vfmig_save_offer(struct vfmig_save *save, u64 *bytes)
{
	int ret = vfmig_save_stage(save);

	if (ret)
		return ret;
	*bytes = 0;
	if (save->chunk == VFMIG_CHUNK_IDLE)
		return 0;
	save->chunk = VFMIG_CHUNK_OFFERED;
	*bytes = save->chunk_len;
	return 0;
}

/**
 * vfmig_save_peek - where the next bytes of the stream are
 * @save: the save
 * @pos: set to their place in the window, in bytes
 * @len: set to their number, or to 0 where nothing is left to say
 *
 * Context: under the engine lock; calls the backend.
 * Return: 0, or a negative errno.
 */
int vfmig_save_peek(struct vfmig_save *save, size_t *pos, size_t *len)
{
	int ret = vfmig_save_stage(save);

	if (ret)
		return ret;
	*pos = save->chunk_taken;
	*len = 0;
	if (save->chunk != VFMIG_CHUNK_IDLE)
		*len = save->chunk_len - save->chunk_taken;
	else
		vfmig_initial_left(save, 0);
	return 0;
}

/**
 * vfmig_save_take - the user has got the next bytes of the stream
 * @save: the save
 * @bytes: their number, at most that of vfmig_save_peek()
 *
 * Context: under the engine lock.
 */
void vfmig_save_take(struct vfmig_save *save, size_t bytes)
{
	lockdep_assert_held(&save->vm->lock);
	save->taken += bytes;
	save->chunk_taken += bytes;
	if (save->chunk_taken == save->chunk_len)
		save->chunk = VFMIG_CHUNK_IDLE;
}

/**
 * vfmig_save_split - what is pending, told apart
 * @save: the save, in pre-copy
 * @initial: set to the bytes not yet taken of those that were there from the
 *	beginning: the destination can check all of the source's identity, and
 *	has got most of its state, once there are none. Never rises
 * @dirty: set to the bytes that have come since
 *
 * Context: under the engine lock.
 * Return: 0, or the errno with which the save has failed.
 */
int vfmig_save_split(struct vfmig_save *save, u64 *initial, u64 *dirty)
{
	u64 pending;
	int ret = vfmig_save_pending(save, &pending);

	if (ret)
		return ret;
	*initial = vfmig_initial_left(save, pending);
	*dirty = pending - *initial;
	return 0;
}

/* With headers: as if all records were as long as the longest, or as can be. */
static u64 vfmig_in_records(const struct vfmig_device *vm, u64 payload)
{
	u64 each = min_t(u64, VFMIG_RECORD_MAX, vfmig_window_size(vm->window));

	if (!payload)
		return 0;
	if (vm->save && vm->save->longest)
		each = vm->save->longest;
	return payload + (div64_u64(payload, each) + 1) * VFMIG_STREAM_RECORD_LEN;
}

/**
 * vfmig_save_last_size - what stop-and-copy would have to say, begun now
 * @vm: the device, open, in any state
 *
 * Context: under the engine lock; calls the backend.
 * Return: bytes; an estimate.
 */
u64 vfmig_save_last_size(struct vfmig_device *vm)
{
	struct vfmig_save *save = vm->save;
	u64 bytes = VFMIG_STREAM_END_LEN;

	lockdep_assert_held(&vm->lock);

	if (!save)
		bytes += vfmig_head_len(vm->identity);
	else if (save->chunk != VFMIG_CHUNK_IDLE)
		bytes += save->chunk_len - save->chunk_taken;

	if (!save || save->phase == VFMIG_PRE_COPY)
		return bytes + vfmig_in_records(vm, vfmig_backend_save_size(vm));
	if (save->end_out)
		return bytes - VFMIG_STREAM_END_LEN;
	return bytes + vfmig_in_records(vm, vfmig_save_left(save));
}
