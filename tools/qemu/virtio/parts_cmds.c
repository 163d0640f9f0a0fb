// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of virtio 1.4: capabilities, objects of the kind "device parts",
 * and by way of these the parts; stopping and resuming a VF.
 */
#include "model.h"

static void cap_id_list_query(struct command *command)
{
	__le64 caps = cpu_to_le64(1ULL << PARTS_CAP_DEV_PARTS);

	command_result(command, &caps, sizeof(caps));
}

static bool names_the_cap(struct command *command)
{
	struct parts_cap_id id;

	command_data(command, 0, &id, sizeof(id));
	if (le16_to_cpu(id.id) == PARTS_CAP_DEV_PARTS)
		return true;
	command_fails(command, ADM_ENXIO, ADM_Q_INVALID_FIELD);
	return false;
}

static void cap_get(struct command *command)
{
	const struct parts_cap cap = {
		.get_limit = OBJECTS_MAX,
		.set_limit = OBJECTS_MAX,
	};

	if (names_the_cap(command))
		command_result(command, &cap, sizeof(cap));
}

static unsigned int objects_of(const struct owner *owner, uint8_t type)
{
	unsigned int i, count = 0;

	for (i = 0; i < OBJECTS_MAX; i++)
		count += owner->object[i].exists && owner->object[i].type == type;
	return count;
}

static void cap_set(struct command *command)
{
	struct owner *owner = command->owner;
	struct parts_cap cap;

	if (!names_the_cap(command))
		return;
	command_data(command, sizeof(struct parts_cap_id), &cap, sizeof(cap));
	if (cap.get_limit > OBJECTS_MAX || cap.set_limit > OBJECTS_MAX)
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
	else if (cap.get_limit < objects_of(owner, PARTS_TO_GET) ||
		 cap.set_limit < objects_of(owner, PARTS_TO_SET))
		command_fails(command, ADM_EBUSY, ADM_Q_INVALID_FIELD);
	else
		owner->cap = cap;
}

static bool names_parts(struct command *command, uint32_t *id)
{
	struct parts_obj obj;

	command_data(command, 0, &obj, sizeof(obj));
	*id = le32_to_cpu(obj.id);
	if (le16_to_cpu(obj.type) == PARTS_OBJ_DEV_PARTS)
		return true;
	command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
	return false;
}

/* Of this member: another's is none. */
static struct object *named_object(struct command *command)
{
	struct object *object;
	uint32_t id;

	if (!names_parts(command, &id))
		return NULL;
	object = id < OBJECTS_MAX ? &command->owner->object[id] : NULL;
	if (object && object->exists && object->member == command->member->number)
		return object;
	command_fails(command, ADM_ENXIO, ADM_Q_INVALID_FIELD);
	return NULL;
}

static struct object *named_object_to(struct command *command, uint8_t type)
{
	struct object *object = named_object(command);

	if (!object || object->type == type)
		return object;
	command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
	return NULL;
}

/* @offset: behind the object's head and flags, or behind the head only. */
static uint8_t named_type(struct command *command, size_t offset)
{
	struct parts_type type;

	command_data(command, offset, &type, sizeof(type));
	return type.type;
}

#define BEHIND_HEAD	sizeof(struct parts_obj)
#define BEHIND_FLAGS	(sizeof(struct parts_obj) + sizeof(__le64))

static void obj_create(struct command *command)
{
	struct owner *owner = command->owner;
	const struct parts_cap *cap = &owner->cap;
	uint8_t type, limit;
	uint32_t id;

	if (!names_parts(command, &id))
		return;
	type = named_type(command, BEHIND_FLAGS);
	limit = type == PARTS_TO_GET ? cap->get_limit : cap->set_limit;
	if (type > PARTS_TO_SET || id >= limit) {
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
	} else if (owner->object[id].exists) {
		command_fails(command, ADM_EEXIST, ADM_Q_INVALID_FIELD);
	} else if (objects_of(owner, type) >= limit) {
		command_fails(command, ADM_ENOSPC, ADM_Q_NORESOURCE);
	} else {
		owner->object[id] = (struct object){
			.exists = true,
			.type = type,
			.member = command->member->number,
		};
	}
}

static void obj_modify(struct command *command)
{
	struct object *object = named_object(command);
	uint8_t type = named_type(command, BEHIND_FLAGS);

	if (!object)
		return;
	if (type > PARTS_TO_SET)
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
	else
		object->type = type;
}

static void obj_query(struct command *command)
{
	struct object *object = named_object(command);
	struct parts_type type = { 0 };

	if (!object)
		return;
	type.type = object->type;
	command_result(command, &type, sizeof(type));
}

static void obj_destroy(struct command *command)
{
	struct object *object = named_object(command);

	if (object)
		object->exists = false;
}

/* A cut result would be taken for a whole one. */
static void check_room(struct command *command)
{
	if (command->result->len > command->room)
		command_fails(command, ADM_ENOMEM, ADM_Q_NORESOURCE);
}

static void metadata_get(struct command *command)
{
	struct parts_metadata metadata = { 0 };
	uint8_t type = named_type(command, BEHIND_HEAD);
	GByteArray *heads;

	if (!named_object_to(command, PARTS_TO_GET))
		return;
	if (type > PARTS_LIST) {
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
		return;
	}
	heads = g_byte_array_new();
	parts_list(command->member, heads);
	if (type == PARTS_SIZE)
		metadata.value = cpu_to_le32(parts_size(command->member));
	else
		metadata.value = cpu_to_le32(heads->len / sizeof(struct parts_head));
	command_result(command, &metadata, sizeof(metadata));
	if (type == PARTS_LIST)
		command_result(command, heads->data, heads->len);
	g_byte_array_free(heads, true);
	check_room(command);
}

static void parts_get(struct command *command)
{
	const size_t behind_type = BEHIND_HEAD + sizeof(struct parts_type);
	uint8_t type = named_type(command, BEHIND_HEAD);
	struct parts_head *wanted = NULL;
	size_t count = 0;

	if (!named_object_to(command, PARTS_TO_GET))
		return;
	if (type > PARTS_ALL) {
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
		return;
	}
	if (type == PARTS_SELECTED) {
		if (command->data_len > behind_type)
			count = DIV_ROUND_UP(command->data_len - behind_type, sizeof(*wanted));
		/* Not NULL, which would be all. */
		wanted = g_new0(struct parts_head, count + 1);
		command_data(command, behind_type, wanted, count * sizeof(*wanted));
	}
	parts_collect(command->member, wanted, count, command->result);
	g_free(wanted);
	check_room(command);
}

static void parts_set_command(struct command *command)
{
	struct function *fn = command->member;
	size_t parts = MIN(command->data_len, BEHIND_HEAD);

	if (!fn->member.is_stopped) {
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_COMMAND);
		return;
	}
	if (!named_object_to(command, PARTS_TO_SET))
		return;
	if (!parts_set(fn, command->data + parts, command->data_len - parts))
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
}

/* One that stops gives back first what it has taken. */
static void mode_set(struct command *command)
{
	struct function *fn = command->member;
	uint8_t flags;

	command_data(command, 0, &flags, sizeof(flags));
	if (flags & ~PARTS_MODE_STOPPED) {
		command_fails(command, ADM_EINVAL, ADM_Q_INVALID_FIELD);
	} else if (flags && !fn->member.is_stopped) {
		blk_finish_all(fn);
		blk_pause(fn);
		fn->member.is_stopped = true;
	} else if (!flags && fn->member.is_stopped) {
		parts_take_effect(fn);
		fn->member.is_stopped = false;
		blk_resume(fn);
	}
}

const struct command_kind parts_commands[] = {
	{ PARTS_CAP_ID_LIST_QUERY, OF_SELF, cap_id_list_query },
	{ PARTS_CAP_GET, OF_SELF, cap_get },
	{ PARTS_CAP_SET, OF_SELF, cap_set },
	{ PARTS_OBJ_CREATE, OF_SRIOV, obj_create },
	{ PARTS_OBJ_MODIFY, OF_SRIOV, obj_modify },
	{ PARTS_OBJ_QUERY, OF_SRIOV, obj_query },
	{ PARTS_OBJ_DESTROY, OF_SRIOV, obj_destroy },
	{ PARTS_METADATA_GET, OF_SRIOV, metadata_get },
	{ PARTS_GET, OF_SRIOV, parts_get },
	{ PARTS_SET, OF_SRIOV, parts_set_command },
	{ PARTS_MODE_SET, OF_SRIOV, mode_set },
};

const unsigned int parts_command_count = ARRAY_SIZE(parts_commands);
