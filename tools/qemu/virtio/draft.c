// SPDX-License-Identifier: GPL-2.0-only
/* The draft's seven commands. */
#include "model.h"

static void mode_get(struct command *command)
{
	command_result(command, &command->member->member.mode, 1);
}

static void mode_set(struct command *command)
{
	uint8_t mode;

	command_data(command, 0, &mode, sizeof(mode));
	if (mode > CTX_FREEZE || !member_set_mode(command->member, mode))
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
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
	size = context_unread(fn) + context_size(fn, fields);
	if (size && freeze_mode && member->mode != CTX_FREEZE)
		size = context_unread(fn) + context_size(fn, fields | volatile_fields);
	le = cpu_to_le64(size);
	command_result(command, &le, sizeof(le));
}

static void ctx_read(struct command *command)
{
	struct function *fn = command->member;
	size_t there = context_next(fn);
	size_t len = MIN(there, command->room);

	/* A length of 0 would say that this is all. */
	if (!len && there) {
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
		return;
	}
	context_read(fn, command->result, len);
	command->output = len;
}

static void ctx_write(struct command *command)
{
	struct function *fn = command->member;

	if (fn->member.mode != CTX_FREEZE)
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_COMMAND);
	else if (command->data_len > context_room(fn))
		command_fails(command, ADM_ENOMEM, ADM_Q_NORESOURCE);
	else
		context_write(fn, command->data, command->data_len);
}

static void fields_query(struct command *command)
{
	context_supported(command->member, command->result);
}

static void ctx_discard(struct command *command)
{
	context_discard(command->member);
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
