/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every field of every part of a stream, damaged by somebody who knows how to
 * make the CRCs right again. See stream_sample.h.
 */
#ifndef VFMIG_STREAM_DAMAGE_CASES_H
#define VFMIG_STREAM_DAMAGE_CASES_H

#include "stream_sample.h"

/* Which parts of the sample something is done to, one after the other. */
#define IN_HEAD		BIT(0)
#define IN_LONG		BIT(1)
#define IN_OPTIONAL	BIT(2)
#define IN_PAD		BIT(3)
#define IN_UNKNOWN	BIT(4)
#define IN_SHORT		BIT(5)
#define IN_END		BIT(6)
#define IN_PAYLOADS	(IN_LONG | IN_OPTIONAL | IN_UNKNOWN | IN_SHORT)
#define IN_RECORDS	(IN_PAYLOADS | IN_PAD)

enum change {
	CHANGE_SET,
	CHANGE_XOR,
	CHANGE_ADD,
};

enum outcome {
	IS_REFUSED,
	IS_NOT_WHOLE,
	IS_TAKEN,
};

struct damage_case {
	const char *rule;
	u32 parts;
	u32 offset;
	u32 width;
	enum change change;
	u64 value;
	enum outcome outcome;
};

#define DAMAGE(parts, offset, width, change, value, outcome, rule)	\
	{ rule, parts, offset, width, CHANGE_##change, value, outcome }

#define FACT(offset)	(VFMIG_STREAM_HEAD_LEN + (offset))
#define PAYLOAD(offset)	(VFMIG_STREAM_RECORD_LEN + (offset))

static const struct damage_case damage_cases[] = {
	DAMAGE(IN_HEAD, 0, 1, XOR, 1, IS_REFUSED, "head: magic, first byte"),
	DAMAGE(IN_HEAD, 7, 1, XOR, 0x80, IS_REFUSED, "head: magic, last byte"),
	DAMAGE(IN_HEAD, 8, 2, SET, 0, IS_REFUSED, "head: format 0"),
	DAMAGE(IN_HEAD, 8, 2, SET, 2, IS_REFUSED, "head: format 2"),
	DAMAGE(IN_HEAD, 8, 2, XOR, 0x8000, IS_REFUSED, "head: format, top bit"),
	DAMAGE(IN_HEAD, 10, 2, SET, 0, IS_REFUSED, "head: no fact"),
	DAMAGE(IN_HEAD, 10, 2, ADD, -1ULL, IS_REFUSED, "head: one fact less"),
	DAMAGE(IN_HEAD, 10, 2, ADD, 1, IS_REFUSED, "head: one fact more"),
	DAMAGE(IN_HEAD, 10, 2, SET, VFMIG_MAX_FACTS, IS_REFUSED,
	       "head: as many facts as there may be"),
	DAMAGE(IN_HEAD, 10, 2, SET, VFMIG_MAX_FACTS + 1, IS_REFUSED,
	       "head: more facts than there may be"),
	DAMAGE(IN_HEAD, 10, 2, SET, 0xffff, IS_REFUSED, "head: 65535 facts"),
	DAMAGE(IN_HEAD, 12, 4, XOR, 1, IS_REFUSED, "head: backend's version"),
	DAMAGE(IN_HEAD, 12, 4, XOR, BIT(31), IS_REFUSED,
	       "head: backend's version, top bit"),
	DAMAGE(IN_HEAD, 16, 1, XOR, 1, IS_REFUSED, "head: another backend"),
	DAMAGE(IN_HEAD, 22, 1, SET, 'x', IS_REFUSED, "head: a longer name"),
	DAMAGE(IN_HEAD, 31, 1, SET, 'x', IS_REFUSED,
	       "head: a name without end"),
	DAMAGE(IN_HEAD, 32, 4, SET, 1, IS_REFUSED, "head: reserved field"),
	DAMAGE(IN_HEAD, 32, 4, SET, BIT(31), IS_REFUSED,
	       "head: reserved field, top bit"),

	DAMAGE(IN_HEAD, FACT(0), 2, XOR, 0x80, IS_REFUSED, "fact: another one"),
	DAMAGE(IN_HEAD, FACT(16), 2, SET, VFMIG_FACT_VENDOR, IS_REFUSED,
	       "fact: one of them twice"),
	DAMAGE(IN_HEAD, FACT(2), 2, SET, 3, IS_REFUSED, "fact: rule 3"),
	DAMAGE(IN_HEAD, FACT(2), 2, SET, 0xffff, IS_REFUSED,
	       "fact: rule 65535"),
	DAMAGE(IN_HEAD, FACT(4), 4, SET, 1, IS_REFUSED, "fact: reserved field"),
	DAMAGE(IN_HEAD, FACT(36), 4, SET, BIT(31), IS_REFUSED,
	       "fact: reserved field of the last, top bit"),
	DAMAGE(IN_HEAD, FACT(8), 8, ADD, 1, IS_REFUSED, "fact: another value"),
	DAMAGE(IN_HEAD, FACT(8), 8, XOR, 1ULL << 63, IS_REFUSED,
	       "fact: another value, top bit"),
	DAMAGE(IN_HEAD, FACT(24), 8, ADD, 1, IS_REFUSED,
	       "fact: more than there is here"),
	DAMAGE(IN_HEAD, FACT(24), 8, ADD, -1ULL, IS_TAKEN,
	       "fact: less than there is here is fine"),
	DAMAGE(IN_HEAD, FACT(40), 8, SET, 7, IS_REFUSED,
	       "fact: a bit that is not here"),
	DAMAGE(IN_HEAD, FACT(40), 8, SET, 2, IS_TAKEN,
	       "fact: fewer bits than are here are fine"),

	DAMAGE(IN_RECORDS, 0, 2, SET, TYPE_END, IS_REFUSED,
	       "record: says it is the end"),
	DAMAGE(IN_LONG | IN_SHORT, 0, 2, SET, 0, IS_REFUSED,
	       "record: mandatory type 0"),
	DAMAGE(IN_LONG | IN_SHORT, 0, 2, SET, VFMIG_RECORD_BACKEND - 1,
	       IS_REFUSED, "record: mandatory type 255, still the core's"),
	DAMAGE(IN_PAD | IN_UNKNOWN, 2, 2, SET, 0, IS_REFUSED,
	       "record: what was optional is not"),
	DAMAGE(IN_RECORDS | IN_END, 2, 2, XOR, BIT(2), IS_REFUSED,
	       "record: flag 2"),
	DAMAGE(IN_RECORDS | IN_END, 2, 2, XOR, BIT(15), IS_REFUSED,
	       "record: flag 15"),
	DAMAGE(IN_PAYLOADS, 2, 2, XOR, VFMIG_RECORD_NO_CRC, IS_REFUSED,
	       "record: has a CRC and says it has none"),
	DAMAGE(IN_RECORDS | IN_END, 4, 4, ADD, 1, IS_REFUSED,
	       "record: the next one"),
	DAMAGE(IN_RECORDS | IN_END, 4, 4, ADD, -1ULL, IS_REFUSED,
	       "record: the one before"),
	DAMAGE(IN_RECORDS | IN_END, 4, 4, XOR, BIT(31), IS_REFUSED,
	       "record: sequence number, top bit"),
	DAMAGE(IN_RECORDS | IN_END, 8, 4, ADD, 1, IS_NOT_WHOLE,
	       "record: longer by 1"),
	DAMAGE(IN_RECORDS | IN_END, 8, 4, ADD, 8, IS_NOT_WHOLE,
	       "record: longer by 8"),
	DAMAGE(IN_PAYLOADS | IN_END, 8, 4, ADD, -1ULL, IS_REFUSED,
	       "record: shorter by 1"),
	DAMAGE(IN_PAYLOADS | IN_END, 8, 4, SET, 0, IS_REFUSED,
	       "record: length 0"),
	DAMAGE(IN_RECORDS | IN_END, 8, 4, SET, VFMIG_RECORD_MAX + 1, IS_REFUSED,
	       "record: longer than any"),
	DAMAGE(IN_RECORDS | IN_END, 8, 4, SET, BIT(31), IS_REFUSED,
	       "record: length 2 GiB"),
	DAMAGE(IN_RECORDS | IN_END, 8, 4, SET, U32_MAX - 6, IS_REFUSED,
	       "record: a length that overflows when padded"),
	DAMAGE(IN_RECORDS | IN_END, 12, 4, XOR, 1, IS_REFUSED,
	       "record: payload's CRC"),
	DAMAGE(IN_RECORDS | IN_END, 12, 4, XOR, BIT(31), IS_REFUSED,
	       "record: payload's CRC, top bit"),
	DAMAGE(IN_RECORDS | IN_END, 16, 4, SET, 1, IS_REFUSED,
	       "record: reserved field"),
	DAMAGE(IN_RECORDS | IN_END, 16, 4, SET, BIT(31), IS_REFUSED,
	       "record: reserved field, top bit"),
	DAMAGE(IN_OPTIONAL, PAYLOAD(13), 1, SET, 1, IS_REFUSED,
	       "record: padding, first byte"),
	DAMAGE(IN_SHORT, PAYLOAD(7), 1, SET, 0x80, IS_REFUSED,
	       "record: padding, last byte"),

	DAMAGE(IN_END, 0, 2, SET, VFMIG_RECORD_BACKEND, IS_NOT_WHOLE,
	       "end: says it is none"),
	DAMAGE(IN_END, 2, 2, SET, VFMIG_RECORD_OPTIONAL, IS_REFUSED,
	       "end: optional"),
	DAMAGE(IN_END, PAYLOAD(0), 8, ADD, 1, IS_REFUSED,
	       "end: one record more"),
	DAMAGE(IN_END, PAYLOAD(0), 8, ADD, -1ULL, IS_REFUSED,
	       "end: one record less"),
	DAMAGE(IN_END, PAYLOAD(0), 8, XOR, 1ULL << 32, IS_REFUSED,
	       "end: number of records beyond 32 bits"),
	DAMAGE(IN_END, PAYLOAD(8), 8, ADD, 1, IS_REFUSED, "end: one byte more"),
	DAMAGE(IN_END, PAYLOAD(8), 8, ADD, -1ULL, IS_REFUSED,
	       "end: one byte less"),
	DAMAGE(IN_END, PAYLOAD(8), 8, XOR, 1ULL << 63, IS_REFUSED,
	       "end: number of bytes, top bit"),
};

#undef DAMAGE

static inline void seal_head(u8 *head, size_t len)
{
	u32 crc = crc32c(~0U, head, 36);

	crc = crc32c(crc, head + VFMIG_STREAM_HEAD_LEN,
		     len - VFMIG_STREAM_HEAD_LEN);
	poke(head + 36, 4, ~crc);
}

static inline void seal_header(u8 *record)
{
	poke(record + 20, 4, ~crc32c(~0U, record, 20));
}

static inline void seal_payload(u8 *record, u32 len)
{
	poke(record + 12, 4, ~crc32c(~0U, record + PAYLOAD(0), len));
}

static inline u64 changed(u64 value, const struct damage_case *c)
{
	switch (c->change) {
	case CHANGE_XOR:
		return value ^ c->value;
	case CHANGE_ADD:
		return value + c->value;
	case CHANGE_SET:
		break;
	}
	return c->value;
}

static inline void do_damage(struct sample *s, unsigned int part,
			     const struct damage_case *c)
{
	u8 *at = s->bytes + s->start[part];
	u64 was = peek(at + c->offset, c->width);

	poke(at + c->offset, c->width, changed(was, c));
	if (!part) {
		seal_head(at, s->start[1]);
		return;
	}
	if (BIT(part) & IN_END && c->offset >= PAYLOAD(0))
		seal_payload(at, 16);
	seal_header(at);
}

static inline bool came_out(const struct damage_case *c, int verdict)
{
	switch (c->outcome) {
	case IS_REFUSED:
		return verdict == -EINVAL;
	case IS_NOT_WHOLE:
		return verdict == -EINVAL || verdict == -ENODATA;
	case IS_TAKEN:
		return !verdict;
	}
	return false;
}

static inline bool damage_case_holds(const struct damage_case *c)
{
	struct sample *s = case_alloc(sizeof(*s));
	bool good = s;
	unsigned int part;
	int verdict;

	for (part = 0; s && part < SAMPLE_PARTS; part++) {
		if (!(c->parts & BIT(part)))
			continue;
		make_sample(s);
		do_damage(s, part, c);
		verdict = read_whole(s->bytes, s->len).verdict;
		if (came_out(c, verdict))
			continue;
		case_note("part %u: the verdict is %d", part, verdict);
		good = false;
	}
	case_free(s);
	return good;
}

#endif /* VFMIG_STREAM_DAMAGE_CASES_H */
