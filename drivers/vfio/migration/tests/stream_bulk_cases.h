/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bulk, the payload of records without a CRC, read by pieces. See
 * stream_sample.h.
 */
#ifndef VFMIG_STREAM_BULK_CASES_H
#define VFMIG_STREAM_BULK_CASES_H

#include "stream_cases.h"

/* Of every length modulo 8, none, and longer than any head. */
static const u32 bulk_lengths[] = { 0, 1, 5, 7, 8, 13, 16, 26, 100, SAMPLE_LONG };

#define BULK_ROOM	2048

/* Records of bulk, and others between them; ends as every stream does. */
static size_t make_bulk(u8 *bytes)
{
	struct vfmig_writer w = {};
	size_t pos = vfmig_head_len(&sample_identity);
	unsigned int i;
	u32 k;

	memset(bytes, 0xa5, BULK_ROOM);
	vfmig_put_head(bytes, &sample_identity);
	for (i = 0; i < ARRAY_SIZE(bulk_lengths); i++) {
		struct vfmig_record rec = {
			.type = 0x100 + i,
			.flags = i % 3 == 2 ? 0 : VFMIG_RECORD_NO_CRC,
			.len = bulk_lengths[i],
		};

		for (k = 0; k < rec.len; k++)
			bytes[pos + PAYLOAD(k)] = k * 7 + i;
		pos += vfmig_seal_record(&w, bytes + pos, &rec);
	}
	return pos + vfmig_put_end(&w, bytes + pos);
}

static bool bulk_reads_as(struct bench *b, const u8 *bytes, size_t len,
			  size_t first, size_t piece,
			  const struct reading *whole)
{
	struct reading cut = bench_read(b, bytes, len, first, piece);

	if (same_reading(&cut, whole))
		return true;
	case_note("head of %u, %zu bytes, then %zu at a time: %d", b->bulk_head,
		  first, piece, cut.verdict);
	return false;
}

static bool every_cut_reads_as(struct bench *b, const u8 *bytes, size_t len,
			       const struct reading *whole)
{
	bool good = true;
	size_t at;

	for (at = 1; good && at < len; at++)
		good = bulk_reads_as(b, bytes, len, at, len, whole);
	for (at = 1; good && at <= SMALL_PIECES; at++)
		good = bulk_reads_as(b, bytes, len, at, at, whole);
	return good;
}

static bool by_pieces_it_reads_the_same(void)
{
	static const u32 heads[] = { 0, 1, 8, 16, VFMIG_BULK_HEAD_MAX };
	struct bench *b = new_bench(BULK_ROOM);
	u8 *bytes = case_alloc(BULK_ROOM);
	bool good = b && bytes;
	struct reading whole;
	unsigned int i;
	size_t len;

	if (good) {
		len = make_bulk(bytes);
		whole = bench_read(b, bytes, len, len, len);
		good = !whole.verdict &&
		       whole.records == ARRAY_SIZE(bulk_lengths);
		b->by_pieces = true;
	}
	for (i = 0; good && i < ARRAY_SIZE(heads); i++) {
		b->bulk_head = heads[i];
		good = every_cut_reads_as(b, bytes, len, &whole);
	}
	case_free(bytes);
	free_bench(b);
	return good;
}

/* Where the payload of the @nth record begins. */
static size_t bulk_payload(unsigned int nth)
{
	size_t pos = vfmig_head_len(&sample_identity);

	while (nth--)
		pos += vfmig_record_len(bulk_lengths[nth]);
	return pos + PAYLOAD(0);
}

/* A flip in bulk is the backend's to find; anywhere else it is found. */
static bool only_bulk_may_flip(void)
{
	struct bench *b = new_bench(BULK_ROOM);
	u8 *bytes = case_alloc(BULK_ROOM);
	bool good = b && bytes;
	size_t at, len = 0;
	unsigned int i;

	if (good) {
		len = make_bulk(bytes);
		b->by_pieces = true;
		b->bulk_head = 8;
	}
	for (at = 0; good && at < len; at++) {
		bool bulk = false;

		for (i = 0; i < ARRAY_SIZE(bulk_lengths); i++)
			bulk |= i % 3 != 2 && at >= bulk_payload(i) &&
				at < bulk_payload(i) + bulk_lengths[i];
		bytes[at] ^= BIT(at % 8);
		good = (bench_read(b, bytes, len, len, len).verdict ==
			-EINVAL) != bulk;
		if (!good)
			case_note("byte %zu", at);
		bytes[at] ^= BIT(at % 8);
	}
	case_free(bytes);
	free_bench(b);
	return good;
}

static const struct stream_case bulk_cases[] = {
	{ "bulk by pieces, cut anywhere, adds up to the record",
	  by_pieces_it_reads_the_same },
	{ "by pieces, a bit flipped is refused anywhere but in bulk",
	  only_bulk_may_flip },
};

#endif /* VFMIG_STREAM_BULK_CASES_H */
