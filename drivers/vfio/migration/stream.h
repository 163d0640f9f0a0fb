/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_STREAM_H
#define VFMIG_STREAM_H

#include <linux/types.h>
#include <linux/vfmig.h>

#define VFMIG_STREAM_NAME_LEN	16
#define VFMIG_STREAM_HEAD_LEN	40
#define VFMIG_STREAM_FACT_LEN	16
#define VFMIG_STREAM_RECORD_LEN	24
#define VFMIG_STREAM_END_LEN	(VFMIG_STREAM_RECORD_LEN + 16)
#define VFMIG_STREAM_HEAD_MAX	(VFMIG_STREAM_HEAD_LEN + \
				 VFMIG_MAX_FACTS * VFMIG_STREAM_FACT_LEN)

static_assert(VFMIG_BULK_HEAD_MAX <= VFMIG_STREAM_HEAD_MAX);

/* The sender of a stream, as its head has it, in the host's byte order. */
struct vfmig_identity {
	char backend[VFMIG_STREAM_NAME_LEN];
	u32 version;
	u32 nr_facts;
	bool is_whole;	/* when the device was opened; a backend may tell its facts late */
	struct vfmig_fact facts[VFMIG_MAX_FACTS];
};

/* How far a stream has been written. */
struct vfmig_writer {
	u32 records;
	u64 bytes;
};

size_t vfmig_head_len(const struct vfmig_identity *id);
size_t vfmig_record_len(u32 payload);
void vfmig_put_head(void *buf, const struct vfmig_identity *id);
size_t vfmig_seal_record(struct vfmig_writer *w, void *buf,
			 const struct vfmig_record *rec);
size_t vfmig_put_pad(struct vfmig_writer *w, void *buf);
size_t vfmig_put_end(struct vfmig_writer *w, void *buf);

/* What the reader has found; a negative value is an errno. */
enum vfmig_found {
	VFMIG_FOUND_MORE,	/* all bytes taken, nothing complete */
	VFMIG_FOUND_HEAD,	/* reader->identity is valid */
	VFMIG_FOUND_ROOM,	/* give a payload buffer of reader->need bytes */
	VFMIG_FOUND_RECORD,	/* reader->record is valid */
	VFMIG_FOUND_PIECE,	/* reader->piece is valid, and reader->record */
	VFMIG_FOUND_END,	/* the stream is whole */
};

enum vfmig_reader_at {
	VFMIG_AT_HEAD,
	VFMIG_AT_FACTS,
	VFMIG_AT_RECORD,
	VFMIG_AT_PAYLOAD,
	VFMIG_AT_BULK_HEAD,
	VFMIG_AT_BULK,
	VFMIG_AT_BULK_PAD,
	VFMIG_AT_END,
	VFMIG_AT_ERROR,
};

/* How far a stream has been read; all that is kept of it is private. */
struct vfmig_reader {
	enum vfmig_reader_at at;
	const char *why;	/* what was wrong, once a call has failed */
	bool odd;		/* @value is what was wrong about it */
	u64 value;
	u32 have;		/* bytes collected of the part at hand */
	u32 need;		/* bytes that make it complete */
	u32 records;
	u64 bytes;
	u32 payload_crc;
	u32 room;		/* bytes that fit at payload */
	u8 *payload;
	bool by_pieces;
	u32 bulk_head;
	struct vfmig_piece piece;
	struct vfmig_record record;
	struct vfmig_identity identity;
	u8 part[VFMIG_STREAM_HEAD_MAX] __aligned(8);
};

void vfmig_reader_init(struct vfmig_reader *r);
void vfmig_reader_give(struct vfmig_reader *r, void *payload, u32 room);
void vfmig_reader_by_pieces(struct vfmig_reader *r, u32 head);
int vfmig_reader_feed(struct vfmig_reader *r, const void *buf, size_t len,
		      size_t *used);

/* identity.c */
const struct vfmig_fact *vfmig_find_fact(const struct vfmig_identity *id,
					 u16 which);
int vfmig_identity_match(const struct vfmig_identity *source,
			 const struct vfmig_identity *here,
			 const char **why, u16 *fact);

#endif /* VFMIG_STREAM_H */
