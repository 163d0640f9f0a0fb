// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a set of device parts is made of: checked at the source, where the guest
 * can still run on, and again at the destination before anything is written.
 *
 * Parts have no alignment, so all of it is copied out before it is looked at.
 *
 * Pure, and compiled into the tests and the fuzzer in userspace as well.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/vfmig.h>
#include <asm/byteorder.h>

#include "parts_format.h"

#define ADMVF_PARTS_FACT(n)	(VFMIG_FACT_BACKEND + (n))

#define ADMVF_PART_GENERIC	0x100
#define ADMVF_PART_SPECIAL	0x200

/* The common configuration of a modern device has this many bytes. */
#define ADMVF_COMMON_CFG_LEN	64
#define ADMVF_MAX_FEATURE_WORDS	16
#define ADMVF_MAX_QUEUE_SIZE	32768

/* False where there is no whole head at @at. */
static bool admvf_part_head(const void *set, u32 len, u32 at,
			    struct parts_head *head)
{
	if (len - at < sizeof(*head))
		return false;
	memcpy(head, set + at, sizeof(*head));
	return true;
}

static void admvf_part_describe(const struct parts_head *head, u32 at,
				struct admvf_part_at *part)
{
	__le32 selector;

	memcpy(&selector, head->selector, sizeof(selector));
	part->type = le16_to_cpu(head->type);
	part->flags = head->flags;
	part->selector = le32_to_cpu(selector);
	part->len = le32_to_cpu(head->length);
	part->at = at;
}

static bool admvf_selector_is_0_from(const struct parts_head *head,
				     unsigned int from)
{
	while (from < sizeof(head->selector))
		if (head->selector[from++])
			return false;
	return true;
}

/* A part comes behind those of a lower rank. */
static unsigned int admvf_part_rank(u16 type)
{
	switch (type) {
	case PART_DEV_FEATURES:
	case PART_DRV_FEATURES:
		return 0;
	case PART_PCI_COMMON_CFG:
		return 1;
	case PART_DEVICE_STATUS:
		return 2;
	default:
		return 3;
	}
}

static const char *admvf_check_common_cfg(const struct parts_head *head,
					  const struct admvf_part_at *part)
{
	if (!admvf_selector_is_0_from(head, sizeof(__le32)))
		return "reserved bytes of its selector are not 0";
	if (part->len != 1 && part->len != 2 && part->len != 4 &&
	    part->len != 8)
		return "its length is that of no field";
	if (part->selector >= ADMVF_COMMON_CFG_LEN ||
	    part->selector % min(part->len, 4U) ||
	    part->len > ADMVF_COMMON_CFG_LEN - part->selector)
		return "its offset is that of no field";
	return NULL;
}

static const char *admvf_check_queue(const struct parts_head *head,
				     const void *value, u32 len)
{
	struct vq_config config;

	if (!admvf_selector_is_0_from(head, sizeof(__le16)))
		return "reserved bytes of its selector are not 0";
	if (len != sizeof(config))
		return "its length is not that of a queue's configuration";
	memcpy(&config, value, sizeof(config));
	if (config.reserved)
		return "reserved bytes of its value are not 0";
	if (le16_to_cpu(config.enabled) > 1)
		return "the queue is neither enabled nor disabled";
	if (le16_to_cpu(config.size) > ADMVF_MAX_QUEUE_SIZE ||
	    (config.enabled && !config.size))
		return "the queue's size is out of range";
	return NULL;
}

static const char *admvf_check_notify(const struct parts_head *head, u32 len)
{
	if (!admvf_selector_is_0_from(head, sizeof(__le16)))
		return "reserved bytes of its selector are not 0";
	if (len != sizeof(struct vq_notify))
		return "its length is not that of a queue's notification";
	return NULL;
}

/* What this file does not know is between the two devices. */
static const char *admvf_part_check(const struct parts_head *head,
				    const struct admvf_part_at *part,
				    const void *value)
{
	if (head->flags & ~PARTS_OPTIONAL || head->reserved)
		return "reserved bits of its head are not 0";
	switch (part->type) {
	case PART_DEV_FEATURES:
	case PART_DRV_FEATURES:
		if (!admvf_selector_is_0_from(head, 0))
			return "reserved bytes of its selector are not 0";
		if (part->len % sizeof(__le64) ||
		    part->len > ADMVF_MAX_FEATURE_WORDS * sizeof(__le64))
			return "its length is not that of features";
		return NULL;
	case PART_PCI_COMMON_CFG:
		return admvf_check_common_cfg(head, part);
	case PART_DEVICE_STATUS:
		if (!admvf_selector_is_0_from(head, 0))
			return "reserved bytes of its selector are not 0";
		return part->len == 1 ? NULL : "its length is not 1";
	case PART_VQ_CFG:
		return admvf_check_queue(head, value, part->len);
	case PART_VQ_NOTIFY_CFG:
		return admvf_check_notify(head, part->len);
	}
	return NULL;
}

static bool admvf_part_is_single(u16 type)
{
	return type == PART_DEV_FEATURES || type == PART_DRV_FEATURES ||
	       type == PART_DEVICE_STATUS;
}

static bool admvf_part_is_ordered(u16 type)
{
	return type >= PART_DEV_FEATURES && type <= PART_VQ_NOTIFY_CFG;
}

/* @seen is a bitmap of the ordered parts that came before. */
static const char *admvf_part_check_order(u16 type, u32 seen)
{
	u16 other;

	if (!admvf_part_is_ordered(type))
		return NULL;
	if (admvf_part_is_single(type) && seen & BIT(type - ADMVF_PART_GENERIC))
		return "it comes twice";
	if (type == PART_VQ_NOTIFY_CFG &&
	    !(seen & BIT(PART_VQ_CFG - ADMVF_PART_GENERIC)))
		return "it comes before a queue's configuration";
	for (other = PART_DEV_FEATURES; other <= PART_VQ_NOTIFY_CFG; other++)
		if (seen & BIT(other - ADMVF_PART_GENERIC) &&
		    admvf_part_rank(other) > admvf_part_rank(type))
			return "it comes behind one that depends on it";
	return NULL;
}

/**
 * admvf_parts_check - is this a set of parts?
 * @set: the set
 * @len: its length
 * @bad: set to the part that is wrong
 *
 * Return: NULL, or what is wrong.
 */
const char *admvf_parts_check(const void *set, u32 len,
			      struct admvf_part_at *bad)
{
	struct parts_head head;
	const char *why;
	u32 at = 0, seen = 0;

	memset(bad, 0, sizeof(*bad));
	if (!len)
		return "there is none";
	while (at < len) {
		bad->at = at;
		if (!admvf_part_head(set, len, at, &head))
			return "its head is cut off";
		admvf_part_describe(&head, at, bad);
		at += sizeof(head);
		if (bad->len > len - at)
			return "its value is cut off";
		why = admvf_part_check(&head, bad, set + at) ?:
		      admvf_part_check_order(bad->type, seen);
		if (why)
			return why;
		if (admvf_part_is_ordered(bad->type))
			seen |= BIT(bad->type - ADMVF_PART_GENERIC);
		at += bad->len;
	}
	return NULL;
}

/**
 * admvf_parts_whole - how much of this is whole parts?
 * @set: the set
 * @len: its length
 *
 * Return: bytes; @len where no part is cut off.
 */
u32 admvf_parts_whole(const void *set, u32 len)
{
	struct parts_head head;
	u32 at = 0, part;

	while (admvf_part_head(set, len, at, &head)) {
		part = le32_to_cpu(head.length);
		if (part > len - at - sizeof(head))
			break;
		at += sizeof(head) + part;
	}
	return at;
}

static void admvf_features(u64 *features, const void *value, u32 len)
{
	__le64 words[2] = {};

	memcpy(words, value, min_t(u32, len, sizeof(words)));
	features[0] = le64_to_cpu(words[0]);
	features[1] = le64_to_cpu(words[1]);
}

static void admvf_part_sum(const struct admvf_part_at *part, const void *value,
			   struct admvf_parts_sum *sum)
{
	u16 type = part->type;

	if (type == PART_DEV_FEATURES)
		admvf_features(sum->dev_features, value, part->len);
	if (type == PART_DRV_FEATURES)
		admvf_features(sum->drv_features, value, part->len);
	sum->queues += type == PART_VQ_CFG;
	if (part->flags & PARTS_OPTIONAL)
		return;
	if (type >= ADMVF_PART_GENERIC && type < ADMVF_PART_GENERIC + 64)
		sum->generic |= 1ULL << (type - ADMVF_PART_GENERIC);
	if (type >= ADMVF_PART_SPECIAL && type < ADMVF_PART_SPECIAL + 64)
		sum->special |= 1ULL << (type - ADMVF_PART_SPECIAL);
}

/**
 * admvf_parts_sum - what a set has in all
 * @set: a set that admvf_parts_check() has nothing against
 * @len: its length
 * @sum: filled
 */
void admvf_parts_sum(const void *set, u32 len, struct admvf_parts_sum *sum)
{
	struct admvf_part_at part;
	struct parts_head head;
	u32 at = 0;

	memset(sum, 0, sizeof(*sum));
	while (admvf_part_head(set, len, at, &head)) {
		admvf_part_describe(&head, at, &part);
		admvf_part_sum(&part, set + at + sizeof(head), sum);
		at += sizeof(head) + part.len;
	}
}

/**
 * admvf_parts_facts - what parts a device has, as facts of its identity
 * @sum: filled from a whole set
 * @facts: ADMVF_PARTS_FACTS of them, filled
 *
 * Return: ADMVF_PARTS_FACTS.
 */
unsigned int admvf_parts_facts(const struct admvf_parts_sum *sum,
			       struct vfmig_fact *facts)
{
	const struct vfmig_fact all[ADMVF_PARTS_FACTS] = {
		{ ADMVF_PARTS_FACT(1), VFMIG_FACT_SUPERSET,
		  sum->dev_features[0], "features 0 to 63" },
		{ ADMVF_PARTS_FACT(2), VFMIG_FACT_SUPERSET,
		  sum->dev_features[1], "features 64 to 127" },
		{ ADMVF_PARTS_FACT(3), VFMIG_FACT_SUPERSET,
		  sum->generic, "types of device parts from 0x100 on" },
		{ ADMVF_PARTS_FACT(4), VFMIG_FACT_SUPERSET,
		  sum->special, "types of device parts from 0x200 on" },
		{ ADMVF_PARTS_FACT(5), VFMIG_FACT_AT_LEAST,
		  sum->queues, "queues with a device part" },
	};

	memcpy(facts, all, sizeof(all));
	return ADMVF_PARTS_FACTS;
}

/* What both kinds of records begin with; a byte or more comes behind it. */
static const char *admvf_piece_head(const void *record, u32 len,
				    struct admvf_piece *piece, u64 *value)
{
	*value = len;
	if (len <= sizeof(*piece))
		return "the record of device parts is too short, bytes";
	memcpy(piece, record, sizeof(*piece));
	*value = le64_to_cpu(piece->size);
	return NULL;
}

static bool admvf_piece_fits(const struct admvf_piece *piece, u32 len, u64 size,
			     u64 *value)
{
	*value = le64_to_cpu(piece->at);
	return *value <= size && len - sizeof(*piece) <= size - *value;
}

/**
 * admvf_piece_check - does this piece come next?
 * @record: the record it is
 * @len: its length
 * @due: where in the set under way the next piece is to be, 0 for none
 * @size: bytes of the set under way
 * @value: set to what is wrong
 *
 * Return: NULL, or why not.
 */
const char *admvf_piece_check(const void *record, u32 len, u64 due, u64 size,
			      u64 *value)
{
	struct admvf_piece piece;
	const char *why;

	why = admvf_piece_head(record, len, &piece, value);
	if (why)
		return why;
	if (*value > ADMVF_PARTS_MAX)
		return "the device parts are too large, bytes";
	if (piece.at && *value != size)
		return "the size of the device parts changes in the middle, bytes";
	if (piece.at && le64_to_cpu(piece.at) != due) {
		*value = le64_to_cpu(piece.at);
		return "a record of device parts is missing before offset";
	}
	if (!admvf_piece_fits(&piece, len, *value, value))
		return "a record of device parts goes beyond the end, offset";
	return NULL;
}

/**
 * admvf_change_check - can this change be applied?
 * @record: the record it is
 * @len: its length
 * @due: how much has come of the set that it is a change of
 * @size: bytes of that set
 * @value: set to what is wrong
 *
 * Return: NULL, or why not.
 */
const char *admvf_change_check(const void *record, u32 len, u64 due, u64 size,
			       u64 *value)
{
	struct admvf_piece piece;
	const char *why;

	why = admvf_piece_head(record, len, &piece, value);
	if (why)
		return why;
	if (*value != size)
		return "a change is of other device parts, bytes";
	if (!size || due != size) {
		*value = due;
		return "a change comes before the device parts are whole, at";
	}
	if (!admvf_piece_fits(&piece, len, size, value))
		return "a change goes beyond the end, offset";
	return NULL;
}
