// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a virtio owner, or another host, says of a function: the list of its context's
 * fields, a context, a set of device parts, the pieces that a set comes in.
 * Everything is looked at a second time, by the descriptions of the formats.
 */
#include <string.h>

#include "virtio/ctx_format.h"
#include "virtio/parts_format.h"
#include "stream.h"
#include "fuzz.h"

enum kind {
	KIND_FIELDS,
	KIND_CONTEXT,
	KIND_PARTS,
	KIND_PIECES,
	NR_KINDS,
};

static u64 number(const u8 *at, unsigned int bytes)
{
	u64 n = 0;

	while (bytes--)
		n = n << 8 | at[bytes];
	return n;
}

static bool is_zero(const u8 *at, size_t len)
{
	while (len--)
		if (*at++)
			return false;
	return true;
}

static void must_fit_itself(struct vfmig_identity *id)
{
	const char *why;
	u16 fact;

	must(id->nr_facts <= VFMIG_MAX_FACTS);
	must(!vfmig_identity_match(id, id, &why, &fact));
}

/* How often a type is in a list. */
static unsigned int times(const u8 *list, size_t nr, u64 type)
{
	unsigned int found = 0;

	for (; nr; nr--, list += 16)
		found += number(list, 2) == type;
	return found;
}

static bool is_a_list(const u8 *list, size_t len)
{
	size_t nr = len / 16, i;

	if (!nr || len % 16 || nr > ADMVF_CTX_MAX_FIELDS)
		return false;
	for (i = 0; i < nr; i++)
		if (!is_zero(list + 16 * i + 2, 6) ||
		    times(list, nr, number(list + 16 * i, 2)) != 1)
			return false;
	return true;
}

static bool learn(struct admvf_ctx_fields *fields, const u8 *list, size_t len)
{
	const char *why;
	u64 value;
	u32 i;

	why = admvf_ctx_learn(fields, list, len, &value);
	must(!why == is_a_list(list, len));
	must(!why || *why);
	if (why)
		return false;
	must(fields->nr == len / 16);
	for (i = 1; i < fields->nr; i++)
		must(fields->field[i - 1].type < fields->field[i].type);
	return true;
}

static void fuzz_fields(const struct input *in)
{
	struct vfmig_identity id = { .backend = ADMVF_CTX_NAME };
	struct admvf_ctx_fields fields;

	if (!learn(&fields, in->bytes, in->len))
		return;
	id.nr_facts = admvf_ctx_facts(&fields, id.facts);
	must_fit_itself(&id);
}

/* The longest that a list allows for a type; all there is for one it lacks. */
static u64 longest(const u8 *list, size_t nr, u64 type)
{
	u64 most;

	for (; nr; nr--, list += 16) {
		most = number(list + 8, 8);
		if (number(list, 2) == type && most)
			return most;
	}
	return ~0ULL;
}

static bool is_a_context(const u8 *list, size_t nr, const u8 *at, size_t len)
{
	bool any = false;
	u64 value;

	while (len) {
		if (len < 16 || !is_zero(at + 2, 6))
			return false;
		value = number(at + 8, 8);
		if (value > len - 16 || value > longest(list, nr, number(at, 2)))
			return false;
		at += 16 + value;
		len -= 16 + value;
		any = true;
	}
	return any;
}

static bool read_context(const struct admvf_ctx_fields *fields,
			 const struct input *in, const u8 *at, size_t len, bool cut)
{
	struct admvf_ctx_reader reader = {};
	const char *why = NULL;
	size_t n, nr = 0;
	u8 *copy;

	while (len && !why) {
		n = cut ? input_piece(in, nr++) : len;
		n = n < len ? n : len;
		/* Of its own, so that ASan sees what is read beyond. */
		copy = malloc(n);
		must(copy);
		memcpy(copy, at, n);
		why = admvf_ctx_read(&reader, fields, copy, n);
		free(copy);
		at += n;
		len -= n;
	}
	why = why ?: admvf_ctx_end(&reader);
	must(!why || *why);
	return !why;
}

/* The list that comes first has as many fields as the first byte says. */
static void fuzz_context(const struct input *in)
{
	struct admvf_ctx_fields fields;
	size_t list_len, len;
	const u8 *list, *at;
	bool whole;

	if (!in->len)
		return;
	list = in->bytes + 1;
	list_len = 16 * (size_t)(in->bytes[0] % 16);
	if (in->len < 1 + list_len || !learn(&fields, list, list_len))
		return;
	at = list + list_len;
	len = in->len - 1 - list_len;
	whole = read_context(&fields, in, at, len, false);
	must(whole == read_context(&fields, in, at, len, true));
	must(whole == is_a_context(list, list_len / 16, at, len));
}

static u64 features(const u8 *value, u64 len, unsigned int word)
{
	return len >= 8 * (word + 1) ? number(value + 8 * word, 8) : 0;
}

static void must_be_as_summed(const u8 *set, u32 len,
			      const struct admvf_parts_sum *sum)
{
	u32 queues = 0, parts = 0;
	u64 type, value;

	while (len) {
		must(len >= 16);
		type = number(set, 2);
		value = number(set + 12, 4);
		must(value <= len - 16);
		must(!(set[2] & ~1) && !set[3]);
		queues += type == 0x104;
		must(type != 0x104 || value == 32);
		must(type != 0x103 || value == 1);
		if (type == 0x100)
			must(sum->dev_features[1] == features(set + 16, value, 1));
		if (type == 0x101)
			must(sum->drv_features[0] == features(set + 16, value, 0));
		if (type >= 0x100 && type < 0x140 && !set[2])
			must(sum->generic >> (type - 0x100) & 1);
		set += 16 + value;
		len -= 16 + value;
		parts++;
	}
	must(parts && sum->queues == queues);
}

/* Each part with a byte of the change is set once, but for the device's features. */
static void must_set_all_that_changes(const struct input *in, const u8 *set)
{
	u32 low = input_piece(in, 0) % in->len;
	u32 high = low + 1 + input_piece(in, 1) % (in->len - low);
	u32 at = 0, len, run = 0, part;

	len = admvf_parts_to_set(set, in->len, low, high, &run);
	while (at < in->len) {
		part = 16 + number(set + at + 12, 4);
		if (len && at == run + len) {
			run = at;
			len = admvf_parts_to_set(set, in->len, low, high, &run);
		}
		must((len && at >= run && at < run + len) ==
		     (at < high && at + part > low &&
		      number(set + at, 2) != PART_DEV_FEATURES));
		at += part;
	}
	must(at == in->len);
}

/* Changes are found, and nothing but them, by whoever has the set as it was. */
static void fuzz_changes(const struct input *in)
{
	u32 half = in->len / 2, at = 0, len;
	u8 *was = malloc(half + 1);
	const u8 *is = in->bytes + half;

	memcpy(was, in->bytes, half);
	while ((len = admvf_parts_differ(was, is, half, &at))) {
		must(at < half && len <= half - at);
		must(was[at] != is[at] && was[at + len - 1] != is[at + len - 1]);
		memcpy(was + at, is + at, len);
		at += len;
	}
	must(at == half && !memcmp(was, is, half));
	free(was);
}

static void fuzz_parts(const struct input *in)
{
	struct vfmig_identity id = { .backend = ADMVF_PARTS_NAME };
	struct admvf_parts_sum sum;
	struct admvf_part_at bad;
	const char *why;
	u32 whole;
	u8 *set = malloc(in->len);

	must(set);
	memcpy(set, in->bytes, in->len);
	whole = admvf_parts_whole(set, in->len);
	must(whole <= in->len);
	why = admvf_parts_check(set, in->len, &bad);
	must(!why || *why);
	must(bad.at <= in->len);
	if (!why) {
		must(whole == in->len);
		admvf_parts_sum(set, in->len, &sum);
		must_be_as_summed(set, in->len, &sum);
		id.nr_facts = admvf_parts_facts(&sum, id.facts);
		must_fit_itself(&id);
		must_set_all_that_changes(in, set);
	}
	free(set);
}

/* What a load does with pieces, without the bytes in them: each has 16 and a length. */
static void fuzz_pieces(const struct input *in)
{
	const u8 *at = in->bytes;
	u64 size = 0, come = 0, value;
	size_t left = in->len;
	const char *why;
	u32 len;

	for (; left >= 20; at += 20, left -= 20) {
		len = number(at + 16, 4);
		if (!admvf_change_check(at, len, come, size, &value))
			must(size && come == size && len > 16 &&
			     number(at + 8, 8) <= size &&
			     len - 16 <= size - number(at + 8, 8));
		why = admvf_piece_check(at, len, come, size, &value);
		must(!why || *why);
		if (why)
			return;
		must(len > 16);
		if (!number(at + 8, 8)) {
			size = number(at, 8);
			come = 0;
		}
		must(size == number(at, 8) && come == number(at + 8, 8));
		come += len - 16;
		must(come <= size && size <= ADMVF_PARTS_MAX);
	}
}

int fuzz_one(const u8 *data, size_t size)
{
	struct input in;

	if (!input_split(&in, data, size) || !in.len)
		return 0;
	switch (in.fault % NR_KINDS) {
	case KIND_FIELDS:
		fuzz_fields(&in);
		break;
	case KIND_CONTEXT:
		fuzz_context(&in);
		break;
	case KIND_PARTS:
		fuzz_parts(&in);
		fuzz_changes(&in);
		break;
	case KIND_PIECES:
		fuzz_pieces(&in);
		break;
	}
	return 0;
}
