// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VF's device parts, those of virtio 1.4: what there are, in the standard's
 * order, and their values. Of what was set and has not taken effect yet, that.
 */
#include "model.h"

struct collecting {
	struct function *fn;
	const struct registers *regs;
	/* NULL: all of them. */
	const struct parts_head *wanted;
	size_t wanted_count;
	bool with_values;
	GByteArray *to;
};

static bool is_wanted(const struct collecting *collecting, const struct parts_head *head)
{
	size_t i;

	if (!collecting->wanted)
		return true;
	for (i = 0; i < collecting->wanted_count; i++)
		if (collecting->wanted[i].type == head->type &&
		    !memcmp(collecting->wanted[i].selector, head->selector,
			    sizeof(head->selector)))
			return true;
	return false;
}

static void add_part(const struct collecting *collecting, uint16_t type, uint8_t flags,
		     uint32_t selector, const void *value, size_t len)
{
	struct parts_head head = {
		.type = cpu_to_le16(type),
		.flags = flags,
		.length = cpu_to_le32(len),
	};

	stl_le_p(head.selector, selector);
	if (!is_wanted(collecting, &head))
		return;
	g_byte_array_append(collecting->to, (const uint8_t *)&head, sizeof(head));
	if (collecting->with_values)
		g_byte_array_append(collecting->to, value, len);
}

static void add_common_fields(const struct collecting *collecting)
{
	const struct registers *regs = collecting->regs;
	__le32 device_select = cpu_to_le32(regs->device_feature_select);
	__le32 driver_select = cpu_to_le32(regs->driver_feature_select);
	__le16 vector = cpu_to_le16(regs->config_msix_vector);
	__le16 queue_select = cpu_to_le16(regs->queue_select);

	add_part(collecting, PART_PCI_COMMON_CFG, 0, VIRTIO_PCI_COMMON_DFSELECT,
		 &device_select, sizeof(device_select));
	add_part(collecting, PART_PCI_COMMON_CFG, 0, VIRTIO_PCI_COMMON_GFSELECT,
		 &driver_select, sizeof(driver_select));
	add_part(collecting, PART_PCI_COMMON_CFG, 0, VIRTIO_PCI_COMMON_MSIX,
		 &vector, sizeof(vector));
	add_part(collecting, PART_PCI_COMMON_CFG, 0, VIRTIO_PCI_COMMON_Q_SELECT,
		 &queue_select, sizeof(queue_select));
}

static void add_queues(const struct collecting *collecting)
{
	unsigned int i;

	for (i = 0; i < function_queues(collecting->fn); i++) {
		struct vq_config config = queue_config(&collecting->regs->queue[i]);

		add_part(collecting, PART_VQ_CFG, 0, i, &config, sizeof(config));
	}
	for (i = 0; i < function_queues(collecting->fn); i++) {
		struct vq_notify notify = { .notify_off = cpu_to_le16(i) };

		add_part(collecting, PART_VQ_NOTIFY_CFG, 0, i, &notify, sizeof(notify));
	}
}

static void add_own(const struct collecting *collecting)
{
	struct function *fn = collecting->fn;
	const uint8_t *extra;
	uint8_t *filler;

	if (fn->owner->extra) {
		extra = fn->member.set_extra ? fn->member.set_extra : member_extra(fn);
		add_part(collecting, PART_EXTRA, 0, 0, extra, fn->owner->extra);
	}
	if (!fn->member.filler)
		return;
	filler = g_malloc(fn->member.filler);
	memset(filler, 0xff, fn->member.filler);
	add_part(collecting, PART_FILLER, PARTS_OPTIONAL, 0, filler, fn->member.filler);
	g_free(filler);
}

static void add_all(const struct collecting *collecting)
{
	const struct registers *regs = collecting->regs;
	__le64 device = cpu_to_le64(device_features(collecting->fn));
	__le64 driver = cpu_to_le64(regs->driver_features);

	add_part(collecting, PART_DEV_FEATURES, PARTS_OPTIONAL, 0, &device, sizeof(device));
	add_part(collecting, PART_DRV_FEATURES, 0, 0, &driver, sizeof(driver));
	add_common_fields(collecting);
	add_part(collecting, PART_DEVICE_STATUS, 0, 0, &regs->status, sizeof(regs->status));
	add_queues(collecting);
	add_own(collecting);
}

static const struct registers *current_registers(const struct function *fn)
{
	return fn->member.set ? fn->member.set : &fn->regs;
}

void parts_list(struct function *fn, GByteArray *heads)
{
	struct collecting collecting = {
		.fn = fn,
		.regs = current_registers(fn),
		.to = heads,
	};

	add_all(&collecting);
}

/* A part that is wanted but not there is left out. */
void parts_collect(struct function *fn, const struct parts_head *wanted, size_t count,
		   GByteArray *to)
{
	struct collecting collecting = {
		.fn = fn,
		.regs = current_registers(fn),
		.wanted = wanted,
		.wanted_count = count,
		.with_values = true,
		.to = to,
	};

	add_all(&collecting);
}

uint64_t parts_size(struct function *fn)
{
	GByteArray *heads = g_byte_array_new();
	const struct parts_head *head;
	uint64_t size;
	size_t at;

	parts_list(fn, heads);
	size = heads->len;
	for (at = 0; at < heads->len; at += sizeof(*head)) {
		head = (const struct parts_head *)(heads->data + at);
		size += le32_to_cpu(head->length);
	}
	g_byte_array_free(heads, true);
	return size;
}
