// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VF's context as a stream. What was read is cleared, what changes meanwhile is
 * new. It is written in pieces, and takes effect when Freeze is left. The draft's
 * commands and the messages of the SoC are two ways to it.
 */
#include "model.h"

size_t context_unread(const struct function *fn)
{
	return fn->member.pending->len - fn->member.read;
}

static void forget_what_was_read(struct member *member)
{
	g_byte_array_set_size(member->pending, 0);
	member->read = 0;
}

/* Bytes that are there to be read; 0 if nothing is new. */
size_t context_next(struct function *fn)
{
	if (!context_unread(fn)) {
		forget_what_was_read(&fn->member);
		context_generate(fn);
	}
	return context_unread(fn);
}

/* @len: at most what context_next() said. */
void context_read(struct function *fn, GByteArray *to, size_t len)
{
	struct member *member = &fn->member;

	g_byte_array_append(to, member->pending->data + member->read, len);
	member->read += len;
	if (!context_unread(fn))
		forget_what_was_read(member);
}

/* What is more than that is no context. */
size_t context_room(const struct function *fn)
{
	return CONTEXT_MAX - fn->member.written->len;
}

void context_write(struct function *fn, const uint8_t *data, size_t len)
{
	g_byte_array_append(fn->member.written, data, len);
}

void context_forget_written(struct function *fn)
{
	g_byte_array_set_size(fn->member.written, 0);
}

void context_discard(struct function *fn)
{
	forget_what_was_read(&fn->member);
	context_forget_written(fn);
	fn->member.filler = 0;
	context_is_new(fn, ALL_FIELDS);
}

/* That nobody has waited for, after what has been sent or promised. */
void context_grow(struct function *fn, uint32_t by)
{
	fn->member.filler = MIN(by, CONTEXT_MAX / 2);
}

/* False where that cannot be: it is still there, then. */
bool context_take_written(struct function *fn)
{
	if (!fn->member.written->len)
		return true;
	if (!context_load(fn))
		return false;
	context_forget_written(fn);
	context_is_new(fn, ALL_FIELDS);
	return true;
}

/* False where what was written cannot take effect: the mode is kept. */
bool member_set_mode(struct function *fn, enum ctx_mode mode)
{
	struct member *member = &fn->member;

	if (mode == member->mode)
		return true;
	if (member->mode == CTX_FREEZE && !context_take_written(fn))
		return false;
	member->mode = mode;
	if (mode == CTX_ACTIVE)
		blk_resume(fn);
	else
		blk_pause(fn);
	return true;
}
