/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Streams at the edges of what there may be, and what a destination says of a
 * source. See stream_sample.h.
 */
#ifndef VFMIG_STREAM_EDGE_CASES_H
#define VFMIG_STREAM_EDGE_CASES_H

#include "stream_cases.h"

#define MANY_PIECES	4093

/* A stream of one record, whose payload is 0, 1, 2 ... modulo 251. */
static u8 *new_one_record(u32 len, u16 flags, size_t *total)
{
	struct vfmig_record rec = { .type = 0x100, .flags = flags, .len = len };
	size_t at = vfmig_head_len(&sample_identity);
	struct vfmig_writer w = {};
	u8 *bytes;
	u32 i;

	*total = at + vfmig_record_len(len) + VFMIG_STREAM_END_LEN;
	bytes = case_alloc(*total);
	if (!bytes)
		return NULL;
	vfmig_put_head(bytes, &sample_identity);
	for (i = 0; i < len; i++)
		bytes[at + PAYLOAD(i)] = i % 251;
	at += vfmig_seal_record(&w, bytes + at, &rec);
	vfmig_put_end(&w, bytes + at);
	return bytes;
}

static bool a_record_may_have(u32 len)
{
	struct reading expected = {}, whole, cut;
	size_t head = vfmig_head_len(&sample_identity), total;
	struct vfmig_record rec = { .type = 0x100, .len = len };
	u8 *bytes = new_one_record(len, 0, &total);
	bool good;

	if (!bytes)
		return false;
	rec.data = bytes + head + PAYLOAD(0);
	see_record(&expected, &rec);
	whole = read_whole(bytes, total);
	cut = read_pieces(bytes, total, MANY_PIECES, MANY_PIECES);
	good = same_reading(&whole, &expected) &&
	       same_reading(&cut, &expected);
	if (!good)
		case_note("%u bytes: %d, in pieces %d", len, whole.verdict,
			  cut.verdict);
	case_free(bytes);
	return good;
}

static bool payloads_of_any_size(void)
{
	static const u32 sizes[] = {
		1, 2, 7, 8, 9, 15, 16, 17, 4095, 4096, 4097,
		VFMIG_RECORD_MAX - 8, VFMIG_RECORD_MAX - 1, VFMIG_RECORD_MAX,
	};
	bool good = true;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		good &= a_record_may_have(sizes[i]);
	return good;
}

static bool a_payload_of_nothing(void)
{
	return a_record_may_have(0);
}

/* Refused by its header, before any room is asked for. */
static bool no_room_for_a_lie(void)
{
	static const u32 lies[] = {
		VFMIG_RECORD_MAX + 1, VFMIG_RECORD_MAX + 8, BIT(31),
		U32_MAX - 7, U32_MAX,
	};
	struct sample *s = new_sample();
	struct bench *b = new_bench(SAMPLE_ROOM);
	bool good = s && b;
	unsigned int i;

	for (i = 0; good && i < ARRAY_SIZE(lies); i++) {
		u8 *rec = s->bytes + s->start[1];
		size_t len = s->start[1] + PAYLOAD(0);

		poke(rec + 8, 4, lies[i]);
		seal_header(rec);
		good = bench_read(b, s->bytes, len, len, len).verdict ==
		       -EINVAL && !b->payload;
	}
	free_bench(b);
	case_free(s);
	return good;
}

/* What comes without a CRC is the backend's to check. */
static bool bulk_may_go_without_a_crc(void)
{
	size_t at = vfmig_head_len(&sample_identity) + PAYLOAD(3), total;
	u8 *bytes = new_one_record(32, VFMIG_RECORD_NO_CRC, &total);
	struct reading was, is;
	bool good;

	if (!bytes)
		return false;
	was = read_whole(bytes, total);
	bytes[at] ^= 1;
	is = read_whole(bytes, total);
	good = !was.verdict && !is.verdict && was.digest != is.digest;
	case_free(bytes);
	return good;
}

/* A stream that has nothing but a head, told to one who says the same. */
static int verdict_of_head(const struct vfmig_identity *id, bool in_bytes)
{
	size_t len = vfmig_head_len(id), piece;
	struct vfmig_writer w = {};
	u8 *bytes = case_alloc(len + VFMIG_STREAM_END_LEN);
	int verdict;

	if (!bytes)
		return -ENOMEM;
	vfmig_put_head(bytes, id);
	len += vfmig_put_end(&w, bytes + len);
	piece = in_bytes ? 1 : len;
	verdict = read_pieces_as(id, bytes, len, piece, piece).verdict;
	case_free(bytes);
	return verdict;
}

static bool head_is_taken(const struct vfmig_identity *id)
{
	return !verdict_of_head(id, false) && !verdict_of_head(id, true);
}

static bool with_facts(u32 nr)
{
	struct vfmig_identity *id = case_alloc(sizeof(*id));
	bool good;
	u32 i;

	if (!id)
		return false;
	*id = sample_identity;
	id->nr_facts = nr;
	for (i = 0; i < nr; i++)
		id->facts[i] = (struct vfmig_fact){ .id = 0x100 + i,
						    .value = i };
	good = head_is_taken(id);
	case_free(id);
	return good;
}

static bool no_record_and_any_number_of_facts(void)
{
	return with_facts(0) && with_facts(1) &&
	       with_facts(VFMIG_MAX_FACTS - 1) && with_facts(VFMIG_MAX_FACTS);
}

static bool names_of_any_length(void)
{
	struct vfmig_identity *id = case_alloc(sizeof(*id));
	bool good = id;
	size_t len;

	for (len = 0; id && len < VFMIG_STREAM_NAME_LEN; len++) {
		*id = sample_identity;
		memset(id->backend, 0, sizeof(id->backend));
		memset(id->backend, 'n', len);
		good &= head_is_taken(id);
	}
	if (id) {
		memset(id->backend, 'n', sizeof(id->backend));
		good &= verdict_of_head(id, false) == -EINVAL;
	}
	case_free(id);
	return good;
}

static const struct stream_case edge_cases[] = {
	{ "payloads of 1 byte to the most there may be", payloads_of_any_size },
	{ "a payload of no bytes", a_payload_of_nothing },
	{ "a header that lies about its length gets no room",
	  no_room_for_a_lie },
	{ "a payload without a CRC is the backend's to check",
	  bulk_may_go_without_a_crc },
	{ "no record, and none to the most facts",
	  no_record_and_any_number_of_facts },
	{ "a backend's name of up to 15 bytes, and none without end", names_of_any_length },
};

/* How a destination's facts differ from those the source states. */
struct fit_case {
	const char *rule;
	bool fit;
	void (*change)(struct vfmig_identity *here);
};

#define HERE(name, ...)							\
	static void name(struct vfmig_identity *here)			\
	{								\
		__VA_ARGS__;						\
	}

HERE(the_same)
HERE(a_new_version, here->version++)
HERE(another_backend, here->backend[0]++)
HERE(a_longer_name, here->backend[6] = 'x')
HERE(not_equal, here->facts[0].value++)
HERE(more, here->facts[1].value++)
HERE(far_more, here->facts[1].value = ~0ULL)
HERE(less, here->facts[1].value--)
HERE(more_bits, here->facts[2].value = ~0ULL)
HERE(fewer_bits, here->facts[2].value = 4)
HERE(other_bits, here->facts[2].value = ~6ULL)
HERE(a_fact_less, here->nr_facts--)
HERE(a_fact_more, here->facts[here->nr_facts++].id = 0x102)
HERE(an_unknown_fact, here->facts[2].id = 0x102)
HERE(in_another_order, swap(here->facts[0], here->facts[2]))
/* The source's rule counts. */
HERE(another_rule, here->facts[1].rule = VFMIG_FACT_EQUAL;
		   here->facts[1].value++)

static const struct fit_case fit_cases[] = {
	{ "the same device", true, the_same },
	{ "another version of the backend", false, a_new_version },
	{ "another backend", false, another_backend },
	{ "a backend whose name goes on", false, a_longer_name },
	{ "equal: differs", false, not_equal },
	{ "at least: has more", true, more },
	{ "at least: has the most there can be", true, far_more },
	{ "at least: has less", false, less },
	{ "superset: has every bit and more", true, more_bits },
	{ "superset: one bit is missing", false, fewer_bits },
	{ "superset: has all but those", false, other_bits },
	{ "a fact unknown to the destination", false, a_fact_less },
	{ "a fact that the source does not state", false, a_fact_more },
	{ "a fact in another's place", false, an_unknown_fact },
	{ "the order of facts means nothing", true, in_another_order },
	{ "the source's rule counts", true, another_rule },
};

static bool fit_case_holds(const struct fit_case *c)
{
	struct vfmig_identity *here = case_alloc(sizeof(*here));
	const char *why = NULL;
	bool fit, good;
	u16 fact;

	if (!here)
		return false;
	*here = sample_identity;
	c->change(here);
	fit = !vfmig_identity_match(&sample_identity, here, &why, &fact);
	good = fit == c->fit && fit == !why;
	case_free(here);
	return good;
}

#endif /* VFMIG_STREAM_EDGE_CASES_H */
