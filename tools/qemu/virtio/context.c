// SPDX-License-Identifier: GPL-2.0-only
/* A VF's context as the draft has it: which of its fields are new, and their bytes. */
#include "model.h"

static void add_head(GByteArray *to, uint16_t type, uint64_t length)
{
	struct ctx_field head = {
		.type = cpu_to_le16(type),
		.length = cpu_to_le64(length),
	};

	g_byte_array_append(to, (const uint8_t *)&head, sizeof(head));
}

static void add_field(GByteArray *to, uint16_t type, const void *value, size_t len)
{
	add_head(to, type, len);
	g_byte_array_append(to, value, len);
}

static void add_device_features(struct function *fn, GByteArray *to)
{
	__le64 features = cpu_to_le64(device_features(fn));

	add_field(to, CTX_DEV_FEATURES, &features, sizeof(features));
}

static void add_driver_features(struct function *fn, GByteArray *to)
{
	__le64 features = cpu_to_le64(fn->regs.driver_features);

	add_field(to, CTX_DRV_FEATURES, &features, sizeof(features));
}

static void add_common(struct function *fn, GByteArray *to)
{
	const struct registers *regs = &fn->regs;
	struct ctx_common common = {
		.device_feature_select = cpu_to_le32(regs->device_feature_select),
		.driver_feature_select = cpu_to_le32(regs->driver_feature_select),
		.config_msix_vector = cpu_to_le16(regs->config_msix_vector),
		.queue_select = cpu_to_le16(regs->queue_select),
		.device_status = regs->status,
		.config_generation = regs->config_generation,
		.isr = regs->isr,
	};

	add_field(to, CTX_COMMON_CONFIG, &common, sizeof(common));
}

static void add_queues(struct function *fn, GByteArray *to)
{
	unsigned int i;

	for (i = 0; i < function_queues(fn); i++) {
		struct ctx_queue value = {
			.index = cpu_to_le16(i),
			.config = queue_config(&fn->regs.queue[i]),
		};

		add_field(to, CTX_VQ_CONFIG, &value, sizeof(value));
	}
}

static void add_indices(struct function *fn, GByteArray *to)
{
	unsigned int i;

	for (i = 0; i < function_queues(fn); i++) {
		const struct queue *queue = &fn->regs.queue[i];
		struct ctx_indices value = {
			.index = cpu_to_le16(i),
			.last_avail = cpu_to_le16(queue->last_avail),
			.used = cpu_to_le16(queue->used),
		};

		add_field(to, CTX_VQ_INDICES, &value, sizeof(value));
	}
}

static void add_in_flight(struct function *fn, GByteArray *to)
{
	struct ctx_request request;
	struct chain *chain;

	add_head(to, CTX_IN_FLIGHT, chains_count(&fn->in_flight) * sizeof(request));
	QTAILQ_FOREACH(chain, &fn->in_flight, next) {
		request.queue = cpu_to_le16(chain->queue);
		request.head = cpu_to_le16(chain->head);
		g_byte_array_append(to, (const uint8_t *)&request, sizeof(request));
	}
}

static void add_device_config(struct function *fn, GByteArray *to)
{
	struct virtio_blk_config config;

	device_config(fn, &config);
	add_field(to, CTX_DEV_CONFIG, &config, sizeof(config));
}

/* Nobody's state, but its own for each VF, so that it is told whether it arrives. */
static uint8_t *own_extra(const struct function *fn)
{
	uint64_t i, word, size = fn->owner->extra;
	uint8_t *extra = g_malloc(size);

	for (i = 0; i < size; i += sizeof(word)) {
		word = cpu_to_le64((uint64_t)fn->number << 56 | i);
		memcpy(extra + i, &word, MIN(sizeof(word), size - i));
	}
	return extra;
}

const uint8_t *member_extra(struct function *fn)
{
	struct member *member = &fn->member;

	if (member->loaded_extra)
		return member->loaded_extra;
	if (!member->own_extra)
		member->own_extra = own_extra(fn);
	return member->own_extra;
}

void extra_put(struct function *fn, uint8_t **where, const uint8_t *extra)
{
	if (!*where)
		*where = g_malloc(fn->owner->extra);
	memcpy(*where, extra, fn->owner->extra);
}

static void add_extra(struct function *fn, GByteArray *to)
{
	if (fn->owner->extra)
		add_field(to, CTX_EXTRA, member_extra(fn), fn->owner->extra);
}

const struct field context_fields[FIELD_COUNT] = {
	[FIELD_DEV_FEATURES]	= { CTX_DEV_FEATURES, sizeof(__le64), add_device_features },
	[FIELD_DRV_FEATURES]	= { CTX_DRV_FEATURES, sizeof(__le64), add_driver_features },
	[FIELD_COMMON]		= { CTX_COMMON_CONFIG, sizeof(struct ctx_common), add_common },
	[FIELD_VQ_CONFIG]	= { CTX_VQ_CONFIG, sizeof(struct ctx_queue), add_queues },
	[FIELD_VQ_INDICES]	= { CTX_VQ_INDICES, sizeof(struct ctx_indices), add_indices },
	[FIELD_IN_FLIGHT]	= { CTX_IN_FLIGHT, 0, add_in_flight },
	[FIELD_DEV_CONFIG]	= { CTX_DEV_CONFIG, sizeof(struct virtio_blk_config),
				    add_device_config },
	[FIELD_EXTRA]		= { CTX_EXTRA, 0, add_extra },
};

static unsigned int values_of(const struct function *fn, enum context_field field)
{
	if (field == FIELD_VQ_CONFIG || field == FIELD_VQ_INDICES)
		return function_queues(fn);
	return field != FIELD_EXTRA || fn->owner->extra;
}

static uint64_t value_length(const struct function *fn, enum context_field field,
			     size_t in_flight)
{
	if (field == FIELD_IN_FLIGHT)
		return in_flight * sizeof(struct ctx_request);
	if (field == FIELD_EXTRA)
		return fn->owner->extra;
	return context_fields[field].length;
}

/* For each kind of field, the bytes of one value; the most that there can be of some. */
void context_supported(struct function *fn, GByteArray *to)
{
	const size_t in_flight = function_queues(fn) * QUEUE_SIZE;
	unsigned int i;

	for (i = 0; i < FIELD_COUNT; i++)
		if (values_of(fn, i))
			add_head(to, context_fields[i].type, value_length(fn, i, in_flight));
}

/* The PF's is never asked for. */
void context_is_new(struct function *fn, unsigned int which)
{
	fn->member.dirty |= which;
}

uint64_t context_size(struct function *fn, unsigned int which)
{
	const uint64_t head = sizeof(struct ctx_field);
	const size_t in_flight = chains_count(&fn->in_flight);
	uint64_t size = fn->member.filler ? head + fn->member.filler : 0;
	unsigned int i;

	for (i = 0; i < FIELD_COUNT; i++)
		if (which & (1u << i))
			size += values_of(fn, i) * (head + value_length(fn, i, in_flight));
	return size;
}

/* What is new becomes what is to be read, and is new no more. */
void context_generate(struct function *fn)
{
	struct member *member = &fn->member;
	GByteArray *to = member->pending;
	unsigned int i;

	for (i = 0; i < FIELD_COUNT; i++)
		if (member->dirty & (1u << i))
			context_fields[i].add(fn, to);
	member->dirty = 0;
	if (!member->filler)
		return;
	add_head(to, CTX_FILLER, member->filler);
	g_byte_array_set_size(to, to->len + member->filler);
	memset(to->data + to->len - member->filler, 0xff, member->filler);
	member->filler = 0;
}
