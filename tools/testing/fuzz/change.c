// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <linux/bits.h>
#include <linux/crc32c.h>

#include "stream.h"
#include "change.h"

#define TYPE_END	1

u32 roll(struct change *c, u32 sides)
{
	c->dice ^= c->dice << 13;
	c->dice ^= c->dice >> 7;
	c->dice ^= c->dice << 17;
	return (c->dice >> 32) % sides;
}

/* The numbers at which code goes wrong, and their neighbours. */
u64 odd_number(struct change *c)
{
	u64 value = roll(c, 8) ? BIT_ULL(roll(c, 64)) : 0;

	value = value + roll(c, 3) - 1;
	return roll(c, 4) ? value : roll(c, 64);
}

u64 get_number(const u8 *at, unsigned int bytes)
{
	u64 value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

void put_number(u8 *at, unsigned int bytes, u64 value)
{
	for (; bytes--; value >>= 8)
		*at++ = value;
}

static u32 crc_of(const u8 *from, size_t len)
{
	return ~crc32c(~0U, from, len);
}

void find_parts(struct change *c)
{
	size_t at = VFMIG_STREAM_HEAD_LEN, next;

	c->nr = 0;
	if (c->len < at)
		return;
	at += get_number(c->bytes + 10, 2) * VFMIG_STREAM_FACT_LEN;
	c->at[0] = at;
	while (c->nr < CHANGE_PARTS && at + VFMIG_STREAM_RECORD_LEN <= c->len) {
		next = at + VFMIG_STREAM_RECORD_LEN +
		       (get_number(c->bytes + at + 8, 4) + 7) / 8 * 8;
		if (next > c->len)
			break;
		c->at[++c->nr] = next;
		at = next;
	}
}

/* Puts @len bytes where @old ones were. */
bool splice(struct change *c, size_t at, size_t old, const void *from,
	    size_t len)
{
	size_t rest;

	if (at > c->len)
		return false;
	if (old > c->len - at)
		old = c->len - at;
	rest = c->len - at - old;
	if (at + len + rest > c->room)
		return false;
	memmove(c->bytes + at + len, c->bytes + at + old, rest);
	memcpy(c->bytes + at, from, len);
	c->len = at + len + rest;
	return true;
}

static void seal_head(struct change *c)
{
	u32 crc = crc32c(~0U, c->bytes, 36);

	put_number(c->bytes + 36, 4,
		   ~crc32c(crc, c->bytes + VFMIG_STREAM_HEAD_LEN,
			   c->at[0] - VFMIG_STREAM_HEAD_LEN));
}

static void seal_header(u8 *record)
{
	put_number(record + 20, 4, crc_of(record, 20));
}

static void seal_payload(u8 *record)
{
	u32 len = get_number(record + 8, 4);
	bool none = get_number(record + 2, 2) & VFMIG_RECORD_NO_CRC;

	put_number(record + 12, 4, none ? 0 :
		   crc_of(record + VFMIG_STREAM_RECORD_LEN, len));
}

static void put_right(u8 *record, u32 seq, u64 bytes)
{
	u32 len = get_number(record + 8, 4);

	put_number(record + 4, 4, seq);
	memset(record + VFMIG_STREAM_RECORD_LEN + len, 0, -len & 7);
	if (get_number(record, 2) == TYPE_END && len == 16) {
		put_number(record + 24, 8, seq);
		put_number(record + 32, 8, bytes);
	}
}

void seal(struct change *c, enum seal how)
{
	u64 bytes = 0;
	unsigned int i;
	u8 *record;

	find_parts(c);
	if (c->len < VFMIG_STREAM_HEAD_LEN || c->at[0] > c->len)
		return;
	seal_head(c);
	for (i = 0; i < c->nr; i++) {
		record = c->bytes + c->at[i];
		if (how == SEAL_ALL)
			put_right(record, i, bytes);
		if (how >= SEAL_PAYLOADS)
			seal_payload(record);
		seal_header(record);
		bytes += get_number(record + 8, 4);
	}
	/* One whose payload is not there, whatever it says of it. */
	if (c->at[i] + VFMIG_STREAM_RECORD_LEN <= c->len) {
		put_number(c->bytes + c->at[i] + 4, 4, i);
		seal_header(c->bytes + c->at[i]);
	}
}
