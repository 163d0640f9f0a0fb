// SPDX-License-Identifier: GPL-2.0-only
/* The stream: what is written is read, and what is damaged is refused. */
#include <stdlib.h>

#include "../../../drivers/vfio/migration/stream.c"
#include "tap.h"

#define ROOM	4096

static struct vfmig_identity identity = {
	.backend = "unit",
	.version = 3,
	.nr_facts = 2,
	.facts = {
		{ .id = VFMIG_FACT_VENDOR, .value = 0x8086 },
		{ .id = 0x100, .rule = VFMIG_FACT_AT_LEAST, .value = 4 },
	},
};

struct stream {
	size_t len;
	size_t starts[8];	/* of the head, the records, the end */
	u8 bytes[ROOM] __aligned(8);
};

/* What a reader saw of a stream, as one number. */
struct seen {
	int verdict;		/* 0: the stream was whole */
	unsigned int records;
	u32 digest;
};

static void add_record(struct stream *s, struct vfmig_writer *w, u16 type,
		       u16 flags, u32 len)
{
	struct vfmig_record rec = { .type = type, .flags = flags, .len = len };
	u32 i;

	for (i = 0; i < len; i++)
		s->bytes[s->len + VFMIG_STREAM_RECORD_LEN + i] = i * 7 + type;
	s->len += vfmig_seal_record(w, s->bytes + s->len, &rec);
}

static void make_stream(struct stream *s)
{
	struct vfmig_writer w = {};
	unsigned int i = 0;

	memset(s, 0, sizeof(*s));
	vfmig_put_head(s->bytes, &identity);
	s->starts[i++] = 0;
	s->len = vfmig_head_len(&identity);
	s->starts[i++] = s->len;
	add_record(s, &w, 0x100, 0, 64);
	s->starts[i++] = s->len;
	add_record(s, &w, 0x101, VFMIG_RECORD_OPTIONAL, 13);
	s->starts[i++] = s->len;
	s->len += vfmig_put_pad(&w, s->bytes + s->len);
	s->starts[i++] = s->len;
	add_record(s, &w, 0x102, 0, 1);
	s->starts[i++] = s->len;
	s->len += vfmig_put_end(&w, s->bytes + s->len);
	s->starts[i] = s->len;
}

/* Reads @len bytes, given in pieces of @piece; -ENODATA: not yet whole. */
static struct seen read_stream(const u8 *bytes, size_t len, size_t piece)
{
	struct seen seen = { .verdict = -ENODATA };
	struct vfmig_reader *r = malloc(sizeof(*r));
	size_t pos = 0, used, upto;
	void *payload = NULL;
	const char *why;
	u16 fact;
	int found;

	vfmig_reader_init(r);
	while (pos < len && (seen.verdict == -ENODATA || !seen.verdict)) {
		upto = min_t(size_t, len, pos - pos % piece + piece);
		found = vfmig_reader_feed(r, bytes + pos, upto - pos, &used);
		pos += used;
		switch (found) {
		case VFMIG_FOUND_MORE:
			if (pos != upto)
				abort();
			break;
		case VFMIG_FOUND_HEAD:
			if (vfmig_identity_match(&r->identity, &identity, &why,
						 &fact))
				seen.verdict = -EINVAL;
			break;
		case VFMIG_FOUND_ROOM:
			free(payload);
			payload = malloc(r->need);
			vfmig_reader_give(r, payload, r->need);
			break;
		case VFMIG_FOUND_RECORD:
			seen.records++;
			seen.digest = crc32c(seen.digest, r->record.data,
					     r->record.len);
			break;
		case VFMIG_FOUND_END:
			seen.verdict = 0;
			break;
		default:
			seen.verdict = found;
		}
	}
	free(payload);
	free(r);
	return seen;
}

static bool refused(const u8 *bytes, size_t len)
{
	return read_stream(bytes, len, ROOM).verdict == -EINVAL;
}

static void what_is_written_is_read(const struct stream *s)
{
	struct seen whole = read_stream(s->bytes, s->len, ROOM), cut;
	bool same = true;
	size_t piece;

	ok(!whole.verdict && whole.records == 3,
	   "a stream is read whole; what pads it is not handed on");
	for (piece = 1; piece < s->len; piece++) {
		cut = read_stream(s->bytes, s->len, piece);
		same &= !memcmp(&cut, &whole, sizeof(cut));
	}
	ok(same, "cut into pieces of every size it reads the same");
}

static void no_bit_may_flip(struct stream *s)
{
	size_t i, missed = 0;
	int bit;

	for (i = 0; i < s->len; i++) {
		for (bit = 0; bit < 8; bit++) {
			s->bytes[i] ^= 1 << bit;
			if (!read_stream(s->bytes, s->len, ROOM).verdict) {
				printf("# bit %d of byte %zu\n", bit, i);
				missed++;
			}
			s->bytes[i] ^= 1 << bit;
		}
	}
	ok(!missed, "with any one bit flipped it is not whole (%zu bits)",
	   s->len * 8);
}

static void cut_short_it_never_ends(const struct stream *s)
{
	bool good = true;
	size_t len;

	for (len = 0; len < s->len; len++)
		good &= read_stream(s->bytes, len, ROOM).verdict == -ENODATA;
	ok(good, "cut short at any byte it is neither whole nor wrong");
}

static void records_keep_their_order(const struct stream *s)
{
	struct stream t;
	size_t a = s->starts[1], b = s->starts[2], c = s->starts[3];

	t = *s;
	memmove(t.bytes + a, t.bytes + b, s->len - b);
	ok(refused(t.bytes, s->len - (b - a)), "a record missing is refused");

	t = *s;
	memmove(t.bytes + b, t.bytes + a, s->len - a);
	ok(refused(t.bytes, s->len + (b - a)), "a record doubled is refused");

	t = *s;
	memcpy(t.bytes + a, s->bytes + b, c - b);
	memcpy(t.bytes + a + (c - b), s->bytes + a, b - a);
	ok(refused(t.bytes, s->len), "two records swapped are refused");

	t = *s;
	memset(t.bytes + s->len, 0, 8);
	ok(refused(t.bytes, s->len + 8), "bytes after the end are refused");
}

/* A record header whose own CRC holds, saying what it should not. */
static bool header_refused(const struct stream *s,
			   const struct stream_record *hdr)
{
	struct stream_record sealed = *hdr;
	struct stream t = *s;

	sealed.crc = cpu_to_le32(record_crc(&sealed));
	memcpy(t.bytes + s->starts[1], &sealed, sizeof(sealed));
	return refused(t.bytes, s->len);
}

static void headers_are_believed_in_nothing(const struct stream *s)
{
	struct stream_record good, hdr;

	memcpy(&good, s->bytes + s->starts[1], sizeof(good));
	ok(!header_refused(s, &good), "the record header as it was is taken");

	hdr = good;
	hdr.len = cpu_to_le32(VFMIG_RECORD_MAX + 1);
	ok(header_refused(s, &hdr), "a record over the limit is refused");
	hdr.len = cpu_to_le32(~0U);
	ok(header_refused(s, &hdr), "a length that overflows is refused");
	hdr = good;
	hdr.flags = cpu_to_le16(BIT(2));
	ok(header_refused(s, &hdr), "an unknown flag is refused");
	hdr = good;
	hdr.zero = cpu_to_le32(1);
	ok(header_refused(s, &hdr), "a reserved field that is not 0 is refused");
	hdr = good;
	hdr.type = cpu_to_le16(0x50);
	ok(header_refused(s, &hdr), "an unknown mandatory type is refused");
	hdr = good;
	hdr.flags = cpu_to_le16(VFMIG_RECORD_NO_CRC);
	ok(header_refused(s, &hdr), "a CRC where none should be is refused");
	hdr = good;
	hdr.type = cpu_to_le16(RECORD_END);
	ok(header_refused(s, &hdr), "an end record of the wrong size is refused");
}

/* By the reader itself, before anybody looks at whose stream it is. */
static bool head_refused(const u8 *bytes)
{
	struct vfmig_reader *r = malloc(sizeof(*r));
	size_t used;
	int found;

	vfmig_reader_init(r);
	found = vfmig_reader_feed(r, bytes, vfmig_head_len(&identity), &used);
	free(r);
	return found == -EINVAL;
}

static void heads_are_believed_in_nothing(const struct stream *s)
{
	struct stream_head head;
	struct stream t = *s;

	ok(!head_refused(t.bytes), "the head as it was is taken");

	memcpy(&head, s->bytes, sizeof(head));
	head.nr_facts = cpu_to_le16(VFMIG_MAX_FACTS + 1);
	memcpy(t.bytes, &head, sizeof(head));
	ok(head_refused(t.bytes), "more facts than there may be are refused");

	memcpy(&head, s->bytes, sizeof(head));
	memset(head.backend, 'x', sizeof(head.backend));
	memcpy(t.bytes, &head, sizeof(head));
	head.crc = cpu_to_le32(head_crc((void *)t.bytes,
					2 * VFMIG_STREAM_FACT_LEN));
	memcpy(t.bytes, &head, sizeof(head));
	ok(head_refused(t.bytes), "a backend's name without an end is refused");
}

static void the_ends_counts_must_hold(void)
{
	struct vfmig_writer w = {};
	struct stream t = {};

	vfmig_put_head(t.bytes, &identity);
	t.len = vfmig_head_len(&identity);
	w.bytes = 1;
	t.len += vfmig_put_end(&w, t.bytes + t.len);
	ok(refused(t.bytes, t.len), "an end record that counts wrong is refused");
}

static bool fit(const struct vfmig_identity *source)
{
	const char *why;
	u16 fact;

	return !vfmig_identity_match(source, &identity, &why, &fact);
}

static void only_a_fit_device_takes_it(void)
{
	struct vfmig_identity id = identity;

	ok(fit(&id), "identity: the same device is fit");
	id.facts[0].value++;
	ok(!fit(&id), "identity: a fact that must be equal differs");
	id = identity;
	id.facts[1].value = 3;
	ok(fit(&id), "identity: at least: the destination has more");
	id.facts[1].value = 5;
	ok(!fit(&id), "identity: at least: the destination has less");
	id = identity;
	id.facts[1].rule = VFMIG_FACT_SUPERSET;
	ok(fit(&id), "identity: superset: the destination has every bit");
	id.facts[1].value = 5;
	ok(!fit(&id), "identity: superset: a bit is missing");
	id = identity;
	id.facts[1].rule = 7;
	ok(!fit(&id), "identity: an unknown rule does not hold");
	id = identity;
	id.facts[1].id = 0x101;
	ok(!fit(&id), "identity: a fact unknown to the destination");
	id = identity;
	id.nr_facts = 1;
	ok(!fit(&id), "identity: a fact the source does not state");
	id = identity;
	id.version++;
	ok(!fit(&id), "identity: another version of the backend");
	id = identity;
	id.backend[0]++;
	ok(!fit(&id), "identity: another backend");
}

static void bulk_may_go_without_a_crc(void)
{
	struct vfmig_writer w = {};
	struct stream s = {};

	vfmig_put_head(s.bytes, &identity);
	s.len = vfmig_head_len(&identity);
	add_record(&s, &w, 0x100, VFMIG_RECORD_NO_CRC, 32);
	s.bytes[s.len - 1] ^= 1;
	s.len += vfmig_put_end(&w, s.bytes + s.len);
	ok(!read_stream(s.bytes, s.len, ROOM).verdict,
	   "a payload without a CRC is the backend's to check");
}

int main(void)
{
	struct stream s;

	ok(crc_of("123456789", 9) == 0xe3069283, "CRC32C is the standard one");
	make_stream(&s);
	what_is_written_is_read(&s);
	no_bit_may_flip(&s);
	cut_short_it_never_ends(&s);
	records_keep_their_order(&s);
	headers_are_believed_in_nothing(&s);
	heads_are_believed_in_nothing(&s);
	the_ends_counts_must_hold();
	only_a_fit_device_takes_it();
	bulk_may_go_without_a_crc();
	return tap_end();
}
