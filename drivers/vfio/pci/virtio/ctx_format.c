// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a context is made of: checked at the source, where the guest can still
 * run on, and again at the destination before a byte is written.
 *
 * Pure, and compiled into the tests and the fuzzer in userspace as well.
 */
#include <linux/crc32c.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/vfmig.h>
#include <asm/byteorder.h>

#include "ctx_format.h"

#define ADMVF_CTX_FACT_TYPES	(VFMIG_FACT_BACKEND + 1)
#define ADMVF_CTX_FACT_OTHERS	(VFMIG_FACT_BACKEND + 2)
#define ADMVF_CTX_FACT_LENGTH	(VFMIG_FACT_BACKEND + 16)

#define ADMVF_CTX_LENGTH_OF(type) "length of context field " #type

static const char * const admvf_ctx_length_names[ADMVF_CTX_NAMED] = {
	ADMVF_CTX_LENGTH_OF(0x100), ADMVF_CTX_LENGTH_OF(0x101),
	ADMVF_CTX_LENGTH_OF(0x102), ADMVF_CTX_LENGTH_OF(0x103),
	ADMVF_CTX_LENGTH_OF(0x104), ADMVF_CTX_LENGTH_OF(0x105),
	ADMVF_CTX_LENGTH_OF(0x106), ADMVF_CTX_LENGTH_OF(0x107),
	ADMVF_CTX_LENGTH_OF(0x108), ADMVF_CTX_LENGTH_OF(0x109),
	ADMVF_CTX_LENGTH_OF(0x10a), ADMVF_CTX_LENGTH_OF(0x10b),
	ADMVF_CTX_LENGTH_OF(0x10c), ADMVF_CTX_LENGTH_OF(0x10d),
	ADMVF_CTX_LENGTH_OF(0x10e), ADMVF_CTX_LENGTH_OF(0x10f),
};

static bool admvf_ctx_reserved_is_0(const struct ctx_field *field)
{
	static const u8 zero[sizeof(field->reserved)];

	return !memcmp(field->reserved, zero, sizeof(zero));
}

/* Where a type is, or would be. */
static unsigned int admvf_ctx_place(const struct admvf_ctx_fields *fields,
				    u16 type)
{
	unsigned int low = 0, high = fields->nr, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (fields->field[mid].type < type)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool admvf_ctx_has(const struct admvf_ctx_fields *fields, u16 type,
			  unsigned int place)
{
	return place < fields->nr && fields->field[place].type == type;
}

/* A device may list its fields in any order, and order is no difference. */
static const char *admvf_ctx_add(struct admvf_ctx_fields *fields,
				 const struct ctx_field *field, u64 *value)
{
	u16 type = le16_to_cpu(field->type);
	unsigned int place = admvf_ctx_place(fields, type);

	*value = type;
	if (!admvf_ctx_reserved_is_0(field))
		return "reserved bytes are not 0 in the list of context fields, at type";
	if (admvf_ctx_has(fields, type, place))
		return "the list of context fields has twice the type";
	memmove(&fields->field[place + 1], &fields->field[place],
		(fields->nr - place) * sizeof(fields->field[0]));
	fields->field[place].type = type;
	fields->field[place].length = le64_to_cpu(field->length);
	fields->nr++;
	return NULL;
}

/**
 * admvf_ctx_learn - take in what fields a device has
 * @fields: filled
 * @answer: to DEV_CTX_FIELDS_QUERY
 * @len: its length
 * @value: set to what is wrong
 *
 * Return: NULL, or why not.
 */
const char *admvf_ctx_learn(struct admvf_ctx_fields *fields, const void *answer,
			    size_t len, u64 *value)
{
	struct ctx_field field;
	const char *why;
	size_t at;

	fields->nr = 0;
	*value = len;
	if (!len || len % sizeof(field))
		return "the list of context fields is not of whole fields, length";
	if (len / sizeof(field) > ADMVF_CTX_MAX_FIELDS)
		return "the list of context fields is too long, length";
	for (at = 0; at < len; at += sizeof(field)) {
		memcpy(&field, answer + at, sizeof(field));
		why = admvf_ctx_add(fields, &field, value);
		if (why)
			return why;
	}
	return NULL;
}

static bool admvf_ctx_is_named(u16 type)
{
	return type >= ADMVF_CTX_NAMED_FIRST &&
	       type < ADMVF_CTX_NAMED_FIRST + ADMVF_CTX_NAMED;
}

/**
 * admvf_ctx_facts - what fields a device has, as facts of its identity
 * @fields: the fields
 * @facts: ADMVF_CTX_FACTS of them, filled
 *
 * Their number is always the same, for a destination is refused that does not
 * know one. A destination may have more of the fields that have facts of their own
 * than the source, and longer ones.
 *
 * Return: ADMVF_CTX_FACTS.
 */
unsigned int admvf_ctx_facts(const struct admvf_ctx_fields *fields,
			     struct vfmig_fact *facts)
{
	struct ctx_field other = {};
	unsigned int named, i;
	bool others = false;
	u32 digest = ~0;
	u64 types = 0;

	for (named = 0; named < ADMVF_CTX_NAMED; named++)
		facts[named] = (struct vfmig_fact) {
			ADMVF_CTX_FACT_LENGTH + named, VFMIG_FACT_AT_LEAST, 0,
			admvf_ctx_length_names[named],
		};
	for (i = 0; i < fields->nr; i++) {
		if (!admvf_ctx_is_named(fields->field[i].type)) {
			other.type = cpu_to_le16(fields->field[i].type);
			other.length = cpu_to_le64(fields->field[i].length);
			digest = crc32c(digest, &other, sizeof(other));
			others = true;
			continue;
		}
		named = fields->field[i].type - ADMVF_CTX_NAMED_FIRST;
		types |= BIT(named);
		/* Of any length: no other will do. */
		facts[named].value = fields->field[i].length ?: ~0ULL;
	}
	facts[ADMVF_CTX_NAMED] = (struct vfmig_fact) {
		ADMVF_CTX_FACT_TYPES, VFMIG_FACT_SUPERSET, types,
		"context field types 0x100 to 0x10f",
	};
	facts[ADMVF_CTX_NAMED + 1] = (struct vfmig_fact) {
		ADMVF_CTX_FACT_OTHERS, VFMIG_FACT_EQUAL, others ? ~digest : 0,
		"digest of the other context field types",
	};
	return ADMVF_CTX_FACTS;
}

static const char *admvf_ctx_begin(struct admvf_ctx_reader *reader,
				   const struct admvf_ctx_fields *fields)
{
	struct ctx_field field;
	unsigned int place;
	u64 most;

	memcpy(&field, reader->head, sizeof(field));
	reader->type = le16_to_cpu(field.type);
	reader->value = le64_to_cpu(field.length);
	place = admvf_ctx_place(fields, reader->type);
	if (!admvf_ctx_reserved_is_0(&field))
		return "reserved bytes of its head are not 0";
	if (admvf_ctx_has(fields, reader->type, place)) {
		most = fields->field[place].length;
		if (most && reader->value > most)
			return "it is longer than the device lists";
	}
	reader->left = reader->value;
	return NULL;
}

/**
 * admvf_ctx_read - the next bytes of a context
 * @reader: all zeroes before the first ones
 * @fields: what the device has
 * @bytes: the bytes; nothing remains of them
 * @len: their number
 *
 * Return: NULL, or what is wrong with the field of the type @reader->type.
 */
const char *admvf_ctx_read(struct admvf_ctx_reader *reader,
			   const struct admvf_ctx_fields *fields,
			   const void *bytes, size_t len)
{
	const char *why;
	size_t n;

	while (len) {
		if (reader->head_len < sizeof(reader->head)) {
			n = min(len, sizeof(reader->head) - reader->head_len);
			memcpy(reader->head + reader->head_len, bytes, n);
			reader->head_len += n;
			if (reader->head_len < sizeof(reader->head))
				return NULL;
			why = admvf_ctx_begin(reader, fields);
			if (why)
				return why;
		} else {
			n = min_t(u64, len, reader->left);
			reader->left -= n;
		}
		bytes += n;
		len -= n;
		if (!reader->left) {
			reader->head_len = 0;
			reader->fields++;
		}
	}
	return NULL;
}

/**
 * admvf_ctx_end - there is no more of a context
 * @reader: what has come
 *
 * Return: NULL, or why that cannot be the end; @reader->type and @reader->value
 * are of the last field.
 */
const char *admvf_ctx_end(struct admvf_ctx_reader *reader)
{
	if (reader->head_len == sizeof(reader->head))
		return "it is cut off";
	reader->type = 0;
	reader->value = reader->head_len;
	if (reader->head_len)
		return "the head of a field is cut off";
	if (!reader->fields)
		return "there is none";
	return NULL;
}
