// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream: read in one go, in pieces, byte by byte, and with bulk handed on
 * as it comes. All see the same; a second opinion agrees; what is taken is what
 * the writer would write.
 */
#include <string.h>
#include <linux/crc32c.h>
#include <linux/errno.h>

#include "stream.h"
#include "fuzz.h"
#include "oracle.h"

/* What a reader saw; the same however the stream was cut. */
struct seen {
	enum verdict verdict;
	const char *why;
	u32 records;
	u32 digest;
};

struct reading {
	struct vfmig_reader reader;
	struct seen seen;
	u8 *payload;
	u32 due;		/* where the next piece begins */
};

/* Writes again what is read, and holds it against the input as it grows. */
struct copyist {
	struct vfmig_writer writer;
	const u8 *original;
	size_t at;
	size_t have;
	u8 *buf;
};

static void digest(struct seen *seen, const void *from, size_t len)
{
	seen->digest = crc32c(seen->digest, from, len);
}

static void match(const struct vfmig_identity *source,
		  const struct vfmig_identity *here)
{
	const char *why;
	u16 fact;
	int ret;

	ret = vfmig_identity_match(source, here, &why, &fact);
	must(!ret == judge_identity(source, here));
	must(!ret == !why);
	must(!fact || ret == -EINVAL);
}

/* Destinations that are the source, or are but for one thing. */
static void match_all(const struct vfmig_identity *id, const struct input *in)
{
	struct vfmig_identity here = *id;
	u32 nr = id->nr_facts;

	match(id, &here);
	here.version++;
	match(id, &here);
	here = *id;
	here.backend[in->cut[0] % sizeof(here.backend)]++;
	match(id, &here);
	here = *id;
	if (nr) {
		here.facts[in->cut[0] % nr].value += (s8)in->cut[1] / 64;
		match(id, &here);
		here = *id;
		here.nr_facts--;
		match(id, &here);
		here = *id;
	}
	if (nr < VFMIG_MAX_FACTS) {
		here.facts[here.nr_facts++].id = in->cut[2];
		match(id, &here);
	}
}

static void on_head(struct reading *rd, const struct input *in)
{
	const struct vfmig_identity *id = &rd->reader.identity;

	must(id->nr_facts <= VFMIG_MAX_FACTS);
	must(!id->backend[VFMIG_STREAM_NAME_LEN - 1]);
	digest(&rd->seen, id, sizeof(*id));
	match_all(id, in);
}

static void on_room(struct reading *rd)
{
	u8 byte = 0;
	size_t used;

	must(rd->reader.need > rd->reader.room);
	must(rd->reader.need <= VFMIG_RECORD_MAX && rd->reader.need % 8 == 0);
	/* It takes nothing before it has got some. */
	must(vfmig_reader_feed(&rd->reader, &byte, 1, &used) == VFMIG_FOUND_ROOM);
	must(!used);
	free(rd->payload);
	rd->payload = malloc(rd->reader.need);
	must(rd->payload);
	vfmig_reader_give(&rd->reader, rd->payload, rd->reader.need);
}

static void on_record(struct reading *rd)
{
	const struct vfmig_record *rec = &rd->reader.record;

	must(rec->type >= VFMIG_RECORD_BACKEND);
	must(rec->len <= VFMIG_RECORD_MAX);
	must(rec->len <= rd->reader.room);
	must(rec->data == rd->payload);
	rd->seen.records++;
	digest(&rd->seen, &rec->type, sizeof(rec->type));
	digest(&rd->seen, &rec->flags, sizeof(rec->flags));
	digest(&rd->seen, &rec->len, sizeof(rec->len));
	digest(&rd->seen, rec->data, rec->len);
}

static void on_piece(struct reading *rd)
{
	const struct vfmig_piece *piece = &rd->reader.piece;
	const struct vfmig_record *rec = &rd->reader.record;
	u32 head = rec->len < rd->reader.bulk_head ? rec->len :
						     rd->reader.bulk_head;

	must(rec->type >= VFMIG_RECORD_BACKEND);
	must(rec->len <= VFMIG_RECORD_MAX);
	must(rec->flags & VFMIG_RECORD_NO_CRC);
	if (piece->at == head) {
		rd->seen.records++;
		digest(&rd->seen, &rec->type, sizeof(rec->type));
		digest(&rd->seen, &rec->flags, sizeof(rec->flags));
		digest(&rd->seen, &rec->len, sizeof(rec->len));
		digest(&rd->seen, rec->data, head);
		rd->due = head;
	}
	must(piece->at == rd->due);
	must(piece->len <= rec->len - piece->at);
	rd->due += piece->len;
	digest(&rd->seen, piece->data, piece->len);
}

static void on_error(struct reading *rd, int found)
{
	u8 byte = 0;
	size_t used;

	must(found == -EINVAL);
	must(rd->reader.why && *rd->reader.why);
	must(vfmig_reader_feed(&rd->reader, &byte, 1, &used) == -EINVAL);
	must(!used);
	rd->seen.verdict = VERDICT_WRONG;
	rd->seen.why = rd->reader.why;
}

static void feed(struct reading *rd, const struct input *in, const u8 *piece,
		 size_t len)
{
	size_t pos = 0, used;
	int found;

	do {
		found = vfmig_reader_feed(&rd->reader, piece + pos, len - pos,
					  &used);
		must(used <= len - pos);
		pos += used;
		switch (found) {
		case VFMIG_FOUND_MORE:
			must(pos == len);
			break;
		case VFMIG_FOUND_HEAD:
			on_head(rd, in);
			break;
		case VFMIG_FOUND_ROOM:
			on_room(rd);
			break;
		case VFMIG_FOUND_RECORD:
			on_record(rd);
			break;
		case VFMIG_FOUND_PIECE:
			on_piece(rd);
			break;
		case VFMIG_FOUND_END:
			rd->seen.verdict = VERDICT_WHOLE;
			break;
		default:
			on_error(rd, found);
		}
	} while (found > VFMIG_FOUND_MORE);

	/* It has ended and begins anew. */
	if (rd->seen.verdict == VERDICT_WHOLE && rd->reader.at != VFMIG_AT_END)
		rd->seen.verdict = VERDICT_SHORT;
	if (rd->seen.verdict == VERDICT_WHOLE && rd->reader.have)
		rd->seen.verdict = VERDICT_SHORT;
}

/* Memory of just this size, and gone afterwards. */
static void feed_copy(struct reading *rd, const struct input *in, size_t at,
		      size_t len)
{
	u8 *piece = malloc(len);

	must(piece);
	memcpy(piece, in->bytes + at, len);
	feed(rd, in, piece, len);
	free(piece);
}

static void reading_init(struct reading *rd)
{
	memset(rd, 0, sizeof(*rd));
	vfmig_reader_init(&rd->reader);
}

static struct seen read_pieces(const struct input *in, bool cut, bool bulk)
{
	size_t at, piece, nr = 0;
	struct reading rd;

	reading_init(&rd);
	if (bulk)
		vfmig_reader_by_pieces(&rd.reader,
				       in->cut[0] * 2 % VFMIG_BULK_HEAD_MAX);
	for (at = 0; at < in->len; at += piece) {
		piece = cut ? input_piece(in, nr++) : in->len;
		if (piece > in->len - at)
			piece = in->len - at;
		feed_copy(&rd, in, at, piece);
		if (rd.seen.verdict == VERDICT_WRONG)
			break;
	}
	free(rd.payload);
	return rd.seen;
}

/* What is at @copy->buf is how the part that is just read is written. */
static void compare(struct copyist *copy, size_t upto, size_t written)
{
	must(written == upto - copy->at);
	must(!memcmp(copy->buf, copy->original + copy->at, written));
	copy->at = upto;
}

static void write_again(struct copyist *copy, const struct reading *rd,
			enum vfmig_reader_at was, size_t upto)
{
	const struct vfmig_reader *r = &rd->reader;
	u8 *payload = copy->buf + VFMIG_STREAM_RECORD_LEN;

	if (rd->seen.verdict == VERDICT_WRONG)
		return;
	if (rd->seen.verdict == VERDICT_WHOLE) {
		compare(copy, upto, vfmig_put_end(&copy->writer, copy->buf));
	} else if (was < VFMIG_AT_RECORD && r->at == VFMIG_AT_RECORD) {
		copy->writer = (struct vfmig_writer){};
		vfmig_put_head(copy->buf, &r->identity);
		compare(copy, upto, vfmig_head_len(&r->identity));
	} else if (r->records != copy->writer.records) {
		if (r->record.len)
			memcpy(payload, r->payload, r->record.len);
		must(vfmig_record_len(r->record.len) == upto - copy->at);
		compare(copy, upto, vfmig_seal_record(&copy->writer, copy->buf,
						      &r->record));
		must(r->records == copy->writer.records);
		must(r->bytes == copy->writer.bytes);
	}
}

/* A byte completes one part at the most, which so can be looked at. */
static struct seen read_bytes(const struct input *in)
{
	struct copyist copy = {
		.original = in->bytes,
		.buf = malloc(in->len + VFMIG_STREAM_HEAD_MAX),
	};
	enum vfmig_reader_at was;
	struct reading rd;
	size_t at;

	must(copy.buf);
	reading_init(&rd);
	for (at = 0; at < in->len && rd.seen.verdict != VERDICT_WRONG; at++) {
		was = rd.reader.at;
		feed(&rd, in, in->bytes + at, 1);
		write_again(&copy, &rd, was, at + 1);
	}
	must(rd.seen.verdict != VERDICT_WHOLE || copy.at == in->len);
	free(copy.buf);
	free(rd.payload);
	return rd.seen;
}

static void must_agree(const struct seen *one, const struct seen *other)
{
	must(one->verdict == other->verdict);
	must(one->why == other->why);
	must(one->records == other->records);
	must(one->digest == other->digest);
}

int fuzz_one(const u8 *data, size_t size)
{
	struct seen whole, cut, bulk, bytes;
	struct opinion opinion;
	struct input in;

	if (!input_split(&in, data, size))
		return 0;

	whole = read_pieces(&in, false, false);
	cut = read_pieces(&in, true, false);
	bulk = read_pieces(&in, true, true);
	bytes = read_bytes(&in);
	must_agree(&whole, &cut);
	must_agree(&whole, &bytes);
	must(bulk.verdict == whole.verdict && bulk.why == whole.why);
	/* Before a record is whole its pieces are seen, and it is not. */
	if (whole.verdict == VERDICT_WHOLE)
		must_agree(&whole, &bulk);

	opinion = judge_stream(in.bytes, in.len);
	must(whole.verdict == opinion.verdict);
	must(whole.records == opinion.records);
	return 0;
}
