// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream: what leaves a source and enters a destination. Here is what it looks
 * like, and its reader; stream_writer.c has the writer.
 *
 * Little endian throughout; every part is a multiple of 8 bytes long.
 *
 *	head	 0	u8[8]	magic, "vfmigstr"
 *		 8	u16	format of the stream, 1
 *		10	u16	number of facts, n
 *		12	u32	version of the backend's records
 *		16	u8[16]	name of the backend, padded with 0
 *		32	u32	0
 *		36	u32	CRC32C of bytes 0 to 35 and of the facts
 *	fact	 0	u16	id			n times
 *		 2	u16	rule
 *		 4	u32	0
 *		 8	u64	value
 *	record	 0	u16	type			any number of times
 *		 2	u16	flags
 *		 4	u32	sequence number, from 0
 *		 8	u32	length of the payload, l
 *		12	u32	CRC32C of the payload, or 0 with the flag NO_CRC
 *		16	u32	0
 *		20	u32	CRC32C of bytes 0 to 19
 *		24	u8[l]	payload, then 0 up to a multiple of 8
 *	end	a record of type END, whose payload is
 *		 0	u64	number of records before it
 *		 8	u64	sum of the lengths of their payloads
 *
 * A record of a type unknown to the reader is skipped if its flags say
 * OPTIONAL. A head where a record could be, or after the end, starts the stream
 * over: what came before it is void. Its magic is no record's: it would have
 * unknown flags. So a source can leave a save and begin another one in the
 * middle of what its user takes for one stream.
 *
 * Chunks of the migration region, or what a write() carries, are cut anywhere:
 * the reader takes bytes as they come. A load wants the end to be the last of
 * its access: what follows it, a head, comes with another one.
 *
 * Pure: bytes in, a verdict out. Compiled into the kernel and into the tests
 * and the fuzzer in userspace from this file. The bytes fed to the reader may
 * lie in memory that somebody else is writing to: each is copied once into the
 * reader, then checked, then used. Bulk, the payload of a record without a CRC,
 * has nothing to be checked here and can be had in pieces, without a copy.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "stream_format.h"

#define RECORD_FLAGS	(VFMIG_RECORD_OPTIONAL | VFMIG_RECORD_NO_CRC)

/* As the reasons below have it. */
static_assert(VFMIG_MAX_FACTS == 32);
static_assert(VFMIG_RECORD_MAX == 1 << 20);

/**
 * vfmig_reader_init - prepare to read a stream from its first byte
 * @r: the reader; has no payload buffer yet
 */
void vfmig_reader_init(struct vfmig_reader *r)
{
	memset(r, 0, sizeof(*r));
	r->at = VFMIG_AT_HEAD;
	r->need = VFMIG_STREAM_HEAD_LEN;
}

/**
 * vfmig_reader_give - give a reader room for payloads
 * @r: the reader, which has answered VFMIG_FOUND_ROOM
 * @payload: private memory, 8-byte aligned; replaces what was given before
 * @room: its size in bytes, at least @r->need
 */
void vfmig_reader_give(struct vfmig_reader *r, void *payload, u32 room)
{
	r->payload = payload;
	r->room = room;
	r->record.data = payload;
}

/**
 * vfmig_reader_by_pieces - have records without a CRC handed on as they come
 * @r: the reader, which has read nothing yet
 * @head: bytes of such a record's payload that are wanted in one piece, private,
 *	before the others; at most VFMIG_BULK_HEAD_MAX
 */
void vfmig_reader_by_pieces(struct vfmig_reader *r, u32 head)
{
	r->by_pieces = true;
	r->bulk_head = head;
}

static int vfmig_reader_bad(struct vfmig_reader *r, const char *why)
{
	r->at = VFMIG_AT_ERROR;
	r->why = why;
	return -EINVAL;
}

/* The same, and what the value of it was. */
static int vfmig_reader_odd(struct vfmig_reader *r, const char *why, u64 value)
{
	r->odd = true;
	r->value = value;
	return vfmig_reader_bad(r, why);
}

static void vfmig_reader_expect(struct vfmig_reader *r, enum vfmig_reader_at at,
				u32 need)
{
	r->at = at;
	r->have = 0;
	r->need = need;
}

/* Does the magic of a head lie in there, anywhere? */
static bool vfmig_holds_head(const u8 *buf, size_t len)
{
	for (; len >= sizeof(STREAM_MAGIC) - 1; buf++, len--)
		if (!memcmp(buf, STREAM_MAGIC, sizeof(STREAM_MAGIC) - 1))
			return true;
	return false;
}

/* A head is coming, of which @r->have bytes are there. */
static void vfmig_reader_begin_anew(struct vfmig_reader *r)
{
	memset(&r->identity, 0, sizeof(r->identity));
	r->records = 0;
	r->bytes = 0;
	r->at = VFMIG_AT_HEAD;
	r->need = VFMIG_STREAM_HEAD_LEN;
}

static int vfmig_check_head(struct vfmig_reader *r)
{
	const struct stream_head *head = (const void *)r->part;
	u32 nr_facts = le16_to_cpu(head->nr_facts);

	if (memcmp(head->magic, STREAM_MAGIC, sizeof(head->magic)))
		return vfmig_reader_bad(r, "the data is not a vfmig stream");
	if (le16_to_cpu(head->format) != STREAM_FORMAT)
		return vfmig_reader_bad(r, "the head has an unknown format");
	if (nr_facts > VFMIG_MAX_FACTS)
		return vfmig_reader_bad(r, "the head has more than 32 facts");

	/* The facts follow in the same part: one CRC covers both. */
	r->at = VFMIG_AT_FACTS;
	r->need += nr_facts * VFMIG_STREAM_FACT_LEN;
	r->identity.nr_facts = nr_facts;
	return VFMIG_FOUND_MORE;
}

static int vfmig_check_facts(struct vfmig_reader *r)
{
	const struct stream_head *head = (const void *)r->part;
	const struct stream_fact *fact = (const void *)(head + 1);
	struct vfmig_identity *id = &r->identity;
	u32 i;

	if (vfmig_head_crc(head, id->nr_facts * sizeof(*fact)) !=
	    le32_to_cpu(head->crc))
		return vfmig_reader_bad(r, "the head's CRC is wrong, the stream was damaged");
	if (head->zero)
		return vfmig_reader_bad(r, "a reserved field of the head is not 0");
	if (head->backend[VFMIG_STREAM_NAME_LEN - 1])
		return vfmig_reader_bad(r, "the driver's name in the head is longer than 15 bytes");

	memcpy(id->backend, head->backend, sizeof(id->backend));
	id->version = le32_to_cpu(head->version);
	for (i = 0; i < id->nr_facts; i++) {
		if (fact[i].zero)
			return vfmig_reader_bad(r, "a reserved field of a fact is not 0");
		id->facts[i].id = le16_to_cpu(fact[i].id);
		id->facts[i].rule = le16_to_cpu(fact[i].rule);
		id->facts[i].value = le64_to_cpu(fact[i].value);
	}
	vfmig_reader_expect(r, VFMIG_AT_RECORD, VFMIG_STREAM_RECORD_LEN);
	return VFMIG_FOUND_HEAD;
}

static int vfmig_check_record(struct vfmig_reader *r)
{
	const struct stream_record *hdr = (const void *)r->part;
	struct vfmig_record *rec = &r->record;

	if (!memcmp(r->part, STREAM_MAGIC, sizeof(STREAM_MAGIC) - 1)) {
		vfmig_reader_begin_anew(r);
		return VFMIG_FOUND_MORE;
	}
	if (vfmig_record_crc(hdr) != le32_to_cpu(hdr->crc))
		return vfmig_reader_bad(r, vfmig_holds_head(r->part, sizeof(*hdr)) ?
					"the source began a new stream within the header" :
					"the header's CRC is wrong, the stream was damaged on the way");
	if (le32_to_cpu(hdr->seq) != r->records)
		return vfmig_reader_odd(r,
					"a record is missing, doubled or out of order, the one that came has number",
					le32_to_cpu(hdr->seq));
	if (hdr->zero)
		return vfmig_reader_bad(r, "the header's reserved field is not 0");

	rec->type = le16_to_cpu(hdr->type);
	rec->flags = le16_to_cpu(hdr->flags);
	rec->len = le32_to_cpu(hdr->len);
	r->payload_crc = le32_to_cpu(hdr->payload_crc);

	if (rec->flags & ~RECORD_FLAGS)
		return vfmig_reader_odd(r, "unknown flags", rec->flags);
	if (rec->len > VFMIG_RECORD_MAX)
		return vfmig_reader_odd(r, "the payload is longer than 1 MiB", rec->len);
	if (rec->flags & VFMIG_RECORD_NO_CRC && r->payload_crc)
		return vfmig_reader_odd(r, "the NO_CRC flag is set, but there is a CRC",
					r->payload_crc);
	if (rec->type < VFMIG_RECORD_BACKEND && rec->type != RECORD_END &&
	    !(rec->flags & VFMIG_RECORD_OPTIONAL))
		return vfmig_reader_odd(r,
					"unknown record type, load the source's version of vfmig",
					rec->type);
	if (rec->type == RECORD_END &&
	    (rec->len != sizeof(struct stream_end) || rec->flags))
		return vfmig_reader_bad(r, "the end record is malformed");

	if (r->by_pieces && rec->flags & VFMIG_RECORD_NO_CRC &&
	    rec->type >= VFMIG_RECORD_BACKEND) {
		vfmig_reader_expect(r, VFMIG_AT_BULK_HEAD, min(rec->len, r->bulk_head));
		return VFMIG_FOUND_MORE;
	}
	rec->data = r->payload;
	vfmig_reader_expect(r, VFMIG_AT_PAYLOAD, vfmig_padded(rec->len));
	return r->need > r->room ? VFMIG_FOUND_ROOM : VFMIG_FOUND_MORE;
}

static int vfmig_check_bulk_head(struct vfmig_reader *r)
{
	r->record.data = r->part;
	r->at = VFMIG_AT_BULK;
	r->need = r->record.len;
	return VFMIG_FOUND_MORE;
}

static int vfmig_check_end(struct vfmig_reader *r)
{
	const struct stream_end *end = (const void *)r->payload;

	if (le64_to_cpu(end->records) != r->records ||
	    le64_to_cpu(end->bytes) != r->bytes)
		return vfmig_reader_bad(r,
					"the end record counts other records or bytes than came");
	vfmig_reader_expect(r, VFMIG_AT_END, sizeof(STREAM_MAGIC) - 1);
	return VFMIG_FOUND_END;
}

/* What follows the end must be a head, which is known by its first bytes. */
static int vfmig_check_after_end(struct vfmig_reader *r)
{
	if (memcmp(r->part, STREAM_MAGIC, r->have))
		return vfmig_reader_bad(r, "the stream goes on after its end");
	if (r->have == r->need)
		vfmig_reader_begin_anew(r);
	return VFMIG_FOUND_MORE;
}

/* From @from to @to there is nothing but 0; @bytes may be NULL if that is none. */
static bool vfmig_is_padding(const u8 *bytes, u32 from, u32 to)
{
	for (; from < to; from++)
		if (bytes[from])
			return false;
	return true;
}

static void vfmig_reader_end_record(struct vfmig_reader *r)
{
	r->records++;
	r->bytes += r->record.len;
	vfmig_reader_expect(r, VFMIG_AT_RECORD, VFMIG_STREAM_RECORD_LEN);
}

static int vfmig_check_payload(struct vfmig_reader *r)
{
	struct vfmig_record *rec = &r->record;

	if (!vfmig_is_padding(r->payload, rec->len, r->need))
		return vfmig_reader_bad(r, "the padding is not 0");
	if (!(rec->flags & VFMIG_RECORD_NO_CRC) &&
	    vfmig_crc(r->payload, rec->len) != r->payload_crc)
		return vfmig_reader_bad(r, vfmig_holds_head(r->payload, rec->len) ?
					"the source began a new stream within the payload" :
					"the payload's CRC is wrong, the stream was damaged on the way");

	if (rec->type == RECORD_END)
		return vfmig_check_end(r);
	vfmig_reader_end_record(r);
	return rec->type < VFMIG_RECORD_BACKEND ? VFMIG_FOUND_MORE :
						  VFMIG_FOUND_RECORD;
}

static int vfmig_check_bulk_pad(struct vfmig_reader *r)
{
	if (!vfmig_is_padding(r->part, 0, r->need))
		return vfmig_reader_bad(r, "the padding is not 0");
	vfmig_reader_end_record(r);
	return VFMIG_FOUND_MORE;
}

static int vfmig_check_part(struct vfmig_reader *r)
{
	switch (r->at) {
	case VFMIG_AT_HEAD:
		return vfmig_check_head(r);
	case VFMIG_AT_FACTS:
		return vfmig_check_facts(r);
	case VFMIG_AT_RECORD:
		return vfmig_check_record(r);
	case VFMIG_AT_PAYLOAD:
		return vfmig_check_payload(r);
	case VFMIG_AT_BULK_HEAD:
		return vfmig_check_bulk_head(r);
	case VFMIG_AT_BULK_PAD:
		return vfmig_check_bulk_pad(r);
	default:
		return vfmig_reader_bad(r, "internal error of the reader");
	}
}

static size_t vfmig_reader_take(struct vfmig_reader *r, const void *buf,
				size_t len)
{
	u8 *to = r->at == VFMIG_AT_PAYLOAD ? r->payload : r->part;

	len = min_t(size_t, len, r->need - r->have);
	/* An empty payload may come before there is memory for any. */
	if (!len)
		return 0;
	memcpy(to + r->have, buf, len);
	r->have += len;
	return len;
}

/* Not copied: it is the backend that reads it, where it lies. */
static size_t vfmig_reader_take_piece(struct vfmig_reader *r, const void *buf,
				      size_t len)
{
	struct vfmig_piece *piece = &r->piece;

	piece->at = r->have;
	piece->len = min_t(size_t, len, r->need - r->have);
	piece->data = buf;
	r->have += piece->len;
	if (r->have == r->need)
		vfmig_reader_expect(r, VFMIG_AT_BULK_PAD,
				    vfmig_padded(r->record.len) - r->record.len);
	return piece->len;
}

/**
 * vfmig_reader_feed - read on
 * @r: the reader
 * @buf: the next bytes of the stream, of any alignment; read once
 * @len: their number
 * @used: set to the number of bytes taken; the rest is to be fed again
 *
 * Return: what was found, one of &enum vfmig_found, where VFMIG_FOUND_MORE
 * says that all bytes were taken; or -EINVAL with the reason in @r->why, and
 * so it stays.
 */
int vfmig_reader_feed(struct vfmig_reader *r, const void *buf, size_t len,
		      size_t *used)
{
	int found = VFMIG_FOUND_MORE;

	*used = 0;
	if (r->at == VFMIG_AT_ERROR)
		return -EINVAL;

	while (found == VFMIG_FOUND_MORE) {
		if (r->at == VFMIG_AT_PAYLOAD && r->need > r->room)
			return VFMIG_FOUND_ROOM;
		if (r->at == VFMIG_AT_END && *used == len)
			return VFMIG_FOUND_MORE;
		if (r->at == VFMIG_AT_BULK) {
			if (*used == len && r->have < r->need)
				return VFMIG_FOUND_MORE;
			*used += vfmig_reader_take_piece(r, buf + *used, len - *used);
			return VFMIG_FOUND_PIECE;
		}

		*used += vfmig_reader_take(r, buf + *used, len - *used);
		if (r->at == VFMIG_AT_END) {
			found = vfmig_check_after_end(r);
			continue;
		}
		if (r->have < r->need)
			return VFMIG_FOUND_MORE;
		found = vfmig_check_part(r);
	}
	return found;
}
