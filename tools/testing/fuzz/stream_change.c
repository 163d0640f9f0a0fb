// SPDX-License-Identifier: GPL-2.0-only
/* How streams are changed: by bytes, by fields, and by whole records. */
#include <string.h>
#include <linux/bits.h>
#include <linux/kernel.h>

#include "stream.h"
#include "change.h"

#define MAX_PAYLOAD	512

static const struct field {
	u8 at;
	u8 bytes;
} head_fields[] = {
	{ 0, 8 }, { 8, 2 }, { 10, 2 }, { 12, 4 }, { 16, 8 }, { 31, 1 },
	{ 32, 4 }, { 36, 4 },
}, fact_fields[] = {
	{ 0, 2 }, { 2, 2 }, { 4, 4 }, { 8, 8 },
}, record_fields[] = {
	{ 0, 2 }, { 2, 2 }, { 4, 4 }, { 8, 4 }, { 12, 4 }, { 16, 4 }, { 20, 4 },
	{ 24, 8 }, { 32, 8 },
};

#define PICK(c, array)	(&(array)[roll(c, ARRAY_SIZE(array))])

static void put_field(struct change *c, size_t start, const struct field *field)
{
	u64 value = odd_number(c);
	u8 *at = c->bytes + start + field->at;

	if (start + field->at + field->bytes > c->len)
		return;
	if (roll(c, 2))
		value += get_number(at, field->bytes);
	put_number(at, field->bytes, value);
}

static void change_head(struct change *c)
{
	put_field(c, 0, PICK(c, head_fields));
}

static void change_fact(struct change *c)
{
	put_field(c, VFMIG_STREAM_HEAD_LEN + VFMIG_STREAM_FACT_LEN *
		  roll(c, 1 + get_number(c->bytes + 10, 2)),
		  PICK(c, fact_fields));
}

static void change_number_of_facts(struct change *c)
{
	u8 fact[VFMIG_STREAM_FACT_LEN] = {};
	u16 nr = get_number(c->bytes + 10, 2);
	bool more = roll(c, 2);

	put_number(fact, 2, roll(c, 2) ? 1 + roll(c, 3) : 0x100 + roll(c, 3));
	put_number(fact + 2, 2, roll(c, 4));
	put_number(fact + 8, 8, odd_number(c));
	if (more ? splice(c, VFMIG_STREAM_HEAD_LEN, 0, fact, sizeof(fact)) :
		   nr && splice(c, VFMIG_STREAM_HEAD_LEN, sizeof(fact), fact, 0))
		put_number(c->bytes + 10, 2, more ? nr + 1 : nr - 1);
}

static void change_record(struct change *c)
{
	put_field(c, c->at[roll(c, c->nr)], PICK(c, record_fields));
}

static void change_flags(struct change *c)
{
	c->bytes[c->at[roll(c, c->nr)] + 2] ^= 1 << roll(c, 3);
}

/* By libFuzzer, which knows what was compared with what. */
static void change_payload(struct change *c)
{
	unsigned int i = roll(c, c->nr);
	u8 *record = c->bytes + c->at[i];
	u32 len = get_number(record + 8, 4);
	u8 payload[2 * MAX_PAYLOAD] = {};
	size_t now;

	if (len > MAX_PAYLOAD)
		return;
	memcpy(payload, record + VFMIG_STREAM_RECORD_LEN, len);
	now = fuzz_mutate(payload, len, MAX_PAYLOAD);
	if (splice(c, c->at[i] + VFMIG_STREAM_RECORD_LEN, (len + 7) & ~7U,
		   payload, (now + 7) & ~7U))
		put_number(c->bytes + c->at[i] + 8, 4, now);
}

static void insert_record(struct change *c)
{
	static const u16 types[] = { 1, 2, 0x50, 0xff, 0x100, 0x101, 0x1ff };
	static const u16 lens[] = { 0, 1, 7, 8, 9, 16, 24, 256 };
	u8 record[VFMIG_STREAM_RECORD_LEN + 256] = {};
	u32 len = *PICK(c, lens);

	put_number(record, 2, *PICK(c, types));
	put_number(record + 2, 2, roll(c, 4));
	put_number(record + 8, 4, len);
	splice(c, c->at[roll(c, c->nr + 1)], 0, record, vfmig_record_len(len));
}

static void remove_record(struct change *c)
{
	unsigned int i = roll(c, c->nr);

	splice(c, c->at[i], c->at[i + 1] - c->at[i], "", 0);
}

/* A copy of one, before, after or over another. */
static void copy_record(struct change *c)
{
	unsigned int from = roll(c, c->nr), to = roll(c, c->nr);
	size_t len = c->at[from + 1] - c->at[from];
	u8 *copy = malloc(len);

	if (!copy)
		return;
	memcpy(copy, c->bytes + c->at[from], len);
	splice(c, c->at[to], roll(c, 2) ? c->at[to + 1] - c->at[to] : 0, copy,
	       len);
	free(copy);
}

static void change_length(struct change *c)
{
	u8 more[9] = {};

	if (roll(c, 2))
		c->len -= roll(c, c->len) / (1 + roll(c, 16));
	else
		splice(c, c->len, 0, more, 1 + roll(c, sizeof(more)));
}

/* A byte of what fills up to the next multiple of 8, if there is one. */
static void change_padding(struct change *c)
{
	unsigned int i = roll(c, c->nr);
	u32 len = get_number(c->bytes + c->at[i] + 8, 4);

	if (len % 8)
		c->bytes[c->at[i + 1] - 1 - roll(c, -len & 7)] ^= 1 << roll(c, 8);
}

/* Damage that only the check that is meant for it can see. */
static void change_sealed(struct change *c)
{
	static void (* const ways[])(struct change *c) = {
		change_record, change_record, change_flags, change_padding,
	};

	find_parts(c);
	if (!c->nr)
		return;
	(*PICK(c, ways))(c);
	seal(c, roll(c, 2) ? SEAL_HEADERS : SEAL_PAYLOADS);
}

static void change_part(struct change *c)
{
	static void (* const head_ways[])(struct change *c) = {
		change_head, change_fact, change_number_of_facts,
		change_length, insert_record,
	};
	static void (* const record_ways[])(struct change *c) = {
		change_record, change_flags, change_payload, change_payload,
		insert_record, remove_record, copy_record, change_payloads,
	};

	find_parts(c);
	if (c->len < VFMIG_STREAM_HEAD_LEN || c->at[0] > c->len)
		return;
	if (c->nr && roll(c, 8))
		(*PICK(c, record_ways))(c);
	else
		(*PICK(c, head_ways))(c);
}

size_t fuzz_change(u8 *data, size_t size, size_t room, unsigned int seed)
{
	struct change c = {
		.bytes = data + INPUT_HEAD,
		.len = size - INPUT_HEAD,
		.room = room - INPUT_HEAD,
		.dice = (seed + 1) * 0x9e3779b97f4a7c15ULL,
	};

	if (size < INPUT_HEAD || !roll(&c, 16))
		return fuzz_mutate(data, size, room);
	if (!roll(&c, 16)) {
		fuzz_mutate(data, INPUT_HEAD, INPUT_HEAD);
		return size;
	}

	do
		change_part(&c);
	while (!roll(&c, 3));
	if (roll(&c, 8))
		seal(&c, SEAL_ALL);
	if (!roll(&c, 4))
		change_sealed(&c);
	return INPUT_HEAD + c.len;
}

/* The records of one, as far as a place, and those of another from a place. */
size_t fuzz_join(const u8 *one, size_t one_size, const u8 *other,
		 size_t other_size, u8 *to, size_t room, unsigned int seed)
{
	struct change c = {
		.bytes = to + INPUT_HEAD,
		.room = room - INPUT_HEAD,
		.dice = (seed + 1) * 0x9e3779b97f4a7c15ULL,
	};
	struct change tail = c;

	if (one_size < INPUT_HEAD || other_size < INPUT_HEAD || one_size > room)
		return 0;
	memcpy(to, one, one_size);
	c.len = one_size - INPUT_HEAD;
	tail.bytes = (u8 *)other + INPUT_HEAD;
	tail.len = other_size - INPUT_HEAD;
	find_parts(&c);
	find_parts(&tail);
	if (!c.nr || !tail.nr)
		return one_size;

	c.len = c.at[roll(&c, c.nr + 1)];
	room = tail.at[roll(&c, tail.nr)];
	splice(&c, c.len, 0, tail.bytes + room, tail.len - room);
	if (roll(&c, 8))
		seal(&c, SEAL_ALL);
	return INPUT_HEAD + c.len;
}
