/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What holds of the writer and the reader of the stream. See stream_sample.h.
 */
#ifndef VFMIG_STREAM_CASES_H
#define VFMIG_STREAM_CASES_H

#include "stream_damage_cases.h"

struct stream_case {
	const char *rule;
	bool (*holds)(void);
};

static bool same_reading(const struct reading *a, const struct reading *b)
{
	return a->verdict == b->verdict && a->records == b->records &&
	       a->digest == b->digest;
}

static bool crc_is_the_standard_one(void)
{
	return (u32)~crc32c(~0U, "123456789", 9) == 0xe3069283;
}

/* Where the description at the top of stream.c puts things. */
static bool fields_lie_where_they_are_described(void)
{
	struct sample *s = new_sample();
	const u8 *head, *rec, *end;
	bool good;

	if (!s)
		return false;
	head = s->bytes;
	rec = s->bytes + s->start[1];
	end = s->bytes + s->start[SAMPLE_PARTS - 1];

	good = !memcmp(head, "vfmigstr", 8) && peek(head + 8, 2) == 1 &&
	       peek(head + 10, 2) == 3 && peek(head + 12, 4) == 3 &&
	       !memcmp(head + 16, "sample\0\0\0\0\0\0\0\0\0", 16) &&
	       !peek(head + 32, 4) && peek(head + 40, 2) == 1 &&
	       !peek(head + 42, 2) && !peek(head + 44, 4) &&
	       peek(head + 48, 8) == 0x8086 && peek(head + 56, 2) == 0x100 &&
	       peek(head + 58, 2) == 1 && peek(head + 64, 8) == 4;
	good &= peek(rec, 2) == 0x100 && !peek(rec + 2, 2) &&
		!peek(rec + 4, 4) && peek(rec + 8, 4) == SAMPLE_LONG &&
		!peek(rec + 16, 4);
	good &= peek(end, 2) == TYPE_END && !peek(end + 2, 2) &&
		peek(end + 4, 4) == SAMPLE_RECORDS && peek(end + 8, 4) == 16 &&
		peek(end + 24, 8) == SAMPLE_RECORDS &&
		peek(end + 32, 8) == SAMPLE_LONG + 13 + 8 + 1;
	case_free(s);
	return good;
}

static bool writer_seals_as_described(void)
{
	struct sample *s = new_sample(), *t = new_sample();
	unsigned int part;
	bool good = s && t;

	for (part = 0; good && part < SAMPLE_PARTS; part++) {
		u8 *at = t->bytes + t->start[part];

		if (!part) {
			seal_head(at, t->start[1]);
			continue;
		}
		seal_payload(at, peek(at + 8, 4));
		seal_header(at);
	}
	good = good && !memcmp(s->bytes, t->bytes, s->len);
	case_free(s);
	case_free(t);
	return good;
}

static bool padding_is_0(void)
{
	struct sample *s = new_sample();
	bool good = s;
	unsigned int part;

	for (part = 1; s && part < SAMPLE_PARTS; part++) {
		const u8 *at = s->bytes + s->start[part];
		size_t len = s->start[part + 1] - s->start[part];
		u32 i;

		good &= !(len & 7);
		for (i = PAYLOAD(peek(at + 8, 4)); i < len; i++)
			good &= !at[i];
	}
	case_free(s);
	return good;
}

static bool what_is_written_is_read(void)
{
	struct reading expected = { .verdict = 0 }, seen;
	struct sample *s = new_sample();
	static const u8 parts[] = { 1, 2, 5 };
	struct vfmig_record rec;
	bool good;
	u32 i;

	if (!s)
		return false;
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		u8 *at = s->bytes + s->start[parts[i]];

		rec = (struct vfmig_record){
			.type = peek(at, 2), .flags = peek(at + 2, 2),
			.len = peek(at + 8, 4), .data = at + PAYLOAD(0),
		};
		see_record(&expected, &rec);
	}
	seen = read_whole(s->bytes, s->len);
	good = same_reading(&seen, &expected);
	case_free(s);
	return good;
}

static bool reads_as(struct bench *b, const struct sample *s, size_t first,
		     size_t piece, const struct reading *whole)
{
	struct reading cut = bench_read(b, s->bytes, s->len, first, piece);

	if (same_reading(&cut, whole))
		return true;
	case_note("%zu bytes, then %zu at a time: %d", first, piece,
		  cut.verdict);
	return false;
}

#define SMALL_PIECES	48

/* In two pieces cut anywhere, and in equal pieces. */
static bool read_the_same_however_cut(void)
{
	struct sample *s = new_sample();
	struct bench *b = new_bench(SAMPLE_ROOM);
	bool good = s && b;
	struct reading whole;
	size_t at;

	if (good) {
		whole = bench_read(b, s->bytes, s->len, s->len, s->len);
		good = !whole.verdict;
	}
	for (at = 1; good && at < s->len; at++)
		good = reads_as(b, s, at, s->len, &whole);
	for (at = 1; good && at <= SMALL_PIECES; at++)
		good = reads_as(b, s, at, at, &whole);
	free_bench(b);
	case_free(s);
	return good;
}

static bool nothing_is_found_in_no_bytes(void)
{
	struct sample *s = new_sample();
	struct bench *b = new_bench(1);
	size_t i, used = 1;
	bool good = s && b;

	if (good)
		begin_stream(b);
	for (i = 0; good && i < s->len; i++) {
		int found = vfmig_reader_feed(&b->reader, s->bytes, 0, &used);

		/* It may still ask for room, for what it has seen already. */
		good = !used && (found == VFMIG_FOUND_MORE ||
				 (found == VFMIG_FOUND_ROOM && !give_room(b)));
		good = good && !feed_a_copy(b, s->bytes + i, 1);
	}
	free_bench(b);
	case_free(s);
	return good;
}

static bool no_bit_may_flip(void)
{
	struct sample *s = new_sample();
	struct bench *b = new_bench(SAMPLE_ROOM);
	bool good = s && b;
	size_t bit;
	int verdict;

	for (bit = 0; s && b && bit < s->len * 8; bit++) {
		s->bytes[bit / 8] ^= BIT(bit % 8);
		verdict = bench_read(b, s->bytes, s->len, s->len,
				     s->len).verdict;
		if (verdict != -EINVAL) {
			case_note("bit %zu: %d", bit, verdict);
			good = false;
		}
		s->bytes[bit / 8] ^= BIT(bit % 8);
	}
	free_bench(b);
	case_free(s);
	return good;
}

static bool cut_short_it_is_neither_whole_nor_wrong(void)
{
	struct sample *s = new_sample();
	struct bench *b = new_bench(SAMPLE_ROOM);
	struct reading seen;
	bool good = s && b;
	u32 most = 0;
	size_t len;

	for (len = 0; s && b && len < s->len; len++) {
		seen = bench_read(b, s->bytes, len, len, len);
		if (seen.verdict != -ENODATA || seen.records < most) {
			case_note("after %zu bytes: %d, %u records", len,
				  seen.verdict, seen.records);
			good = false;
		}
		most = seen.records;
	}
	free_bench(b);
	case_free(s);
	return good && most == 3;
}

/* The parts of the sample in another order; ends with a part SAMPLE_PARTS. */
static int verdict_of_order(const struct sample *s, const u8 *order)
{
	struct sample *t = case_alloc(2 * sizeof(*t));
	u8 *bytes = (u8 *)t;
	size_t len = 0;
	int verdict;

	if (!t)
		return -ENOMEM;
	for (; *order < SAMPLE_PARTS; order++) {
		size_t part = s->start[*order + 1] - s->start[*order];

		memcpy(bytes + len, s->bytes + s->start[*order], part);
		len += part;
	}
	verdict = read_whole(bytes, len).verdict;
	case_free(t);
	return verdict;
}

static bool order_refused(const struct sample *s, const u8 *order,
			  const char *what, unsigned int a, unsigned int b)
{
	int verdict = verdict_of_order(s, order);

	if (verdict == -EINVAL)
		return true;
	case_note("%s %u, %u: %d", what, a, b, verdict);
	return false;
}

static void in_order(u8 *order)
{
	unsigned int i;

	for (i = 0; i <= SAMPLE_PARTS; i++)
		order[i] = i;
}

static bool any_two_swapped_are_refused(void)
{
	struct sample *s = new_sample();
	u8 order[SAMPLE_PARTS + 1];
	unsigned int a, b;
	bool good = s;

	for (a = 0; s && a < SAMPLE_PARTS; a++) {
		for (b = a + 1; b < SAMPLE_PARTS; b++) {
			in_order(order);
			order[a] = b;
			order[b] = a;
			good &= order_refused(s, order, "swapped", a, b);
		}
	}
	case_free(s);
	return good;
}

/* At its own place and at every later one; a second head: see below. */
static bool any_one_doubled_is_refused(void)
{
	struct sample *s = new_sample();
	u8 order[SAMPLE_PARTS + 2];
	unsigned int a, at;
	bool good = s;

	for (a = 1; s && a < SAMPLE_PARTS; a++) {
		for (at = a + 1; at <= SAMPLE_PARTS; at++) {
			in_order(order);
			memmove(order + at + 1, order + at,
				SAMPLE_PARTS + 1 - at);
			order[at] = a;
			good &= order_refused(s, order, "doubled", a, at);
		}
	}
	case_free(s);
	return good;
}

static bool any_one_missing_is_refused(void)
{
	struct sample *s = new_sample();
	u8 order[SAMPLE_PARTS + 1];
	bool good = s;
	unsigned int a;

	/* The end missing is a stream cut short. */
	for (a = 0; s && a < SAMPLE_PARTS - 1; a++) {
		in_order(order);
		memmove(order + a, order + a + 1, SAMPLE_PARTS - a);
		good &= order_refused(s, order, "missing", a, a);
	}
	case_free(s);
	return good;
}

/* Takes parts out, from @a to before @b, and makes the later numbers fit. */
static void take_out(struct sample *s, unsigned int a, unsigned int b)
{
	size_t gap = s->start[b] - s->start[a];
	unsigned int i;
	u8 *at;

	memmove(s->bytes + s->start[a], s->bytes + s->start[b],
		s->len - s->start[b]);
	s->len -= gap;
	for (i = b; i < SAMPLE_PARTS; i++) {
		at = s->bytes + s->start[i] - gap;
		poke(at + 4, 4, peek(at + 4, 4) - (b - a));
		poke(at + 20, 4, ~crc32c(~0U, at, 20));
	}
}

/* Up to the end: that comes too early. */
static bool any_missing_are_refused_though_renumbered(void)
{
	struct sample *s = new_sample();
	unsigned int a, b;
	bool good = s;
	int verdict;

	for (a = 1; s && a < SAMPLE_PARTS - 1; a++) {
		for (b = a + 1; b < SAMPLE_PARTS; b++) {
			make_sample(s);
			take_out(s, a, b);
			verdict = read_whole(s->bytes, s->len).verdict;
			if (verdict == -EINVAL)
				continue;
			case_note("without %u to %u: %d", a, b - 1, verdict);
			good = false;
		}
	}
	case_free(s);
	return good;
}

static bool it_does_not_go_on_after_its_end(void)
{
	struct sample *s = new_sample();
	bool good = s;
	size_t more;

	for (more = 1; s && more <= 24; more++) {
		memset(s->bytes + s->len, 0, more);
		good &= read_whole(s->bytes, s->len + more).verdict == -EINVAL;
		/* And neither where it comes with the next access. */
		good &= read_pieces(s->bytes, s->len + more, s->len,
				    more).verdict == -EINVAL;
	}
	case_free(s);
	return good;
}

/* Both are the same, and the first one is cut after @parts of its parts. */
static bool begins_anew_after(const struct sample *s, unsigned int parts,
			      size_t piece)
{
	size_t first = s->start[parts], len = first + s->len;
	struct reading once = read_whole(s->bytes, s->len), seen;
	u8 *bytes = case_alloc(len);
	bool good;

	if (!bytes)
		return false;
	memcpy(bytes, s->bytes, first);
	memcpy(bytes + first, s->bytes, s->len);
	seen = read_pieces(bytes, len, piece ?: first, piece ?: s->len);
	good = !seen.verdict && seen.records >= once.records;
	if (!good)
		case_note("after %u parts, by %zu: %d", parts, piece,
			  seen.verdict);

	/* Nor is it over before the second one is. */
	seen = read_pieces(bytes, len - 1, piece ?: first, piece ?: s->len);
	good &= seen.verdict == -ENODATA;
	case_free(bytes);
	return good;
}

static bool a_head_starts_the_stream_over(void)
{
	struct sample *s = new_sample();
	unsigned int parts;
	bool good = s;

	for (parts = 1; s && parts <= SAMPLE_PARTS; parts++)
		good &= begins_anew_after(s, parts, 0) &&
			begins_anew_after(s, parts, 1) &&
			begins_anew_after(s, parts, 7);
	case_free(s);
	return good;
}

/* Cut anywhere else, the first one is refused as any torn stream. */
static bool within_a_part_it_does_not(void)
{
	struct sample *s = new_sample();
	u8 *bytes = case_alloc(2 * sizeof(*s));
	bool good = s && bytes;
	unsigned int part;
	size_t at;

	for (part = 0; good && part < SAMPLE_PARTS; part++) {
		for (at = s->start[part] + 1; at < s->start[part + 1]; at++) {
			memcpy(bytes, s->bytes, at);
			memcpy(bytes + at, s->bytes, s->len);
			if (read_whole(bytes, at + s->len).verdict != -EINVAL) {
				case_note("torn at %zu", at);
				good = false;
			}
		}
	}
	case_free(bytes);
	case_free(s);
	return good;
}

static bool once_refused_it_stays_refused(void)
{
	struct sample *s = new_sample();
	struct bench *b = new_bench(0);
	size_t used = 1;
	bool good = s && b;

	if (good) {
		begin_stream(b);
		s->bytes[0] ^= 1;
		good = feed(b, s->bytes, s->len) == -EINVAL;
		s->bytes[0] ^= 1;
		good = good && b->reader.why &&
		       vfmig_reader_feed(&b->reader, s->bytes, s->len,
					 &used) == -EINVAL && !used;
	}
	free_bench(b);
	case_free(s);
	return good;
}

static const struct stream_case stream_cases[] = {
	{ "CRC32C is the standard one", crc_is_the_standard_one },
	{ "every field lies where it is described",
	  fields_lie_where_they_are_described },
	{ "every part is sealed as described", writer_seals_as_described },
	{ "padding is 0, whatever was in memory", padding_is_0 },
	{ "what is written is read; what pads or is unknown is not handed on",
	  what_is_written_is_read },
	{ "cut in two at any byte, or into equal pieces, it reads the same",
	  read_the_same_however_cut },
	{ "nothing is found in no bytes, wherever the stream is",
	  nothing_is_found_in_no_bytes },
	{ "with any one bit flipped it is refused", no_bit_may_flip },
	{ "cut short at any byte it is neither whole nor wrong",
	  cut_short_it_is_neither_whole_nor_wrong },
	{ "any two parts swapped are refused", any_two_swapped_are_refused },
	{ "any part doubled, here or later, is refused",
	  any_one_doubled_is_refused },
	{ "any part missing is refused", any_one_missing_is_refused },
	{ "records missing are refused, though the others were renumbered",
	  any_missing_are_refused_though_renumbered },
	{ "nothing but a head may follow the end",
	  it_does_not_go_on_after_its_end },
	{ "a head between two parts, or after the end, starts the stream over",
	  a_head_starts_the_stream_over },
	{ "within a part it does not", within_a_part_it_does_not },
	{ "once refused, always refused, with a reason",
	  once_refused_it_stays_refused },
};

#endif /* VFMIG_STREAM_CASES_H */
