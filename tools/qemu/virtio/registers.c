// SPDX-License-Identifier: GPL-2.0-only
/* What a driver reads and writes of a function: virtio's structures in BAR 0. */
#include "model.h"

#define COMMON(field)	offsetof(struct virtio_pci_modern_common_cfg, cfg.field)
#define ALL_ONES	UINT64_MAX
#define F(bit)		(1ULL << (bit))
#define F_ADMIN_VQ	41

void registers_reset(struct registers *regs)
{
	unsigned int i;

	memset(regs, 0, sizeof(*regs));
	regs->config_msix_vector = VIRTIO_MSI_NO_VECTOR;
	for (i = 0; i < QUEUES_MAX; i++) {
		regs->queue[i].size = QUEUE_SIZE;
		regs->queue[i].msix_vector = VIRTIO_MSI_NO_VECTOR;
	}
}

static bool has_admin_queue(const struct function *fn)
{
	return is_owner(fn) && fn->owner->has_admin;
}

unsigned int admin_queue(const struct owner *owner)
{
	return owner->queues;
}

unsigned int function_queues(const struct function *fn)
{
	return fn->owner->queues + has_admin_queue(fn);
}

uint64_t device_features(const struct function *fn)
{
	uint64_t features = F(VIRTIO_F_VERSION_1) | F(VIRTIO_F_ACCESS_PLATFORM) |
			    F(VIRTIO_RING_F_INDIRECT_DESC) | F(VIRTIO_RING_F_EVENT_IDX) |
			    F(VIRTIO_BLK_F_SEG_MAX) | F(VIRTIO_BLK_F_BLK_SIZE) |
			    F(VIRTIO_BLK_F_FLUSH);

	if (fn->owner->queues > 1)
		features |= F(VIRTIO_BLK_F_MQ);
	if (is_owner(fn))
		features |= F(VIRTIO_F_SR_IOV);
	if (has_admin_queue(fn))
		features |= F(F_ADMIN_VQ);
	return features;
}

void device_config(const struct function *fn, struct virtio_blk_config *config)
{
	memset(config, 0, sizeof(*config));
	config->capacity = cpu_to_le64(IMAGE_SIZE / 512);
	config->seg_max = cpu_to_le32(QUEUE_SIZE - 2);
	config->blk_size = cpu_to_le32(512);
	config->num_queues = cpu_to_le16(fn->owner->queues);
}

/* May it touch the driver's memory, and interrupt? */
bool may_work(const struct function *fn)
{
	return fn->regs.status & VIRTIO_CONFIG_S_DRIVER_OK &&
	       !(fn->regs.status & VIRTIO_CONFIG_S_NEEDS_RESET) &&
	       fn->member.mode == CTX_ACTIVE && !fn->member.is_stopped &&
	       !is_gone(fn);
}

/* As it travels, by either standard. */
struct vq_config queue_config(const struct queue *queue)
{
	return (struct vq_config) {
		.size = cpu_to_le16(queue->size),
		.msix_vector = cpu_to_le16(queue->msix_vector),
		.enabled = cpu_to_le16(queue->enabled),
		.desc = cpu_to_le64(queue->desc),
		.driver = cpu_to_le64(queue->driver),
		.device = cpu_to_le64(queue->device),
	};
}

/* False where no driver could have set it so. */
bool queue_set_config(struct queue *queue, const struct vq_config *config)
{
	queue->size = le16_to_cpu(config->size);
	queue->msix_vector = le16_to_cpu(config->msix_vector);
	queue->enabled = le16_to_cpu(config->enabled);
	queue->desc = le64_to_cpu(config->desc);
	queue->driver = le64_to_cpu(config->driver);
	queue->device = le64_to_cpu(config->device);
	return queue->enabled <= 1 &&
	       queue->size && queue->size <= QUEUE_SIZE && is_power_of_2(queue->size) &&
	       (queue->msix_vector < VECTORS || queue->msix_vector == VIRTIO_MSI_NO_VECTOR);
}

void device_breaks(struct function *fn)
{
	fn->regs.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	context_is_new(fn, 1u << FIELD_COMMON);
	function_interrupt(fn, fn->regs.config_msix_vector, VIRTIO_PCI_ISR_CONFIG);
}

void device_reset_registers(struct function *fn)
{
	blk_drop_all(fn);
	registers_reset(&fn->regs);
	if (is_owner(fn))
		adminq_reset(fn->owner);
	context_is_new(fn, ALL_FIELDS);
}

static struct queue *selected_queue(struct function *fn)
{
	if (fn->regs.queue_select >= function_queues(fn))
		return NULL;
	return &fn->regs.queue[fn->regs.queue_select];
}

static uint32_t feature_word(uint64_t features, uint32_t select)
{
	return select < 2 ? features >> (32 * select) : 0;
}

/* All of it as it is now, so that a read of any part has but one source. */
static void fill_common(struct function *fn, struct virtio_pci_modern_common_cfg *common)
{
	const struct registers *regs = &fn->regs;
	const struct queue *queue = selected_queue(fn);
	struct virtio_pci_common_cfg *cfg = &common->cfg;

	memset(common, 0, sizeof(*common));
	cfg->device_feature_select = cpu_to_le32(regs->device_feature_select);
	cfg->device_feature = cpu_to_le32(feature_word(device_features(fn),
						       regs->device_feature_select));
	cfg->guest_feature_select = cpu_to_le32(regs->driver_feature_select);
	cfg->guest_feature = cpu_to_le32(feature_word(regs->driver_features,
						      regs->driver_feature_select));
	cfg->msix_config = cpu_to_le16(regs->config_msix_vector);
	cfg->num_queues = cpu_to_le16(fn->owner->queues);
	cfg->device_status = regs->status;
	cfg->config_generation = regs->config_generation;
	cfg->queue_select = cpu_to_le16(regs->queue_select);
	if (has_admin_queue(fn)) {
		common->admin_queue_index = cpu_to_le16(admin_queue(fn->owner));
		common->admin_queue_num = cpu_to_le16(1);
	}
	if (!queue)
		return;
	cfg->queue_size = cpu_to_le16(queue->size);
	cfg->queue_msix_vector = cpu_to_le16(queue->msix_vector);
	cfg->queue_enable = cpu_to_le16(queue->enabled);
	cfg->queue_notify_off = cpu_to_le16(regs->queue_select);
	cfg->queue_desc_lo = cpu_to_le32(queue->desc);
	cfg->queue_desc_hi = cpu_to_le32(queue->desc >> 32);
	cfg->queue_avail_lo = cpu_to_le32(queue->driver);
	cfg->queue_avail_hi = cpu_to_le32(queue->driver >> 32);
	cfg->queue_used_lo = cpu_to_le32(queue->device);
	cfg->queue_used_hi = cpu_to_le32(queue->device >> 32);
}

static uint64_t read_bytes(const void *from, size_t available, hwaddr at, unsigned int size)
{
	uint64_t value = 0;

	if (at + size <= available)
		memcpy(&value, (const uint8_t *)from + at, size);
	return le64_to_cpu(value);
}

static uint64_t registers_read(void *opaque, hwaddr at, unsigned int size)
{
	struct virtio_pci_modern_common_cfg common;
	struct function *fn = opaque;

	if (is_gone(fn))
		return ALL_ONES;
	fill_common(fn, &common);
	return read_bytes(&common, sizeof(common), at, size);
}

static uint16_t vector_or_none(uint16_t vector)
{
	return vector < VECTORS ? vector : VIRTIO_MSI_NO_VECTOR;
}

static void write_driver_features(struct function *fn, uint32_t value)
{
	struct registers *regs = &fn->regs;

	if (regs->driver_feature_select < 2 && !(regs->status & VIRTIO_CONFIG_S_FEATURES_OK))
		regs->driver_features = deposit64(regs->driver_features,
						  32 * regs->driver_feature_select, 32, value);
}

static void write_status(struct function *fn, uint8_t status)
{
	struct registers *regs = &fn->regs;

	if (!status) {
		device_reset_registers(fn);
		return;
	}
	if (status & VIRTIO_CONFIG_S_FEATURES_OK &&
	    (regs->driver_features & ~device_features(fn) ||
	     !(regs->driver_features & F(VIRTIO_F_VERSION_1))))
		status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	/* Only a reset takes bits away. */
	regs->status |= status;
}

static void write_queue(struct queue *queue, hwaddr at, uint64_t value)
{
	switch (at) {
	case COMMON(queue_msix_vector):
		queue->msix_vector = vector_or_none(value);
		return;
	case COMMON(queue_enable):
		queue->enabled |= value & 1;
		return;
	}
	if (queue->enabled)
		return;
	switch (at) {
	case COMMON(queue_size):
		if (value && value <= QUEUE_SIZE && is_power_of_2(value))
			queue->size = value;
		break;
	case COMMON(queue_desc_lo):
		queue->desc = deposit64(queue->desc, 0, 32, value);
		break;
	case COMMON(queue_desc_hi):
		queue->desc = deposit64(queue->desc, 32, 32, value);
		break;
	case COMMON(queue_avail_lo):
		queue->driver = deposit64(queue->driver, 0, 32, value);
		break;
	case COMMON(queue_avail_hi):
		queue->driver = deposit64(queue->driver, 32, 32, value);
		break;
	case COMMON(queue_used_lo):
		queue->device = deposit64(queue->device, 0, 32, value);
		break;
	case COMMON(queue_used_hi):
		queue->device = deposit64(queue->device, 32, 32, value);
		break;
	}
}

static void registers_write(void *opaque, hwaddr at, uint64_t value, unsigned int size)
{
	struct function *fn = opaque;
	struct registers *regs = &fn->regs;
	struct queue *queue = selected_queue(fn);

	/* In Freeze nothing changes. */
	if (is_gone(fn) || fn->member.mode == CTX_FREEZE)
		return;
	switch (at) {
	case COMMON(device_feature_select):
		regs->device_feature_select = value;
		break;
	case COMMON(guest_feature_select):
		regs->driver_feature_select = value;
		break;
	case COMMON(guest_feature):
		write_driver_features(fn, value);
		context_is_new(fn, 1u << FIELD_DRV_FEATURES);
		return;
	case COMMON(msix_config):
		regs->config_msix_vector = vector_or_none(value);
		break;
	case COMMON(device_status):
		write_status(fn, value);
		break;
	case COMMON(queue_select):
		regs->queue_select = value;
		break;
	default:
		if (queue)
			write_queue(queue, at, value);
		context_is_new(fn, 1u << FIELD_VQ_CONFIG);
		return;
	}
	context_is_new(fn, 1u << FIELD_COMMON);
}

static uint64_t notify_read(void *opaque, hwaddr at, unsigned int size)
{
	return is_gone(opaque) ? ALL_ONES : 0;
}

/* Of a stopped function too, whose rings are looked at when it goes on. */
static void notify_write(void *opaque, hwaddr at, uint64_t value, unsigned int size)
{
	struct function *fn = opaque;
	unsigned int index = at / 4;

	if (!may_work(fn))
		return;
	if (is_owner(fn) && index == admin_queue(fn->owner) &&
	    fn->regs.driver_features & F(F_ADMIN_VQ))
		adminq_kick(fn->owner);
	else if (index < fn->owner->queues)
		blk_kick(fn, index);
}

/* The ISR is in the first page, virtio-blk's configuration in the second. */
static uint64_t config_read(void *opaque, hwaddr at, unsigned int size)
{
	struct virtio_blk_config config;
	struct function *fn = opaque;
	uint8_t isr = fn->regs.isr;

	if (is_gone(fn))
		return ALL_ONES;
	if (at < CONFIG_PAGE) {
		if (at || fn->member.mode == CTX_FREEZE)
			return at ? 0 : isr;
		fn->regs.isr = 0;
		if (isr)
			context_is_new(fn, 1u << FIELD_COMMON);
		return isr;
	}
	device_config(fn, &config);
	return read_bytes(&config, sizeof(config), at - CONFIG_PAGE, size);
}

static void config_write(void *opaque, hwaddr at, uint64_t value, unsigned int size)
{
}

const MemoryRegionOps registers_ops = {
	.read = registers_read,
	.write = registers_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.impl = { .min_access_size = 1, .max_access_size = 4 },
};

const MemoryRegionOps notify_ops = {
	.read = notify_read,
	.write = notify_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.impl = { .min_access_size = 1, .max_access_size = 4 },
};

const MemoryRegionOps config_ops = {
	.read = config_read,
	.write = config_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.impl = { .min_access_size = 1, .max_access_size = 4 },
};
