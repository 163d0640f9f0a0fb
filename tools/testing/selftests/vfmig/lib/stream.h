/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stream, taken apart and put together wrongly on purpose. Written from the
 * format's description and not from the core's code, so that each holds the
 * other to it.
 */
#ifndef VFMIG_STREAM_PARTS_H
#define VFMIG_STREAM_PARTS_H

#include <stdint.h>

#include "transfer.h"

#define STREAM_MAX_PARTS	512

enum {
	HEAD_FORMAT = 8,
	HEAD_NR_FACTS = 10,
	HEAD_VERSION = 12,
	HEAD_NAME = 16,
	HEAD_CRC = 36,
	HEAD_LEN = 40,
	FACT_VALUE = 8,
	FACT_LEN = 16,
	MAX_FACTS = 32,
	HEAD_MAX = HEAD_LEN + MAX_FACTS * FACT_LEN,
	RECORD_TYPE = 0,
	RECORD_FLAGS = 2,
	RECORD_SEQ = 4,
	RECORD_PAYLOAD_LEN = 8,
	RECORD_PAYLOAD_CRC = 12,
	RECORD_CRC = 20,
	RECORD_LEN = 24,
};

#define TYPE_END	1

/* Part 0 is the head with its facts, each other one a record. */
struct parts {
	unsigned int nr;
	size_t at[STREAM_MAX_PARTS + 1];
};

uint32_t crc32c(uint32_t crc, const void *from, size_t len);
void stream_split(const struct bytes *stream, struct parts *parts);
void stream_seal_head(uint8_t *head);
void stream_seal_record(uint8_t *record);

static inline uint16_t get16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static inline uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static inline void put16(uint8_t *p, uint16_t value)
{
	p[0] = value;
	p[1] = value >> 8;
}

static inline void put32(uint8_t *p, uint32_t value)
{
	put16(p, value);
	put16(p + 2, value >> 16);
}

#endif /* VFMIG_STREAM_PARTS_H */
