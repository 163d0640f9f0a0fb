/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device parts of virtio 1.4, as they travel.
 *
 * Backend "virtio-parts", stream version 1. A record of the type
 * VFMIG_RECORD_BACKEND is a piece of a set, which is all parts of a device as
 * DEV_PARTS_GET gives them and DEV_PARTS_SET takes them; one of the type after
 * that, ADMVF_RECORD_CHANGE, is a change of the set that came before::
 *
 *	0	u64	bytes of the set
 *	8	u64	where in the set this piece is, or this change
 *	16		the piece, or what is there now, 1 byte or more
 *
 * The pieces of a set come in order and without a gap. One that is at 0 begins
 * another set, and what came before is void; the last set is the device's, and is
 * whole. Changes come when it is, in any order, and may split parts; behind the
 * last one it is a set again, with the same heads of parts. In a set each part has the
 * head struct parts_head, and a part comes behind those that it depends on.
 *
 * Facts of the identity, above VFMIG_FACT_BACKEND: 0 MSI-X vectors; 1 and 2
 * features 0 to 63 and 64 to 127 that the device offers; 3 and 4 bitmaps of the
 * types 0x100 to 0x13f and 0x200 to 0x23f of the parts it cannot do without; 5
 * queues that have a part.
 */
#ifndef ADMVF_PARTS_FORMAT_H
#define ADMVF_PARTS_FORMAT_H

#include <linux/types.h>

#include "adm.h"

#define ADMVF_PARTS_NAME	"virtio-parts"
#define ADMVF_PARTS_VERSION	1

/* A set is kept in memory, at both ends. */
#define ADMVF_PARTS_MAX		(128U << 20)

#define ADMVF_PARTS_FACTS	5

#define ADMVF_RECORD_CHANGE	(VFMIG_RECORD_BACKEND + 1)

struct vfmig_fact;

struct admvf_piece {
	__le64 size;
	__le64 at;
	u8 bytes[];
};

/**
 * struct admvf_part_at - a part in a set
 * @type: its type
 * @flags: its flags
 * @selector: a queue's index or an offset, where the type has one
 * @len: bytes of its value
 * @at: where in the set its head is
 */
struct admvf_part_at {
	u16 type;
	u8 flags;
	u32 selector;
	u32 len;
	u32 at;
};

/**
 * struct admvf_parts_sum - what a set has in all
 * @dev_features: what the device offers
 * @drv_features: what the guest's driver has accepted of it
 * @generic: bitmap of the types from 0x100 on of parts that are not optional
 * @special: the same from 0x200 on
 * @queues: parts of the type PART_VQ_CFG
 */
struct admvf_parts_sum {
	u64 dev_features[2];
	u64 drv_features[2];
	u64 generic;
	u64 special;
	u32 queues;
};

const char *admvf_parts_check(const void *set, u32 len,
			      struct admvf_part_at *bad);
u32 admvf_parts_whole(const void *set, u32 len);
void admvf_parts_sum(const void *set, u32 len, struct admvf_parts_sum *sum);
unsigned int admvf_parts_facts(const struct admvf_parts_sum *sum,
			       struct vfmig_fact *facts);
const char *admvf_piece_check(const void *record, u32 len, u64 due, u64 size,
			      u64 *value);
const char *admvf_change_check(const void *record, u32 len, u64 due, u64 size,
			       u64 *value);

/* parts_change.c */
u32 admvf_parts_differ(const void *one, const void *other, u32 len, u32 *at);
u32 admvf_parts_to_set(const void *set, u32 len, u32 low, u32 high, u32 *at);

#endif /* ADMVF_PARTS_FORMAT_H */
