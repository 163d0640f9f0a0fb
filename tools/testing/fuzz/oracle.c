// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <linux/bits.h>
#include <linux/crc32c.h>

#include "stream.h"
#include "oracle.h"

static u64 number(const u8 *p, unsigned int bytes)
{
	return bytes ? p[0] | number(p + 1, bytes - 1) << 8 : 0;
}

static u32 sum(const u8 *p, size_t len)
{
	return ~crc32c(~0U, p, len);
}

/* Returns the length of the head, 0 where it is wrong, -1 where it is short. */
static long judge_head(const u8 *s, size_t len)
{
	size_t facts, all, i;
	u32 crc;

	if (len < 40)
		return -1;
	if (memcmp(s, "vfmigstr", 8) || number(s + 8, 2) != 1)
		return 0;
	facts = number(s + 10, 2);
	if (facts > VFMIG_MAX_FACTS)
		return 0;
	all = 40 + 16 * facts;
	if (len < all)
		return -1;

	crc = crc32c(~0U, s, 36);
	if ((u32)~crc32c(crc, s + 40, all - 40) != number(s + 36, 4))
		return 0;
	if (s[31] || number(s + 32, 4))
		return 0;
	for (i = 40; i < all; i += 16)
		if (number(s + i + 4, 4))
			return 0;
	return all;
}

static bool header_is_right(const u8 *s, u32 seq)
{
	u16 type = number(s, 2), flags = number(s + 2, 2);
	u32 len = number(s + 8, 4);

	if (sum(s, 20) != number(s + 20, 4) || number(s + 4, 4) != seq ||
	    number(s + 16, 4) || flags > 3 || len > 0x100000)
		return false;
	if (flags & VFMIG_RECORD_NO_CRC && number(s + 12, 4))
		return false;
	if (type == 1)
		return !flags && len == 16;
	return type >= VFMIG_RECORD_BACKEND || flags & VFMIG_RECORD_OPTIONAL;
}

static bool payload_is_right(const u8 *s, u32 len, u32 room)
{
	u32 i;

	for (i = len; i < room; i++)
		if (s[24 + i])
			return false;
	return number(s + 2, 2) & VFMIG_RECORD_NO_CRC ||
	       sum(s + 24, len) == number(s + 12, 4);
}

/* Is what is there, of @len bytes, the magic of a head or the beginning of it? */
static bool may_be_head(const u8 *s, size_t len)
{
	return !memcmp(s, "vfmigstr", len < 8 ? len : 8);
}

/* From the head at @o->head on. */
static void judge(const u8 *stream, size_t all, struct opinion *o)
{
	const u8 *s = stream + o->head;
	size_t len = all - o->head;
	long head = judge_head(s, len);
	u64 bytes = 0;
	u32 seq = 0, size, room;

	o->verdict = head ? VERDICT_SHORT : VERDICT_WRONG;
	if (head <= 0)
		return;
	for (s += head, len -= head; len >= 24; s += 24 + room, len -= 24 + room) {
		if (may_be_head(s, len)) {
			o->head = s - stream;
			judge(stream, all, o);
			return;
		}
		o->verdict = VERDICT_WRONG;
		if (!header_is_right(s, seq))
			return;
		size = number(s + 8, 4);
		room = (size + 7) / 8 * 8;
		if (len < 24 + room)
			break;
		if (!payload_is_right(s, size, room))
			return;
		if (number(s, 2) == 1)
			goto end;
		seq++;
		bytes += size;
		o->records += number(s, 2) >= VFMIG_RECORD_BACKEND;
	}
	o->verdict = VERDICT_SHORT;
	return;
end:
	if (number(s + 24, 8) != seq || number(s + 32, 8) != bytes)
		return;
	o->verdict = VERDICT_WHOLE;
	if (len == 40)
		return;
	o->verdict = VERDICT_WRONG;
	if (!may_be_head(s + 40, len - 40))
		return;
	o->head = s + 40 - stream;
	o->after_end = true;
	judge(stream, all, o);
}

struct opinion judge_stream(const u8 *s, size_t len)
{
	struct opinion o = {};

	judge(s, len, &o);
	return o;
}

static const struct vfmig_fact *first(const struct vfmig_identity *id, u16 which)
{
	u32 i;

	for (i = 0; i < id->nr_facts; i++)
		if (id->facts[i].id == which)
			return id->facts + i;
	return NULL;
}

static bool holds(u16 rule, u64 source, u64 here)
{
	return (rule == VFMIG_FACT_EQUAL && source == here) ||
	       (rule == VFMIG_FACT_AT_LEAST && source <= here) ||
	       (rule == VFMIG_FACT_SUPERSET && !(source & ~here));
}

bool judge_identity(const struct vfmig_identity *source,
		    const struct vfmig_identity *here)
{
	const struct vfmig_fact *fact;
	u32 i;

	for (i = 0; i < here->nr_facts; i++)
		if (!first(source, here->facts[i].id))
			return false;
	for (i = 0; i < source->nr_facts; i++) {
		fact = first(here, source->facts[i].id);
		if (!fact || !holds(source->facts[i].rule,
				    source->facts[i].value, fact->value))
			return false;
	}
	return source->version == here->version &&
	       !memcmp(source->backend, here->backend, sizeof(here->backend));
}
