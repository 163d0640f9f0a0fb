// SPDX-License-Identifier: GPL-2.0-only
/* The window by which a test has the device misbehave, and sees what it has done. */
#include "model.h"

#define AT(field)	offsetof(struct virtio_trouble, field)
#define SLOTS_END	(AT(slot) + sizeof_field(struct virtio_trouble, slot))

void trouble_reset(struct owner *owner)
{
	struct virtio_trouble *trouble = &owner->trouble;
	struct function *fn;
	unsigned int i;

	memset(trouble, 0, sizeof(*trouble));
	trouble->magic = VIRTIO_TROUBLE_MAGIC;
	soc_set_gone(owner, false);
	/* What was gone has lost all that it knew. */
	if (owner->is_gone) {
		owner->is_gone = false;
		device_reset_registers(&owner->function);
	}
	for (i = 0; i <= TOTAL_VFS; i++) {
		fn = i ? owner_member(owner, i) : &owner->function;
		if (!fn)
			continue;
		fn->requests = 0;
		fn->writes = 0;
		fn->flrs = 0;
		fn->member.filler = 0;
	}
}

static bool fits(const struct virtio_trouble_slot *slot, uint16_t opcode, uint64_t member)
{
	return slot->what && (slot->skip || slot->times) &&
	       (slot->opcode == VIRTIO_TROUBLE_ANY || slot->opcode == opcode) &&
	       (!slot->member || slot->member == member);
}

/* What a command or a request to the SoC meets, which is counted here. */
struct virtio_trouble_slot trouble_meets(struct owner *owner, uint16_t opcode, uint64_t member)
{
	struct virtio_trouble *trouble = &owner->trouble;
	const struct virtio_trouble_slot none = { 0 };
	unsigned int i;

	if (opcode < ARRAY_SIZE(trouble->commands))
		trouble->commands[opcode]++;
	for (i = 0; i < VIRTIO_TROUBLE_SLOTS; i++) {
		struct virtio_trouble_slot *slot = &trouble->slot[i];

		if (!fits(slot, opcode, member))
			continue;
		if (slot->skip) {
			slot->skip--;
			continue;
		}
		slot->times--;
		return *slot;
	}
	return none;
}

void trouble_log(struct owner *owner, const struct virtio_trouble_log *entry)
{
	struct virtio_trouble *trouble = &owner->trouble;

	trouble->log[trouble->logged++ % VIRTIO_TROUBLE_LOGGED] = *entry;
}

static struct function *chosen(struct owner *owner)
{
	if (!owner->trouble.function)
		return &owner->function;
	return owner_member(owner, owner->trouble.function);
}

/* The rest of the window is as it was written or counted. */
static void look_at_device(struct owner *owner)
{
	struct virtio_trouble *trouble = &owner->trouble;
	struct function *fn = chosen(owner);
	struct command *command;
	unsigned int i;

	trouble->standard = owner->standard;
	trouble->extra = owner->extra;
	trouble->objects = 0;
	for (i = 0; i < OBJECTS_MAX; i++)
		trouble->objects += owner->object[i].exists;
	trouble->soc_is_gone = owner->soc_is_gone;
	trouble->unanswered = 0;
	QTAILQ_FOREACH(command, &owner->late, next)
		trouble->unanswered++;
	if (!fn)
		return;
	trouble->mode = fn->member.mode | fn->member.is_stopped;
	trouble->device_status = fn->regs.status;
	trouble->requests = fn->requests;
	trouble->writes = fn->writes;
	trouble->in_flight = chains_count(&fn->in_flight);
	trouble->flrs = fn->flrs;
	trouble->last_avail = fn->regs.queue[0].last_avail;
	trouble->soc_state = fn->member.soc_state;
	if (is_owner(fn))
		return;
	trouble->soc_connections = owner->soc[fn->number - 1].connections;
	trouble->soc_is_connected = owner->soc[fn->number - 1].is_connected;
}

static uint64_t trouble_read(void *opaque, hwaddr at, unsigned int size)
{
	struct owner *owner = opaque;

	if (at + size > sizeof(owner->trouble))
		return 0;
	look_at_device(owner);
	return ldl_le_p((uint8_t *)&owner->trouble + at);
}

static void make_dirty(struct owner *owner, uint32_t number)
{
	struct function *fn = owner_member(owner, number);

	if (fn)
		context_is_new(fn, ALL_FIELDS);
}

/* What the VFs had of it is theirs no more. */
static void set_extra(struct owner *owner, uint32_t size)
{
	struct function *fn;
	unsigned int number;

	if (size > EXTRA_MAX)
		return;
	owner->extra = size;
	for (number = 1; (fn = owner_member(owner, number)); number++) {
		g_clear_pointer(&fn->member.own_extra, g_free);
		g_clear_pointer(&fn->member.loaded_extra, g_free);
		g_clear_pointer(&fn->member.set_extra, g_free);
		context_is_new(fn, ALL_FIELDS);
	}
}

static void trouble_write(void *opaque, hwaddr at, uint64_t value, unsigned int size)
{
	struct owner *owner = opaque;

	if (at == AT(reset))
		trouble_reset(owner);
	else if (at == AT(make_dirty))
		make_dirty(owner, value);
	else if (at == AT(restart))
		device_reset_registers(&owner->function);
	else if (at == AT(objects))
		memset(owner->object, 0, sizeof(owner->object));
	else if (at == AT(extra))
		set_extra(owner, value);
	else if (at == AT(soc_is_gone))
		soc_set_gone(owner, value);
	else if (at == AT(function) || at == AT(request_delay) ||
		 (at >= AT(slot) && at < SLOTS_END))
		stl_le_p((uint8_t *)&owner->trouble + at, value);
}

const MemoryRegionOps trouble_ops = {
	.read = trouble_read,
	.write = trouble_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
	.impl = { .min_access_size = 4, .max_access_size = 4 },
};
