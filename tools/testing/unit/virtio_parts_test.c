// SPDX-License-Identifier: GPL-2.0-only
/* Device parts of virtio 1.4: lengths, order, pieces, and what they say of a device. */
#include <stdlib.h>
#include <string.h>

#include "virtio/parts_format.c"
#include "virtio/parts_change.c"
#include "identity.c"
#include "tap.h"

#define RANDOM_SETS	20000
#define QUEUES		2

static u8 set[1024];
static u32 set_len;
static struct admvf_part_at bad;

static struct parts_head head(u16 type, u32 selector, u32 len)
{
	struct parts_head h = {
		.type = cpu_to_le16(type),
		.flags = type == PART_DEV_FEATURES ? PARTS_OPTIONAL : 0,
		.length = cpu_to_le32(len),
	};
	__le32 le = cpu_to_le32(selector);

	memcpy(h.selector, &le, sizeof(le));
	return h;
}

static void add_as(struct parts_head h, const void *value)
{
	u32 len = le32_to_cpu(h.length);

	memcpy(set + set_len, &h, sizeof(h));
	if (len)
		memcpy(set + set_len + sizeof(h), value, len);
	set_len += sizeof(h) + len;
}

static void add(u16 type, u32 selector, const void *value, u32 len)
{
	add_as(head(type, selector, len), value);
}

static void add_features(u16 type, u64 low, u64 high)
{
	__le64 words[2] = { cpu_to_le64(low), cpu_to_le64(high) };

	add(type, 0, words, high ? 16 : 8);
}

static struct vq_config a_queue(void)
{
	return (struct vq_config) {
		.size = cpu_to_le16(128),
		.msix_vector = cpu_to_le16(1),
		.enabled = cpu_to_le16(1),
		.desc = cpu_to_le64(0x1000),
	};
}

/* As a device of virtio-blk has them. */
static void make_set(void)
{
	struct vq_config queue = a_queue();
	struct vq_notify notify = {};
	unsigned int i;

	set_len = 0;
	add_features(PART_DEV_FEATURES, 1ULL << 32 | 0x64, 0);
	add_features(PART_DRV_FEATURES, 1ULL << 32 | 0x4, 0);
	add(PART_PCI_COMMON_CFG, 0, "\1\0\0\0", 4);
	add(PART_PCI_COMMON_CFG, 16, "\1\0", 2);
	add(PART_DEVICE_STATUS, 0, "\xf", 1);
	for (i = 0; i < QUEUES; i++)
		add(PART_VQ_CFG, i, &queue, sizeof(queue));
	for (i = 0; i < QUEUES; i++)
		add(PART_VQ_NOTIFY_CFG, i, &notify, sizeof(notify));
	add(0x4fe, 0, "its own", 7);
}

static void taken(const char *rule)
{
	const char *why = admvf_parts_check(set, set_len, &bad);

	ok(!why, "%s (%s)", rule, why ?: "taken");
}

static void refused(const char *reason, u16 type, const char *rule)
{
	const char *why = admvf_parts_check(set, set_len, &bad);

	ok(why && strstr(why, reason) && bad.type == type, "%s (type %#x: %s)",
	   rule, bad.type, why ?: "taken");
}

static void parts_must_be_whole(void)
{
	unsigned int wrong = 0;
	u32 len, whole;

	make_set();
	taken("what a device has");
	len = set_len;
	for (set_len = 1; set_len < len; set_len++) {
		whole = admvf_parts_whole(set, set_len);
		wrong += whole > set_len ||
			 (whole == set_len) != !admvf_parts_check(set, set_len, &bad);
	}
	ok(!wrong, "cut off within a part it is refused");
	set_len = 0;
	refused("none", 0, "no part is no set");
	add(0x4fe, 0, "12", 2);
	set[12] = 3;
	refused("value is cut off", 0x4fe, "a length beyond the end");
	memset(set + 12, 0xff, 4);
	refused("value is cut off", 0x4fe, "a length of 2^32 - 1");
	ok(admvf_parts_whole(set, set_len) == 0, "of which nothing is whole");
}

static void one_part(u16 type, u32 selector, const void *value, u32 len)
{
	set_len = 0;
	add(type, selector, value, len);
}

static void parts_must_have_their_lengths(void)
{
	static const u8 zero[256];

	one_part(PART_DEV_FEATURES, 0, zero, 7);
	refused("length", PART_DEV_FEATURES, "features are words");
	one_part(PART_DRV_FEATURES, 0, zero, 136);
	refused("length", PART_DRV_FEATURES, "not too many");
	one_part(PART_PCI_COMMON_CFG, 0, zero, 3);
	refused("length", PART_PCI_COMMON_CFG, "a field of 3 bytes");
	one_part(PART_PCI_COMMON_CFG, 63, zero, 1);
	taken("the last byte of the common configuration");
	one_part(PART_PCI_COMMON_CFG, 64, zero, 1);
	refused("offset", PART_PCI_COMMON_CFG, "one behind it");
	one_part(PART_PCI_COMMON_CFG, 60, zero, 8);
	refused("offset", PART_PCI_COMMON_CFG, "one that goes beyond");
	one_part(PART_PCI_COMMON_CFG, 2, zero, 4);
	refused("offset", PART_PCI_COMMON_CFG, "one that is not aligned");
	one_part(PART_DEVICE_STATUS, 0, zero, 2);
	refused("length", PART_DEVICE_STATUS, "the status is a byte");
	one_part(PART_VQ_CFG, 0, zero, 31);
	refused("length", PART_VQ_CFG, "a queue has 32 bytes");
}

#define QUEUE_REFUSED(field, val, reason) do {				\
	struct vq_config queue = a_queue();				\
									\
	queue.field = cpu_to_le16(val);					\
	one_part(PART_VQ_CFG, 0, &queue, sizeof(queue));		\
	refused(reason, PART_VQ_CFG, #field " = " #val);		\
} while (0)

static void queues_must_be_possible(void)
{
	struct vq_config queue = {};

	QUEUE_REFUSED(size, 32769, "size");
	QUEUE_REFUSED(size, 0, "size");
	QUEUE_REFUSED(enabled, 2, "enabled");
	QUEUE_REFUSED(reserved, 1, "reserved");
	one_part(PART_VQ_CFG, 0xffff, &queue, sizeof(queue));
	taken("a queue that is not enabled needs no size");
	one_part(PART_VQ_CFG, 0x10000, &queue, sizeof(queue));
	refused("selector", PART_VQ_CFG, "an index of 17 bits");
}

static void reserved_bits_must_be_0(void)
{
	struct parts_head h = head(PART_DEVICE_STATUS, 0, 1);

	set_len = 0;
	h.flags = 2;
	add_as(h, "");
	refused("reserved", PART_DEVICE_STATUS, "a flag that does not exist");
	set_len = 0;
	h.flags = 0;
	h.reserved = 1;
	add_as(h, "");
	refused("reserved", PART_DEVICE_STATUS, "the byte behind the flags");
	one_part(PART_DEVICE_STATUS, 1, "", 1);
	refused("selector", PART_DEVICE_STATUS, "a selector where there is none");
}

static void parts_must_be_in_order(void)
{
	struct vq_config queue = a_queue();
	struct vq_notify notify = {};

	one_part(PART_DRV_FEATURES, 0, "12345678", 8);
	add_features(PART_DEV_FEATURES, 1, 0);
	taken("features of the driver, then of the device");
	add_features(PART_DRV_FEATURES, 1, 0);
	refused("twice", PART_DRV_FEATURES, "features come once");
	one_part(PART_DEVICE_STATUS, 0, "", 1);
	add(PART_PCI_COMMON_CFG, 0, "1234", 4);
	refused("depends", PART_PCI_COMMON_CFG, "the status, then what it depends on");
	one_part(PART_VQ_CFG, 0, &queue, sizeof(queue));
	add(PART_DEVICE_STATUS, 0, "", 1);
	refused("depends", PART_DEVICE_STATUS, "a queue, then the status");
	one_part(PART_VQ_NOTIFY_CFG, 0, &notify, sizeof(notify));
	refused("before", PART_VQ_NOTIFY_CFG, "a notification without a queue");
	one_part(PART_VQ_CFG, 0, &queue, sizeof(queue));
	add(PART_VQ_NOTIFY_CFG, 0, &notify, sizeof(notify));
	add(PART_VQ_CFG, 1, &queue, sizeof(queue));
	taken("each queue with its notification");
	one_part(0x4fe, 0, "", 0);
	add_features(PART_DEV_FEATURES, 1, 0);
	taken("a device's own parts come anywhere");
}

static struct vfmig_identity identity(void)
{
	struct vfmig_identity id = { .backend = ADMVF_PARTS_NAME };
	struct admvf_parts_sum sum;

	admvf_parts_sum(set, set_len, &sum);
	id.nr_facts = admvf_parts_facts(&sum, id.facts);
	return id;
}

static void fits(const struct vfmig_identity *source, const char *misfit,
		 const char *rule)
{
	struct vfmig_identity here = identity();
	const struct vfmig_fact *fact;
	const char *why, *name;
	u16 which;
	int ret;

	ret = vfmig_identity_match(source, &here, &why, &which);
	fact = vfmig_find_fact(&here, which);
	name = fact ? fact->name : "fits";
	ok(!ret == !misfit && (!misfit || !strcmp(name, misfit)), "%s (%s)",
	   rule, name);
}

static void a_destination_must_offer_the_features(void)
{
	struct vq_config queue = a_queue();
	struct vfmig_identity source;

	set_len = 0;
	add_features(PART_DEV_FEATURES, 0x30, 0x1);
	add(PART_VQ_CFG, 0, &queue, sizeof(queue));
	source = identity();
	fits(&source, NULL, "the same");
	set_len = 0;
	add_features(PART_DEV_FEATURES, 0x31, 0x3);
	add(PART_VQ_CFG, 0, &queue, sizeof(queue));
	add(PART_VQ_CFG, 1, &queue, sizeof(queue));
	fits(&source, NULL, "more features and more queues");
	set_len = 0;
	add_features(PART_DEV_FEATURES, 0x11, 0x1);
	add(PART_VQ_CFG, 0, &queue, sizeof(queue));
	fits(&source, "features 0 to 63", "a feature that is lacking");
	set_len = 0;
	add_features(PART_DEV_FEATURES, 0x30, 0);
	add(PART_VQ_CFG, 0, &queue, sizeof(queue));
	fits(&source, "features 64 to 127", "a feature above 63");
	set_len = 0;
	add_features(PART_DEV_FEATURES, 0x30, 1);
	fits(&source, "types of device parts from 0x100 on", "no queues");
	set_len = 0;
	add_features(PART_DEV_FEATURES, 0x30, 1);
	add(PART_VQ_CFG, 0, &queue, sizeof(queue));
	add(PART_VQ_CFG, 1, &queue, sizeof(queue));
	source = identity();
	set_len = 0;
	add_features(PART_DEV_FEATURES, 0x30, 1);
	add(PART_VQ_CFG, 0, &queue, sizeof(queue));
	fits(&source, "queues with a device part", "fewer queues");
	add(PART_VQ_CFG, 1, &queue, sizeof(queue));
	add(0x200, 0, "", 0);
	source = identity();
	fits(&source, NULL, "a part of the device's kind");
	set_len = 0;
	add_features(PART_DEV_FEATURES, 0x30, 1);
	add(PART_VQ_CFG, 0, &queue, sizeof(queue));
	add(PART_VQ_CFG, 1, &queue, sizeof(queue));
	fits(&source, "types of device parts from 0x200 on", "which is lacking");
}

static void a_set_is_summed_up(void)
{
	struct admvf_parts_sum sum;

	make_set();
	admvf_parts_sum(set, set_len, &sum);
	ok(sum.dev_features[0] == (1ULL << 32 | 0x64) && !sum.dev_features[1],
	   "what the device offers");
	ok(sum.drv_features[0] == (1ULL << 32 | 0x4), "what the driver has accepted");
	ok(sum.queues == QUEUES && sum.generic == 0x3e && !sum.special,
	   "the parts that are not optional");
}

static u32 to_set(u32 low, u32 high, u32 *at)
{
	return admvf_parts_to_set(set, set_len, low, high, at);
}

/* Of the set of make_set(): 24 bytes of what the device offers are its first part. */
static void what_changes_is_set(void)
{
	u32 at = 0, len, last;

	make_set();
	len = to_set(0, set_len, &at);
	ok(at == 24 && len == set_len - 24,
	   "all but what the device offers, and that in one run");
	at += len;
	ok(!to_set(0, set_len, &at) && at == set_len, "and then no more");
	at = 0;
	len = to_set(24, 25, &at);
	ok(at == 24 && len == 24, "a byte of a head is its part");
	at = 0;
	len = to_set(47, 48, &at);
	ok(at == 24 && len == 24, "so is the last one of its value");
	at = 0;
	len = to_set(47, 49, &at);
	ok(at == 24 && len > 24, "a change of two parts is both");
	at = 0;
	ok(!to_set(0, 24, &at), "what the device offers is never set");
	last = set_len;
	add(0x4fe, 0, "abc", 3);
	at = 0;
	len = to_set(set_len - 1, set_len, &at);
	ok(at == last && len == 19, "one at the end is found behind the others");
	one_part(PART_DRV_FEATURES, 0, "12345678", 8);
	add(PART_DEV_FEATURES, 0, "12345678", 8);
	add(PART_DEVICE_STATUS, 0, "1", 1);
	at = 0;
	len = to_set(0, set_len, &at);
	ok(at == 0 && len == 24, "up to what the device offers");
	at += len;
	len = to_set(0, set_len, &at);
	ok(at == 48 && len == 17, "and from behind it on");
}

static u8 was[3 * 4096 + 7];
static u8 is[sizeof(was)];

static u32 differ(u32 *at)
{
	return admvf_parts_differ(was, is, sizeof(was), at);
}

static bool is_one_change(u32 from, u32 to)
{
	u32 at = 0;
	u32 len = differ(&at);

	if (at != from || len != to - from)
		return false;
	at += len;
	return !differ(&at) && at == sizeof(was);
}

static void changes_are_found(void)
{
	u32 at = 0;

	memset(was, 0, sizeof(was));
	memset(is, 0, sizeof(is));
	ok(!differ(&at) && at == sizeof(was), "none in what is equal");
	is[0] = 1;
	ok(is_one_change(0, 1), "the first byte");
	is[64] = 1;
	ok(is_one_change(0, 65), "two with next to nothing between them are one");
	is[64] = 0;
	is[0] = 0;
	is[4096] = 1;
	ok(is_one_change(4096, 4097), "one behind a block that is equal");
	is[4095] = 1;
	ok(is_one_change(4095, 4097), "one in two blocks");
	is[sizeof(is) - 1] = 1;
	at = 0;
	ok(differ(&at) == 2 && at == 4095, "two far from each other are two");
	at = 4097;
	ok(differ(&at) == 1 && at == sizeof(is) - 1, "the last byte is the other one");
	memset(is, 1, sizeof(is));
	ok(is_one_change(0, sizeof(is)), "all of it");
}

static struct admvf_piece head_of(u64 size, u64 at)
{
	return (struct admvf_piece) {
		.size = cpu_to_le64(size),
		.at = cpu_to_le64(at),
	};
}

static const char *piece(u64 size, u64 at, u32 len, u64 come, u64 under_way)
{
	struct admvf_piece head = head_of(size, at);
	u64 value;

	return admvf_piece_check(&head, sizeof(head) + len, come, under_way, &value);
}

static void wrong_piece(const char *why, const char *reason, const char *rule)
{
	ok(why && strstr(why, reason), "%s (%s)", rule, why ?: "taken");
}

static const char *change(u64 size, u64 at, u32 len, u64 come, u64 whole)
{
	struct admvf_piece head = head_of(size, at);
	u64 value;

	return admvf_change_check(&head, sizeof(head) + len, come, whole, &value);
}

static void changes_must_fit(void)
{
	ok(!change(100, 0, 8, 100, 100) && !change(100, 92, 8, 100, 100) &&
	   !change(100, 0, 8, 100, 100), "anywhere in a set that is whole, and again");
	wrong_piece(change(100, 93, 8, 100, 100), "beyond", "one byte too far");
	wrong_piece(change(100, ~0ULL, 8, 100, 100), "beyond", "far too far");
	wrong_piece(change(100, ~0ULL - 3, 8, 100, 100), "beyond",
		    "and one that wraps around");
	wrong_piece(change(100, 0, 8, 99, 100), "whole", "of a set that is not whole");
	wrong_piece(change(0, 0, 8, 0, 0), "whole", "of none");
	wrong_piece(change(101, 0, 8, 100, 100), "other", "of a larger set");
	wrong_piece(change(100, 0, 0, 100, 100), "short", "nothing");
}

static void pieces_must_follow_each_other(void)
{
	ok(!piece(8, 0, 8, 0, 0), "all at once");
	ok(!piece(8, 0, 5, 3, 100), "a set that begins while another comes");
	ok(!piece(8, 5, 3, 5, 8), "the rest");
	wrong_piece(piece(8, 0, 0, 0, 0), "short", "a piece of nothing");
	wrong_piece(piece(8, 5, 3, 4, 8), "missing", "a gap");
	wrong_piece(piece(8, 5, 3, 6, 8), "missing", "one that comes twice");
	wrong_piece(piece(9, 5, 3, 5, 8), "changes", "another size");
	wrong_piece(piece(8, 5, 4, 5, 8), "beyond", "more than there is");
	wrong_piece(piece(0, 0, 1, 0, 0), "beyond", "a set of nothing");
	wrong_piece(piece(8, ~0ULL, 8, ~0ULL, 8), "beyond", "an offset of 2^64 - 1");
	wrong_piece(piece(ADMVF_PARTS_MAX + 1ULL, 0, 8, 0, 0), "large",
		    "more than is kept");
}

/* Reads out of bounds are the sanitizers' to find. */
static void rubbish_does_no_harm(void)
{
	struct admvf_parts_sum sum;
	unsigned int i, n;

	srand(1042);
	for (n = 0; n < RANDOM_SETS; n++) {
		make_set();
		for (i = 0; i < set_len; i++)
			if (!(rand() % 32))
				set[i] = rand();
		set_len = admvf_parts_whole(set, set_len);
		admvf_parts_check(set, set_len, &bad);
		admvf_parts_sum(set, set_len, &sum);
	}
	ok(true, "%u sets with random bytes do no harm", RANDOM_SETS);
}

int main(void)
{
	parts_must_be_whole();
	parts_must_have_their_lengths();
	queues_must_be_possible();
	reserved_bits_must_be_0();
	parts_must_be_in_order();
	a_set_is_summed_up();
	what_changes_is_set();
	changes_are_found();
	changes_must_fit();
	a_destination_must_offer_the_features();
	pieces_must_follow_each_other();
	rubbish_does_no_harm();
	return tap_end();
}
