// SPDX-License-Identifier: GPL-2.0-only
/* How records of the mock are changed, so that they fit each other again. */
#include <string.h>

#include "stream.h"
#include "mock/mock.h"
#include "change.h"

#define MAX_STATE	2048

/* The payload of a record, where it is of this type and at least so long. */
static u8 *payload_of(struct change *c, unsigned int i, u16 type, u32 least)
{
	u8 *record = c->bytes + c->at[i];

	if (get_number(record, 2) != type || get_number(record + 8, 4) < least)
		return NULL;
	return record + VFMIG_STREAM_RECORD_LEN;
}

static u8 *find_shape(struct change *c)
{
	unsigned int i;
	u8 *shape;

	for (i = 0; i < c->nr; i++) {
		shape = payload_of(c, i, MOCK_RECORD_SHAPE, 16);
		if (shape)
			return shape;
	}
	return NULL;
}

static void fill(u64 seed, u8 *payload, u32 len)
{
	struct mock_content content = { .seed = seed };
	struct mock_extent extent = {
		.offset = get_number(payload, 8),
		.generation = get_number(payload + 8, 4),
		.len = (len - sizeof(struct mock_bytes)) & ~7U,
	};
	u64 words[MAX_STATE / 8];

	if (extent.len > sizeof(words))
		return;
	mock_content_fill(&content, &extent, words);
	memcpy(payload + sizeof(struct mock_bytes), words, extent.len);
}

static void fill_all(struct change *c, u64 seed)
{
	unsigned int i;
	u8 *payload;

	for (i = 0; i < c->nr; i++) {
		payload = payload_of(c, i, MOCK_RECORD_BYTES,
				     sizeof(struct mock_bytes));
		if (payload)
			fill(seed, payload, get_number(payload - 16, 4));
	}
}

static void move_bytes(struct change *c, u64 size)
{
	u8 *payload = payload_of(c, roll(c, c->nr), MOCK_RECORD_BYTES, 16);

	if (!payload)
		return;
	if (roll(c, 2))
		put_number(payload, 8, roll(c, 4) ? roll(c, size / 8 + 2) * 8 :
						    odd_number(c));
	else
		put_number(payload + 8, 4, roll(c, 4) ? roll(c, 4) :
							odd_number(c));
}

/* All of a small state, in records of one size, after the shape. */
static void say_all(struct change *c, u64 seed)
{
	u8 record[VFMIG_STREAM_RECORD_LEN + sizeof(struct mock_bytes) + MAX_STATE];
	u64 size = 8 + 8 * roll(c, MAX_STATE / 8 - 1);
	u32 most = 8 + 8 * roll(c, size / 8), len;
	u8 *shape = find_shape(c);
	size_t at = shape + 16 - c->bytes;
	u64 offset;

	put_number(shape + 8, 8, size);
	for (offset = 0; offset < size; offset += len) {
		len = size - offset < most ? size - offset : most;
		memset(record, 0, sizeof(record));
		put_number(record, 2, MOCK_RECORD_BYTES);
		put_number(record + 8, 4, sizeof(struct mock_bytes) + len);
		put_number(record + 24, 8, offset);
		fill(seed, record + 24, sizeof(struct mock_bytes) + len);
		if (!splice(c, at, 0, record, 40 + len))
			return;
		at += 40 + len;
	}
}

void change_payloads(struct change *c)
{
	u8 *shape = find_shape(c);
	u64 seed, size;

	if (!shape)
		return;
	seed = get_number(shape, 8);
	size = get_number(shape + 8, 8);
	switch (roll(c, 8)) {
	case 0:
		put_number(shape + 8, 8, roll(c, 4) ? size + 8 : odd_number(c));
		break;
	case 1:
		put_number(shape, 8, odd_number(c));
		break;
	case 2:
		say_all(c, seed);
		return;
	default:
		move_bytes(c, size < MAX_STATE ? size : MAX_STATE);
	}
	if (roll(c, 4))
		fill_all(c, get_number(shape, 8));
}
