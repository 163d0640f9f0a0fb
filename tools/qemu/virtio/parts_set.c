// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device parts that are set: checked as a whole, kept until the VF is resumed. A
 * position they do not have: everything was given back before the source stopped,
 * so it is in the used ring.
 */
#include "model.h"

struct setting {
	struct function *fn;
	struct registers regs;
	const uint8_t *extra;
	/* The type of the part before. */
	uint16_t last;
};

static bool set_common(struct setting *setting, uint32_t field, const uint8_t *value, size_t len)
{
	struct registers *regs = &setting->regs;

	switch (field) {
	case VIRTIO_PCI_COMMON_DFSELECT:
		regs->device_feature_select = len == 4 ? ldl_le_p(value) : 0;
		return len == 4;
	case VIRTIO_PCI_COMMON_GFSELECT:
		regs->driver_feature_select = len == 4 ? ldl_le_p(value) : 0;
		return len == 4;
	case VIRTIO_PCI_COMMON_MSIX:
		if (len != 2)
			return false;
		regs->config_msix_vector = lduw_le_p(value);
		return regs->config_msix_vector < VECTORS ||
		       regs->config_msix_vector == VIRTIO_MSI_NO_VECTOR;
	case VIRTIO_PCI_COMMON_Q_SELECT:
		regs->queue_select = len == 2 ? lduw_le_p(value) : 0;
		return len == 2;
	}
	return false;
}

static bool set_queue(struct setting *setting, uint32_t index, const uint8_t *value, size_t len)
{
	struct vq_config config;

	if (index >= function_queues(setting->fn) || len != sizeof(config))
		return false;
	memcpy(&config, value, sizeof(config));
	return queue_set_config(&setting->regs.queue[index], &config);
}

/* Where a queue is notified is the device's to say. */
static bool check_notify(struct setting *setting, uint32_t index, const uint8_t *value, size_t len)
{
	struct vq_notify notify;

	if (index >= function_queues(setting->fn) || len != sizeof(notify))
		return false;
	memcpy(&notify, value, sizeof(notify));
	return le16_to_cpu(notify.notify_off) == index;
}

static bool set_driver_features(struct setting *setting, const uint8_t *value, size_t len)
{
	if (len != sizeof(__le64))
		return false;
	setting->regs.driver_features = ldq_le_p(value);
	return !(setting->regs.driver_features & ~device_features(setting->fn));
}

static bool set_part(struct setting *setting, const struct parts_head *head, const uint8_t *value)
{
	uint32_t selector = ldl_le_p(head->selector);
	size_t len = le32_to_cpu(head->length);
	uint16_t type = le16_to_cpu(head->type);

	/* The order of the types is that in which they must come. */
	if (type < setting->last)
		return false;
	setting->last = type;
	switch (type) {
	case PART_DEV_FEATURES:
		return len == sizeof(__le64) && ldq_le_p(value) == device_features(setting->fn);
	case PART_DRV_FEATURES:
		return set_driver_features(setting, value, len);
	case PART_PCI_COMMON_CFG:
		return set_common(setting, selector, value, len);
	case PART_DEVICE_STATUS:
		setting->regs.status = len == 1 ? *value : 0;
		return len == 1;
	case PART_VQ_CFG:
		return set_queue(setting, selector, value, len);
	case PART_VQ_NOTIFY_CFG:
		return check_notify(setting, selector, value, len);
	case PART_EXTRA:
		setting->extra = value;
		return len && len == setting->fn->owner->extra;
	}
	return head->flags & PARTS_OPTIONAL;
}

/* False, and nothing is set, if a part is torn, of a wrong length, or cannot be. */
bool parts_set(struct function *fn, const uint8_t *data, size_t left)
{
	struct member *member = &fn->member;
	struct setting setting = {
		.fn = fn,
		.regs = member->set ? *member->set : fn->regs,
	};
	struct parts_head head;
	uint32_t len;

	while (left) {
		if (left < sizeof(head))
			return false;
		memcpy(&head, data, sizeof(head));
		data += sizeof(head);
		left -= sizeof(head);
		len = le32_to_cpu(head.length);
		if (len > left || !set_part(&setting, &head, data))
			return false;
		data += len;
		left -= len;
	}
	if (!member->set)
		member->set = g_new(struct registers, 1);
	*member->set = setting.regs;
	if (setting.extra)
		extra_put(fn, &member->set_extra, setting.extra);
	return true;
}

void parts_forget_set(struct function *fn)
{
	g_clear_pointer(&fn->member.set, g_free);
	g_clear_pointer(&fn->member.set_extra, g_free);
}

/* The VF is still stopped, but about to be resumed. */
void parts_take_effect(struct function *fn)
{
	struct member *member = &fn->member;
	unsigned int i;

	if (!member->set)
		return;
	blk_drop_all(fn);
	fn->regs = *member->set;
	if (member->set_extra) {
		g_free(member->loaded_extra);
		member->loaded_extra = g_steal_pointer(&member->set_extra);
	}
	parts_forget_set(fn);
	if (!(fn->regs.status & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	for (i = 0; i < function_queues(fn); i++)
		if (fn->regs.queue[i].enabled && !ring_position_from_memory(fn, i))
			fn->regs.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
}
