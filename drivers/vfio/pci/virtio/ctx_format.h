/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The context of the draft ("DEV_CTX"), as it travels.
 *
 * Backend "virtio-ctx", stream version 1. One kind of record, of the type
 * VFMIG_RECORD_BACKEND: the next bytes of the context, 1 byte to 1 MiB, as
 * DEV_CTX_READ gives them and DEV_CTX_WRITE takes them. A record begins and ends
 * anywhere. All records of a stream together are fields, one behind the other, and
 * the last one is whole; a field that comes again replaces what came before::
 *
 *	0	u16	type
 *	2	u8[6]	0
 *	8	u64	length of the value
 *	16		value
 *
 * What a value means is between the two devices. A field's type and the largest
 * length of a value are in DEV_CTX_FIELDS_QUERY's answer, 0 there for any. What is of
 * no type that is listed there is left to the device that it is written to.
 *
 * Facts of the identity, above VFMIG_FACT_BACKEND: 0 MSI-X vectors; 1 a bitmap of
 * the field types 0x100 to 0x10f; 2 a digest of all other fields, 0 for none; 16
 * to 31 the length of field 0x100 to 0x10f, 0 where there is none.
 */
#ifndef ADMVF_CTX_FORMAT_H
#define ADMVF_CTX_FORMAT_H

#include <linux/types.h>

#include "adm.h"

#define ADMVF_CTX_NAME		"virtio-ctx"
#define ADMVF_CTX_VERSION	1

/* These have facts of their own. */
#define ADMVF_CTX_NAMED_FIRST	0x100
#define ADMVF_CTX_NAMED		16
#define ADMVF_CTX_MAX_FIELDS	256
#define ADMVF_CTX_FACTS		(2 + ADMVF_CTX_NAMED)

struct vfmig_fact;

/**
 * struct admvf_ctx_fields - what fields a device has, ascending by type
 * @nr: how many
 * @field: type and largest length
 */
struct admvf_ctx_fields {
	unsigned int nr;
	struct {
		u16 type;
		u64 length;
	} field[ADMVF_CTX_MAX_FIELDS];
};

/**
 * struct admvf_ctx_reader - where in a context one is
 * @head: of the field that has begun; its bytes
 * @head_len: how many of them have come
 * @left: bytes of the field's value that have not come
 * @fields: how many fields were whole
 * @type: of the field that has begun, or of the one that is wrong
 * @value: what is wrong about it
 */
struct admvf_ctx_reader {
	u8 head[sizeof(struct ctx_field)];
	u32 head_len;
	u64 left;
	u64 fields;
	u16 type;
	u64 value;
};

const char *admvf_ctx_learn(struct admvf_ctx_fields *fields, const void *answer,
			    size_t len, u64 *value);
unsigned int admvf_ctx_facts(const struct admvf_ctx_fields *fields,
			     struct vfmig_fact *facts);

const char *admvf_ctx_read(struct admvf_ctx_reader *reader,
			   const struct admvf_ctx_fields *fields,
			   const void *bytes, size_t len);
const char *admvf_ctx_end(struct admvf_ctx_reader *reader);

#endif /* ADMVF_CTX_FORMAT_H */
