// SPDX-License-Identifier: GPL-2.0-only
/* The administration queue: commands are taken, done and answered, at once or later. */
#include "model.h"

/* A command's data, or room for its result, beyond its context. */
#define COMMAND_MAX	(CONTEXT_MAX + 1 * MiB)

void command_data(const struct command *command, size_t offset, void *to, size_t len)
{
	size_t there = 0;

	if (offset < command->data_len)
		there = MIN(len, command->data_len - offset);
	memcpy(to, command->data + offset, there);
	/* What is missing reads as zero. */
	memset((uint8_t *)to + there, 0, len - there);
}

void command_result(struct command *command, const void *from, size_t len)
{
	g_byte_array_append(command->result, from, len);
}

void command_fails(struct command *command, enum adm_status_code status,
		   enum adm_qualifier qualifier)
{
	command->status = status;
	command->qualifier = qualifier;
	command->output = 0;
	g_byte_array_set_size(command->result, 0);
}

static void command_free(struct command *command)
{
	if (command->timer)
		timer_free(command->timer);
	chain_free(command->chain);
	g_byte_array_free(command->result, true);
	g_free(command->data);
	g_free(command);
}

static struct command *command_read(struct owner *owner, struct chain *chain)
{
	struct command *command = g_new0(struct command, 1);
	struct function *fn = &owner->function;
	struct adm_head head = { 0 };

	command->owner = owner;
	command->chain = chain;
	command->result = g_byte_array_new();
	if (chain->from_driver > sizeof(head))
		command->data_len = MIN(chain->from_driver - sizeof(head), COMMAND_MAX);
	if (chain->to_driver > sizeof(struct adm_status))
		command->room = MIN(chain->to_driver - sizeof(struct adm_status), COMMAND_MAX);
	command->data = g_malloc0(command->data_len);
	chain_read(fn, chain, 0, &head, sizeof(head));
	if (chain_read(fn, chain, sizeof(head), command->data, command->data_len) !=
	    command->data_len)
		device_breaks(fn);
	command->opcode = le16_to_cpu(head.opcode);
	command->group = le16_to_cpu(head.group_type);
	command->member_id = le64_to_cpu(head.group_member_id);
	return command;
}

/* Less room than there is an answer cuts it. */
static void answer(struct command *command, int64_t used_error)
{
	struct function *fn = &command->owner->function;
	struct adm_status status = {
		.status = cpu_to_le16(command->status),
		.qualifier = cpu_to_le16(command->qualifier),
		.output = cpu_to_le32(command->output),
	};
	size_t len = MIN(command->result->len, command->room);
	int64_t used;

	used = chain_write(fn, command->chain, 0, &status, sizeof(status));
	used += chain_write(fn, command->chain, sizeof(status), command->result->data, len);
	ring_give_back(fn, command->chain, MAX(used + used_error, 0));
}

static void answer_late(void *opaque)
{
	struct command *command = opaque;

	QTAILQ_REMOVE(&command->owner->late, command, next);
	if (may_work(&command->owner->function))
		answer(command, 0);
	command_free(command);
}

static void answer_in(struct command *command, uint32_t ms)
{
	command->timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, answer_late, command);
	QTAILQ_INSERT_TAIL(&command->owner->late, command, next);
	timer_mod(command->timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + ms);
}

static void invert_byte(struct command *command, uint32_t which)
{
	if (which < command->result->len)
		command->result->data[which] ^= 0xff;
}

static void log_command(struct command *command)
{
	struct virtio_trouble *trouble = &command->owner->trouble;
	__le32 data;

	command_data(command, 0, &data, sizeof(data));
	if (command->opcode < ARRAY_SIZE(trouble->last_data))
		trouble->last_data[command->opcode] = le32_to_cpu(data);
	trouble_log(command->owner, &(struct virtio_trouble_log){
		.opcode = command->opcode,
		.member = command->member_id,
		.status = command->status,
		.data_len = command->data_len,
		.result_len = MIN(command->result->len, command->room),
	});
}

static bool is_done(enum virtio_trouble_what what)
{
	return what != TROUBLE_FAIL && what != TROUBLE_NEVER &&
	       what != TROUBLE_NEEDS_RESET && what != TROUBLE_GONE;
}

static void run(struct command *command)
{
	struct owner *owner = command->owner;
	struct virtio_trouble_slot trouble = trouble_meets(owner, command->opcode,
							   command->member_id);
	int64_t used_error = 0;

	if (is_done(trouble.what))
		command_execute(command);
	else if (trouble.what == TROUBLE_FAIL)
		command_fails(command, trouble.arg & 0xffff, trouble.arg >> 16);
	log_command(command);
	switch (trouble.what) {
	case TROUBLE_LATE:
		answer_in(command, trouble.arg);
		return;
	case TROUBLE_NEEDS_RESET:
		device_breaks(&owner->function);
		break;
	case TROUBLE_GONE:
		owner->is_gone = true;
		break;
	case TROUBLE_SHORT:
		used_error = -(int64_t)trouble.arg;
		break;
	case TROUBLE_LONG:
		used_error = trouble.arg;
		break;
	case TROUBLE_BAD_BYTE:
		invert_byte(command, trouble.arg);
		break;
	case TROUBLE_GROWS:
		if (command->member)
			context_grow(command->member, trouble.arg);
		break;
	}
	if (trouble.what == TROUBLE_FAIL || (is_done(trouble.what) && trouble.what != TROUBLE_LOST))
		answer(command, used_error);
	if (trouble.what == TROUBLE_TWICE)
		answer(command, 0);
	command_free(command);
}

void adminq_kick(struct owner *owner)
{
	struct function *fn = &owner->function;
	struct command *command;
	struct chain *chain;

	while (may_work(fn) && (chain = ring_take(fn, admin_queue(owner)))) {
		if (!chain_fetch(fn, chain)) {
			device_breaks(fn);
			chain_free(chain);
			return;
		}
		command = command_read(owner, chain);
		if (may_work(fn))
			run(command);
		else
			command_free(command);
	}
}

/* With the PF its objects, capabilities and lists go; its members stay as they are. */
void adminq_reset(struct owner *owner)
{
	struct command *command;

	while ((command = QTAILQ_FIRST(&owner->late))) {
		QTAILQ_REMOVE(&owner->late, command, next);
		command_free(command);
	}
	memset(owner->used_opcodes, 0, sizeof(owner->used_opcodes));
	memset(&owner->cap, 0, sizeof(owner->cap));
	memset(owner->object, 0, sizeof(owner->object));
}
