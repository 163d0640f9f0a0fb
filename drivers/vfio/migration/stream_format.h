/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lies where in a stream, for the writer and the reader: drawn at the top of
 * stream.c.
 */
#ifndef VFMIG_STREAM_FORMAT_H
#define VFMIG_STREAM_FORMAT_H

#include <asm/byteorder.h>
#include <linux/crc32c.h>
#include <linux/types.h>

#include "stream.h"

#define STREAM_MAGIC	"vfmigstr"
#define STREAM_FORMAT	1

/* Types that are the core's own, below VFMIG_RECORD_BACKEND. */
#define RECORD_END	0x0001
#define RECORD_PAD	0x0002

struct stream_head {
	u8 magic[8];
	__le16 format;
	__le16 nr_facts;
	__le32 version;
	u8 backend[VFMIG_STREAM_NAME_LEN];
	__le32 zero;
	__le32 crc;
};

struct stream_fact {
	__le16 id;
	__le16 rule;
	__le32 zero;
	__le64 value;
};

struct stream_record {
	__le16 type;
	__le16 flags;
	__le32 seq;
	__le32 len;
	__le32 payload_crc;
	__le32 zero;
	__le32 crc;
};

struct stream_end {
	__le64 records;
	__le64 bytes;
};

static_assert(sizeof(struct stream_head) == VFMIG_STREAM_HEAD_LEN);
static_assert(sizeof(struct stream_fact) == VFMIG_STREAM_FACT_LEN);
static_assert(sizeof(struct stream_record) == VFMIG_STREAM_RECORD_LEN);
static_assert(sizeof(struct stream_record) + sizeof(struct stream_end) ==
	      VFMIG_STREAM_END_LEN);

static inline u32 vfmig_padded(u32 len)
{
	return (len + 7) & ~7U;
}

static inline u32 vfmig_crc(const void *buf, size_t len)
{
	return ~crc32c(~0U, buf, len);
}

static inline u32 vfmig_head_crc(const struct stream_head *head,
				 size_t facts_len)
{
	u32 crc = crc32c(~0U, head, offsetof(struct stream_head, zero) +
				    sizeof(head->zero));

	return ~crc32c(crc, head + 1, facts_len);
}

static inline u32 vfmig_record_crc(const struct stream_record *hdr)
{
	return vfmig_crc(hdr, offsetof(struct stream_record, crc));
}

#endif /* VFMIG_STREAM_FORMAT_H */
