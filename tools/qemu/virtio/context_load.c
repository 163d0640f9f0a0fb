// SPDX-License-Identifier: GPL-2.0-only
/*
 * A written context takes effect, or does not: it is read into a copy of the
 * registers first, and refused as a whole if a field is torn, of a wrong length,
 * unknown, missing, or says what cannot be.
 */
#include "model.h"

#define ALL_QUEUES(fn)	((1u << function_queues(fn)) - 1)

struct loading {
	struct function *fn;
	struct registers regs;
	union chains in_flight;
	const uint8_t *extra;
	/* Of those that may not be missing. */
	unsigned int seen;
	unsigned int queues_seen;
	unsigned int indices_seen;
};

static bool load_device_features(struct loading *loading, const void *value, size_t len)
{
	return ldq_le_p(value) == device_features(loading->fn);
}

static bool load_driver_features(struct loading *loading, const void *value, size_t len)
{
	loading->regs.driver_features = ldq_le_p(value);
	return !(loading->regs.driver_features & ~device_features(loading->fn));
}

static bool load_common(struct loading *loading, const void *value, size_t len)
{
	struct registers *regs = &loading->regs;
	const struct ctx_common *common = value;

	regs->device_feature_select = le32_to_cpu(common->device_feature_select);
	regs->driver_feature_select = le32_to_cpu(common->driver_feature_select);
	regs->config_msix_vector = le16_to_cpu(common->config_msix_vector);
	regs->queue_select = le16_to_cpu(common->queue_select);
	regs->status = common->device_status;
	regs->config_generation = common->config_generation;
	regs->isr = common->isr;
	return regs->config_msix_vector < VECTORS ||
	       regs->config_msix_vector == VIRTIO_MSI_NO_VECTOR;
}

static bool load_queue(struct loading *loading, const void *value, size_t len)
{
	const struct ctx_queue *from = value;
	uint16_t index = le16_to_cpu(from->index);

	if (index >= function_queues(loading->fn))
		return false;
	loading->queues_seen |= 1u << index;
	return queue_set_config(&loading->regs.queue[index], &from->config);
}

static bool load_indices(struct loading *loading, const void *value, size_t len)
{
	const struct ctx_indices *from = value;
	uint16_t index = le16_to_cpu(from->index);
	struct queue *queue;

	if (index >= function_queues(loading->fn))
		return false;
	queue = &loading->regs.queue[index];
	queue->last_avail = le16_to_cpu(from->last_avail);
	queue->used = le16_to_cpu(from->used);
	queue->has_signalled = false;
	loading->indices_seen |= 1u << index;
	return true;
}

/* All of it each time. */
static bool load_in_flight(struct loading *loading, const void *value, size_t len)
{
	const struct ctx_request *request = value;
	struct chain *chain;
	size_t i;

	if (len % sizeof(*request) ||
	    len / sizeof(*request) > function_queues(loading->fn) * QUEUE_SIZE)
		return false;
	chains_free(&loading->in_flight);
	for (i = 0; i < len / sizeof(*request); i++) {
		uint16_t queue = le16_to_cpu(request[i].queue);
		uint16_t head = le16_to_cpu(request[i].head);

		if (queue >= function_queues(loading->fn) || head >= QUEUE_SIZE)
			return false;
		chain = chain_new(queue, head);
		QTAILQ_INSERT_TAIL(&loading->in_flight, chain, next);
	}
	return true;
}

static bool load_device_config(struct loading *loading, const void *value, size_t len)
{
	struct virtio_blk_config config;

	device_config(loading->fn, &config);
	return !memcmp(value, &config, sizeof(config));
}

static bool load_extra(struct loading *loading, const void *value, size_t len)
{
	loading->extra = value;
	return len == loading->fn->owner->extra;
}

static bool (* const loaders[FIELD_COUNT])(struct loading *loading, const void *value,
					   size_t len) = {
	[FIELD_DEV_FEATURES]	= load_device_features,
	[FIELD_DRV_FEATURES]	= load_driver_features,
	[FIELD_COMMON]		= load_common,
	[FIELD_VQ_CONFIG]	= load_queue,
	[FIELD_VQ_INDICES]	= load_indices,
	[FIELD_IN_FLIGHT]	= load_in_flight,
	[FIELD_DEV_CONFIG]	= load_device_config,
	[FIELD_EXTRA]		= load_extra,
};

static bool load_field(struct loading *loading, uint16_t type, const void *value, size_t len)
{
	const struct field *field;
	unsigned int i;

	for (i = 0; i < FIELD_COUNT; i++) {
		field = &context_fields[i];
		if (field->type != type)
			continue;
		loading->seen |= 1u << i;
		return (!field->length || field->length == len) &&
		       loaders[i](loading, value, len);
	}
	return type == CTX_FILLER;
}

static bool load_fields(struct loading *loading, const uint8_t *data, size_t left)
{
	struct ctx_field head;
	uint64_t len;

	while (left) {
		if (left < sizeof(head))
			return false;
		memcpy(&head, data, sizeof(head));
		data += sizeof(head);
		left -= sizeof(head);
		len = le64_to_cpu(head.length);
		if (len > left || !load_field(loading, le16_to_cpu(head.type), data, len))
			return false;
		data += len;
		left -= len;
	}
	return true;
}

static bool is_whole(const struct loading *loading)
{
	unsigned int wanted = ALL_FIELDS;
	unsigned int queues = ALL_QUEUES(loading->fn);

	if (!loading->fn->owner->extra)
		wanted &= ~(1u << FIELD_EXTRA);
	return (loading->seen & wanted) == wanted &&
	       loading->queues_seen == queues && loading->indices_seen == queues;
}

/* What has been taken and not given back is what is in flight. */
static bool indices_fit(struct loading *loading)
{
	uint16_t in_flight[QUEUES_MAX] = { 0 };
	struct chain *chain;
	unsigned int i;

	/* One that has given up may have taken what it cannot give back. */
	if (loading->regs.status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return true;
	QTAILQ_FOREACH(chain, &loading->in_flight, next)
		in_flight[chain->queue]++;
	for (i = 0; i < function_queues(loading->fn); i++) {
		const struct queue *queue = &loading->regs.queue[i];

		if ((uint16_t)(queue->last_avail - queue->used) != in_flight[i])
			return false;
	}
	return true;
}

static void take_effect(struct loading *loading)
{
	struct function *fn = loading->fn;
	struct chain *chain;

	blk_drop_all(fn);
	fn->regs = loading->regs;
	while ((chain = QTAILQ_FIRST(&loading->in_flight))) {
		QTAILQ_REMOVE(&loading->in_flight, chain, next);
		QTAILQ_INSERT_TAIL(&fn->in_flight, chain, next);
	}
	if (loading->extra)
		extra_put(fn, &fn->member.loaded_extra, loading->extra);
}

static bool read_written(struct function *fn, struct loading *loading)
{
	const GByteArray *written = fn->member.written;

	*loading = (struct loading){
		.fn = fn,
		.regs = fn->regs,
	};
	QTAILQ_INIT(&loading->in_flight);
	return load_fields(loading, written->data, written->len) && is_whole(loading) &&
	       indices_fit(loading);
}

/* Would context_load() do? */
bool context_fits(struct function *fn)
{
	struct loading loading;
	bool fits = read_written(fn, &loading);

	chains_free(&loading.in_flight);
	return fits;
}

bool context_load(struct function *fn)
{
	struct loading loading;

	if (!read_written(fn, &loading)) {
		chains_free(&loading.in_flight);
		return false;
	}
	take_effect(&loading);
	return true;
}
