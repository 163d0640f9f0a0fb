// SPDX-License-Identifier: GPL-2.0-only
/*
 * The draft's seven commands. A context is read as a stream: what was read is
 * cleared, what changes meanwhile is new. It is written in pieces, and takes
 * effect when Freeze is left.
 */
#include "model.h"

static void mode_get(struct command *command)
{
	command_result(command, &command->member->member.mode, 1);
}

/* Before anything is changed: a mode that cannot be left is kept. */
static bool may_leave_freeze(struct function *fn)
{
	struct member *member = &fn->member;

	if (!member->written->len)
		return true;
	if (!context_load(fn))
		return false;
	g_byte_array_set_size(member->written, 0);
	context_is_new(fn, ALL_FIELDS);
	return true;
}

static void mode_set(struct command *command)
{
	struct function *fn = command->member;
	struct member *member = &fn->member;
	uint8_t mode, old = member->mode;

	command_data(command, 0, &mode, sizeof(mode));
	if (mode > CTX_FREEZE) {
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
		return;
	}
	if (mode == old)
		return;
	if (old == CTX_FREEZE && !may_leave_freeze(fn)) {
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
		return;
	}
	member->mode = mode;
	if (mode == CTX_ACTIVE)
		blk_resume(fn);
	else
		blk_pause(fn);
}

static size_t unread(const struct member *member)
{
	return member->pending->len - member->read;
}

/* In Freeze nothing will change any more; before, what changes fast may yet. */
static void size_get(struct command *command)
{
	const unsigned int volatile_fields = (1u << FIELD_VQ_INDICES) | (1u << FIELD_IN_FLIGHT);
	struct function *fn = command->member;
	struct member *member = &fn->member;
	unsigned int fields = member->dirty;
	uint8_t freeze_mode;
	uint64_t size;
	__le64 le;

	command_data(command, 0, &freeze_mode, sizeof(freeze_mode));
	if (freeze_mode > 1) {
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
		return;
	}
	size = unread(member) + context_size(fn, fields);
	if (size && freeze_mode && member->mode != CTX_FREEZE)
		size = unread(member) + context_size(fn, fields | volatile_fields);
	le = cpu_to_le64(size);
	command_result(command, &le, sizeof(le));
}

static void forget_what_was_read(struct member *member)
{
	g_byte_array_set_size(member->pending, 0);
	member->read = 0;
}

static void ctx_read(struct command *command)
{
	struct function *fn = command->member;
	struct member *member = &fn->member;
	size_t len;

	if (!unread(member)) {
		forget_what_was_read(member);
		context_generate(fn);
	}
	len = MIN(unread(member), command->room);
	/* A length of 0 would say that this is all. */
	if (!len && unread(member)) {
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
		return;
	}
	command_result(command, member->pending->data + member->read, len);
	command->output = len;
	member->read += len;
	if (!unread(member))
		forget_what_was_read(member);
}

static void ctx_write(struct command *command)
{
	struct member *member = &command->member->member;

	if (member->mode != CTX_FREEZE) {
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_COMMAND);
		return;
	}
	if (command->data_len > CONTEXT_MAX - member->written->len) {
		command_fails(command, ADM_ENOMEM, ADM_Q_NORESOURCE);
		return;
	}
	g_byte_array_append(member->written, command->data, command->data_len);
}

static void fields_query(struct command *command)
{
	context_supported(command->member, command->result);
}

static void ctx_discard(struct command *command)
{
	struct function *fn = command->member;

	forget_what_was_read(&fn->member);
	g_byte_array_set_size(fn->member.written, 0);
	fn->member.filler = 0;
	context_is_new(fn, ALL_FIELDS);
}

const struct command_kind draft_commands[] = {
	{ CTX_MODE_GET, OF_SRIOV, mode_get },
	{ CTX_MODE_SET, OF_SRIOV, mode_set },
	{ CTX_SIZE_GET, OF_SRIOV, size_get },
	{ CTX_READ, OF_SRIOV, ctx_read },
	{ CTX_WRITE, OF_SRIOV, ctx_write },
	{ CTX_FIELDS_QUERY, OF_SRIOV, fields_query },
	{ CTX_DISCARD, OF_SRIOV, ctx_discard },
};

const unsigned int draft_command_count = ARRAY_SIZE(draft_commands);
