// SPDX-License-Identifier: GPL-2.0-only
/*
 * What differs between two sets of device parts, and which parts that concerns.
 *
 * Pure, and compiled into the tests and the fuzzer in userspace as well.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "parts_format.h"

/* So many bytes that are equal are worth a record of their own. */
#define ADMVF_EQUAL_ENOUGH	64
#define ADMVF_EQUAL_BLOCK	512

/*
 * The first byte from @at on that differs, @len for none. Large sets lie at addresses
 * with the same low bits. Read in turns they drive each other out of a TLB that is mapped
 * directly, as an emulated CPU's is, with each word; so one is read for a while, and
 * then the other.
 */
static u32 admvf_first_difference(const u8 *one, const u8 *other, u32 len,
				  u32 at)
{
	u8 block[ADMVF_EQUAL_BLOCK];

	while (len - at >= sizeof(block)) {
		memcpy(block, one + at, sizeof(block));
		if (memcmp(block, other + at, sizeof(block)))
			break;
		at += sizeof(block);
	}
	while (at < len && one[at] == other[at])
		at++;
	return at;
}

/**
 * admvf_parts_differ - the next change of a set
 * @one: the set as it was
 * @other: the set as it is, as long
 * @len: their length
 * @at: from where on to look; set to where the change begins, or to @len
 *
 * Return: bytes of the change; 0 where there is none.
 */
u32 admvf_parts_differ(const void *one, const void *other, u32 len, u32 *at)
{
	const u8 *was = one, *is = other;
	u32 end, next;

	*at = admvf_first_difference(was, is, len, *at);
	end = *at;
	for (next = *at; next < len && next - end <= ADMVF_EQUAL_ENOUGH; next++)
		if (was[next] != is[next])
			end = next + 1;
	return end - *at;
}

/**
 * admvf_parts_to_set - the next parts that are to be set
 * @set: a set that admvf_parts_check() has nothing against
 * @len: its length
 * @low: where in the set there is a change, from
 * @high: to here; 0 and @len for all of it
 * @at: from which part on to look; set to where the parts begin
 *
 * Parts that lie one behind the other and have a byte of the change in them, without
 * those that are compared and never set.
 *
 * Return: bytes of the parts; 0 where there are none.
 */
u32 admvf_parts_to_set(const void *set, u32 len, u32 low, u32 high, u32 *at)
{
	struct parts_head head;
	u32 next = *at, begin = *at, part;
	bool is_meant;

	while (len - next >= sizeof(head)) {
		memcpy(&head, set + next, sizeof(head));
		part = sizeof(head) + le32_to_cpu(head.length);
		is_meant = next < high && next + part > low &&
			   le16_to_cpu(head.type) != PART_DEV_FEATURES;
		if (!is_meant && next > begin)
			break;
		next += part;
		if (!is_meant)
			begin = next;
	}
	*at = begin;
	return next - begin;
}
