/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream that has some of everything, and a bench that reads streams and says
 * more than a verdict. For tests; shared by KUnit and userspace, each of which
 * defines case_alloc(), case_free() and case_note().
 */
#ifndef VFMIG_STREAM_SAMPLE_H
#define VFMIG_STREAM_SAMPLE_H

/* Longer than any head, so that a head that lies about its length is read. */
#define SAMPLE_LONG	520
#define SAMPLE_ROOM	1024
#define SAMPLE_RECORDS	5
#define SAMPLE_PARTS	(SAMPLE_RECORDS + 2)

#define TYPE_END	0x0001
#define TYPE_UNKNOWN	0x0050

/* Parts: the head, the records, the end. start[nr] is the stream's length. */
struct sample {
	unsigned int nr;
	size_t len;
	size_t start[SAMPLE_PARTS + 1];
	u8 bytes[SAMPLE_ROOM] __aligned(8);
};

/* What a reader saw. */
struct reading {
	int verdict;		/* 0: whole; -ENODATA: not yet; or an errno */
	u32 records;
	u32 digest;
	u32 due;		/* where the next piece begins */
};

static const struct vfmig_identity sample_identity = {
	.backend = "sample",
	.version = 3,
	.nr_facts = 3,
	.facts = {
		{ .id = VFMIG_FACT_VENDOR, .value = 0x8086 },
		{ .id = 0x100, .rule = VFMIG_FACT_AT_LEAST, .value = 4 },
		{ .id = 0x101, .rule = VFMIG_FACT_SUPERSET, .value = 6 },
	},
};

static inline u64 peek(const u8 *at, unsigned int width)
{
	u64 value = 0;

	while (width--)
		value = value << 8 | at[width];
	return value;
}

static inline void poke(u8 *at, unsigned int width, u64 value)
{
	for (; width--; value >>= 8)
		*at++ = value;
}

static inline void end_part(struct sample *s, size_t len)
{
	s->len += len;
	s->start[++s->nr] = s->len;
}

static inline void put_sample_record(struct sample *s, struct vfmig_writer *w,
				     u16 type, u16 flags, u32 len)
{
	struct vfmig_record rec = { .type = type, .flags = flags, .len = len };
	u8 *payload = s->bytes + s->len + VFMIG_STREAM_RECORD_LEN;
	u32 i;

	for (i = 0; i < len; i++)
		payload[i] = i * 7 + type;
	end_part(s, vfmig_seal_record(w, s->bytes + s->len, &rec));
}

static inline void make_sample(struct sample *s)
{
	struct vfmig_writer w = {};

	memset(s, 0, sizeof(*s));
	/* What was in memory before must not shine through. */
	memset(s->bytes, 0xa5, sizeof(s->bytes));
	vfmig_put_head(s->bytes, &sample_identity);
	end_part(s, vfmig_head_len(&sample_identity));
	put_sample_record(s, &w, 0x100, 0, SAMPLE_LONG);
	put_sample_record(s, &w, 0x101, VFMIG_RECORD_OPTIONAL, 13);
	end_part(s, vfmig_put_pad(&w, s->bytes + s->len));
	put_sample_record(s, &w, TYPE_UNKNOWN, VFMIG_RECORD_OPTIONAL, 8);
	put_sample_record(s, &w, 0xffff, 0, 1);
	end_part(s, vfmig_put_end(&w, s->bytes + s->len));
}

static inline struct sample *new_sample(void)
{
	struct sample *s = case_alloc(sizeof(*s));

	if (s)
		make_sample(s);
	return s;
}

static inline void see_header(struct reading *seen,
			      const struct vfmig_record *rec)
{
	u8 what[8];

	poke(what, 2, rec->type);
	poke(what + 2, 2, rec->flags);
	poke(what + 4, 4, rec->len);
	seen->records++;
	seen->digest = crc32c(seen->digest, what, sizeof(what));
}

static inline void see_record(struct reading *seen,
			      const struct vfmig_record *rec)
{
	see_header(seen, rec);
	seen->digest = crc32c(seen->digest, rec->data, rec->len);
}

/* The pieces of a record add up to what the record is. */
static inline int see_piece(struct reading *seen, const struct vfmig_reader *r)
{
	const struct vfmig_piece *piece = &r->piece;
	const struct vfmig_record *rec = &r->record;
	u32 head = min(rec->len, r->bulk_head);

	if (piece->at == head) {
		see_header(seen, rec);
		seen->digest = crc32c(seen->digest, rec->data, head);
		seen->due = head;
	}
	if (piece->at != seen->due || piece->len > rec->len - piece->at)
		return -EPROTO;
	seen->due += piece->len;
	seen->digest = crc32c(seen->digest, piece->data, piece->len);
	return 0;
}

static inline int judge_identity(const struct vfmig_reader *r,
				 const struct vfmig_identity *here)
{
	const char *why;
	u16 fact;

	return vfmig_identity_match(&r->identity, here, &why, &fact);
}

/* A reader, and memory that is kept from one stream to the next. */
struct bench {
	struct vfmig_reader reader;
	const struct vfmig_identity *here;
	struct reading seen;
	void *payload;
	u32 payload_room;
	/* Records without a CRC come by pieces, after so many bytes. */
	bool by_pieces;
	u32 bulk_head;
	size_t most;
	u8 piece[];
};

/* For pieces of up to @most bytes. */
static inline struct bench *new_bench(size_t most)
{
	struct bench *b = case_alloc(sizeof(*b) + most);

	if (!b)
		return NULL;
	memset(b, 0, sizeof(*b));
	b->here = &sample_identity;
	b->most = most;
	return b;
}

static inline void free_bench(struct bench *b)
{
	if (b)
		case_free(b->payload);
	case_free(b);
}

static inline void begin_stream(struct bench *b)
{
	b->seen = (struct reading){ .verdict = -ENODATA };
	vfmig_reader_init(&b->reader);
	if (b->payload)
		vfmig_reader_give(&b->reader, b->payload, b->payload_room);
	if (b->by_pieces)
		vfmig_reader_by_pieces(&b->reader, b->bulk_head);
}

static inline int give_room(struct bench *b)
{
	u32 need = b->reader.need;

	case_free(b->payload);
	b->payload_room = need;
	b->payload = case_alloc(need);
	if (!b->payload)
		return -ENOMEM;
	vfmig_reader_give(&b->reader, b->payload, need);
	return 0;
}

static inline int act(struct bench *b, int found)
{
	switch (found) {
	case VFMIG_FOUND_MORE:
		return 0;
	case VFMIG_FOUND_HEAD:
		return judge_identity(&b->reader, b->here);
	case VFMIG_FOUND_ROOM:
		return give_room(b);
	case VFMIG_FOUND_RECORD:
		see_record(&b->seen, &b->reader.record);
		return 0;
	case VFMIG_FOUND_PIECE:
		return see_piece(&b->seen, &b->reader);
	case VFMIG_FOUND_END:
		b->seen.verdict = 0;
		return 0;
	}
	return found;
}

static inline int feed(struct bench *b, const u8 *piece, size_t len)
{
	size_t pos = 0, used;
	int found, ret;

	do {
		found = vfmig_reader_feed(&b->reader, piece + pos, len - pos,
					  &used);
		if (used > len - pos)
			return -EOVERFLOW;
		pos += used;
		ret = act(b, found);
	} while (!ret && found != VFMIG_FOUND_MORE);

	return ret ? ret : pos < len ? -EPROTO : 0;
}

/*
 * Each piece lies at the end of the memory there is, so that a look beyond it
 * is caught; and is overwritten after it was fed, so that a second look is.
 */
static inline int feed_a_copy(struct bench *b, const u8 *bytes, size_t len)
{
	u8 *piece = b->piece + b->most - len;
	int ret;

	memcpy(piece, bytes, len);
	ret = feed(b, piece, len);
	memset(piece, 0xff, len);
	return ret;
}

/* Reads @len bytes: @first of them, then always @piece more. */
static inline struct reading bench_read(struct bench *b, const u8 *bytes,
					size_t len, size_t first, size_t piece)
{
	size_t pos = 0, upto = min_t(size_t, first, len);
	int ret = 0;

	begin_stream(b);
	while (!ret && pos < len) {
		ret = feed_a_copy(b, bytes + pos, upto - pos);
		pos = upto;
		upto = min_t(size_t, pos + piece, len);
	}
	/* It may have begun anew since it was whole. */
	if (b->reader.at != VFMIG_AT_END || b->reader.have)
		b->seen.verdict = -ENODATA;
	if (ret)
		b->seen.verdict = ret;
	return b->seen;
}

static inline struct reading read_pieces_as(const struct vfmig_identity *here,
					    const u8 *bytes, size_t len,
					    size_t first, size_t piece)
{
	struct reading seen = { .verdict = -ENOMEM };
	struct bench *b = new_bench(first > piece ? first : piece);

	if (!b)
		return seen;
	b->here = here;
	seen = bench_read(b, bytes, len, first, piece);
	free_bench(b);
	return seen;
}

static inline struct reading read_pieces(const u8 *bytes, size_t len,
					 size_t first, size_t piece)
{
	return read_pieces_as(&sample_identity, bytes, len, first, piece);
}

static inline struct reading read_whole(const u8 *bytes, size_t len)
{
	return read_pieces(bytes, len, len, len);
}

#endif /* VFMIG_STREAM_SAMPLE_H */
