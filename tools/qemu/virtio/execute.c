// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device checks of any command, in the standard's order: the group, the
 * opcode, the member; what is left is the command's own. Two rules it keeps only
 * if it is strict, because Linux does not: no command of the SR-IOV group while
 * there are no VFs, and a list of opcodes for each group.
 */
#include "model.h"

#define LISTS		((1ULL << ADM_LIST_QUERY) | (1ULL << ADM_LIST_USE))
#define CAPS		((1ULL << PARTS_CAP_ID_LIST_QUERY) | (1ULL << PARTS_CAP_GET) | \
			 (1ULL << PARTS_CAP_SET))

static const struct command_kind *kinds_of(const struct owner *owner, unsigned int *count)
{
	if (owner->standard == STANDARD_DRAFT) {
		*count = draft_command_count;
		return draft_commands;
	}
	*count = parts_command_count;
	return parts_commands;
}

static uint64_t supported_opcodes(const struct owner *owner, unsigned int group)
{
	const struct command_kind *kinds;
	uint64_t opcodes = LISTS;
	unsigned int count, i;

	kinds = kinds_of(owner, &count);
	for (i = 0; i < count; i++)
		if (kinds[i].groups & (1u << group))
			opcodes |= 1ULL << kinds[i].opcode;
	/* Linux looks for them there, and then asks the group self. */
	if (owner->standard == STANDARD_1_4 && group == ADM_GROUP_SRIOV && !owner->is_strict)
		opcodes |= CAPS;
	return opcodes;
}

static void list_query(struct command *command)
{
	__le64 opcodes = cpu_to_le64(supported_opcodes(command->owner, command->group));

	command_result(command, &opcodes, sizeof(opcodes));
}

static void list_use(struct command *command)
{
	uint64_t supported = supported_opcodes(command->owner, command->group);
	size_t i, words = DIV_ROUND_UP(command->data_len, sizeof(__le64));
	uint64_t opcodes = 0;
	__le64 word;

	for (i = 0; i < words; i++) {
		command_data(command, i * sizeof(word), &word, sizeof(word));
		if (i == 0)
			opcodes = le64_to_cpu(word);
		else if (word)
			opcodes = UINT64_MAX;
	}
	if (opcodes & ~supported)
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
	else
		command->owner->used_opcodes[command->group] = opcodes;
}

static const struct command_kind list_commands[] = {
	{ ADM_LIST_QUERY, OF_SELF | OF_SRIOV, list_query },
	{ ADM_LIST_USE, OF_SELF | OF_SRIOV, list_use },
};

static const struct command_kind *find_among(const struct command_kind *kinds,
					     unsigned int count, uint16_t opcode)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (kinds[i].opcode == opcode)
			return &kinds[i];
	return NULL;
}

static const struct command_kind *find_kind(const struct owner *owner, uint16_t opcode)
{
	const struct command_kind *kinds, *kind;
	unsigned int count;

	kind = find_among(list_commands, ARRAY_SIZE(list_commands), opcode);
	if (kind)
		return kind;
	kinds = kinds_of(owner, &count);
	return find_among(kinds, count, opcode);
}

/* The group self came with 1.4. */
static bool is_group(const struct owner *owner, uint16_t group)
{
	if (group == ADM_GROUP_SELF)
		return owner->standard == STANDARD_1_4;
	return group == ADM_GROUP_SRIOV &&
	       (!owner->is_strict || pcie_sriov_num_vfs((PCIDevice *)&owner->function.pci));
}

static bool is_used(const struct owner *owner, const struct command *command)
{
	uint64_t used = LISTS | owner->used_opcodes[command->group];

	if (!owner->is_strict && command->group == ADM_GROUP_SELF)
		used |= owner->used_opcodes[ADM_GROUP_SRIOV] & CAPS;
	return used & (1ULL << command->opcode);
}

static bool is_list_command(const struct command *command)
{
	return LISTS & (1ULL << command->opcode);
}

static bool has_member(struct command *command)
{
	/* Those two are about the group. */
	if (is_list_command(command))
		return true;
	if (command->group == ADM_GROUP_SELF)
		return command->member_id == 0;
	if (command->member_id <= UINT16_MAX)
		command->member = owner_member(command->owner, command->member_id);
	return command->member;
}

void command_execute(struct command *command)
{
	const struct owner *owner = command->owner;
	const struct command_kind *kind = find_kind(owner, command->opcode);

	if (!is_group(owner, command->group))
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_GROUP);
	else if (!kind)
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_OPCODE);
	else if (!(kind->groups & (1u << command->group)))
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_GROUP);
	else if (!is_used(owner, command))
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_OPCODE);
	else if (!has_member(command))
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_MEMBER);
	else
		kind->execute(command);
}
