// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chunk borders mean nothing: the stream is a stream of bytes.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static struct bytes stream;

void before_open(void)
{
	bytes_free(&stream);
}

static void small_state(void)
{
	if (is_mock(vf.bdf)) {
		mock_setn(vf.bdf, "size", 64);
		reopen();
	}
}

static void reopen_with_window(size_t size)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", size);
	param_set("vfmig", "window", text);
	reopen();
}

static void expect_taken(struct way way)
{
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_bytes(&vf, stream.at, stream.len, way), 0, "pieces of %zu",
		  way.piece);
	vf_go(&vf, STATE_RUNNING);
}

TEST(byte_by_byte, "a stream written one byte at a time is taken")
{
	small_state();
	save_stopped(&vf, &stream);
	expect_taken((struct way){ ~(size_t)0, 1 });
}

TEST(any_piece, "a stream cut into pieces of any length is taken")
{
	static const size_t pieces[] = {
		2, 3, 5, 7, 8, 9, 23, 24, 25, 39, 40, 41, 100, 136, 1000,
	};

	small_state();
	save_stopped(&vf, &stream);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
		expect_taken((struct way){ ~(size_t)0, pieces[i] });
}

TEST(two_pieces, "a stream cut in two at any byte is taken")
{
	size_t stride;

	small_state();
	save_stopped(&vf, &stream);
	stride = 1 + stream.len / 400;
	for (size_t cut = 1; cut < stream.len; cut += stride) {
		vf_go(&vf, STATE_RESUMING);
		ASSERT_EQ(load_bytes(&vf, stream.at, cut, TRAPPED_WHOLE), 0,
			  "cut at %zu", cut);
		ASSERT_EQ(load_bytes(&vf, stream.at + cut, stream.len - cut,
				     TRAPPED_WHOLE), 0, "cut at %zu", cut);
		vf_go(&vf, STATE_RUNNING);
	}
}

TEST(smaller_window, "chunks larger than the destination's section are written in several pieces")
{
	uint64_t large = vf.area_len;

	save_stopped(&vf, &stream);
	reopen_with_window(4096);
	EXPECT_LE(vf.area_len, large);
	expect_taken(TRAPPED_WHOLE);
	vf_map(&vf);
	expect_taken(MAPPED);
}

TEST(larger_window, "chunks smaller than the destination's section can be put together")
{
	reopen_with_window(4096);
	save_stopped(&vf, &stream);
	reopen_with_window(4 << 20);
	expect_taken(TRAPPED_WHOLE);
}

TEST(window_limits, "whatever the window is told to be, it is whole pages and a transfer works")
{
	static const size_t sizes[] = { 0, 1, 4097, 12345, 1 << 24 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		reopen_with_window(sizes[i]);
		EXPECT_EQ(vf.area_len % 4096, 0);
		EXPECT_GT(vf.area_len, 0);
		need_whole_transfer();
	}
}
