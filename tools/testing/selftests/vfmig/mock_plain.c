// SPDX-License-Identifier: GPL-2.0-only
/*
 * The knob "plain": what measurements move is a stream as any other.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "stream.h"

#define SIZE		(64 << 10)
#define RECORD		4096
#define PLACE_LEN	16
#define COPIED		1
#define IN_PLACE	2

void before_open(void)
{
	need_mock(vf_first());
	mock_setn(vf_first(), "size", SIZE);
	mock_setn(vf_first(), "record", RECORD);
}

static void save_plain(unsigned int plain, struct bytes *to)
{
	mock_setn(vf.bdf, "plain", plain);
	save_stopped(&vf, to);
}

static const uint8_t *content_of(const struct bytes *stream,
				 const struct parts *parts, unsigned int part)
{
	return stream->at + parts->at[part] + RECORD_LEN + PLACE_LEN;
}

TEST(copied_repeats, "plain=1: each page of the content is the first made-up one")
{
	struct bytes made_up = {}, copied = {};
	unsigned int i, pages = SIZE / RECORD;
	struct parts first, parts;

	save_plain(0, &made_up);
	save_plain(COPIED, &copied);
	EXPECT_EQ(copied.len, made_up.len);
	stream_split(&made_up, &first);
	stream_split(&copied, &parts);
	EXPECT_EQ(parts.nr, first.nr);
	/* The head and the shape come before the bytes. */
	for (i = 0; i < pages; i++)
		EXPECT_EQ(memcmp(content_of(&copied, &parts, 2 + i),
				 content_of(&made_up, &first, 2), RECORD), 0,
			  "page %u", i);
	bytes_free(&made_up);
	bytes_free(&copied);
}

static void need_accepted(unsigned int plain)
{
	struct bytes stream = {};

	save_plain(plain, &stream);
	vf_go(&vf, STATE_RESUMING);
	EXPECT_EQ(load_all(&vf, &stream), 0, "plain=%u", plain);
	vf_go(&vf, STATE_RUNNING);
	bytes_free(&stream);
}

TEST(plain_loads, "what is plain is taken by a destination that is plain too")
{
	need_accepted(COPIED);
	need_accepted(IN_PLACE);
}

TEST(plain_refused, "a destination that checks refuses what is not made up")
{
	struct bytes stream = {};

	save_plain(COPIED, &stream);
	mock_setn(vf.bdf, "plain", 0);
	vf_go(&vf, STATE_RESUMING);
	EXPECT_EQ(load_all(&vf, &stream), -EINVAL);
	EXPECT_EQ(vf_reset(&vf), 0);
	bytes_free(&stream);
}
