// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data section: the same bytes whether mapped or trapped, at any width.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static const size_t widths[] = {
	1, 2, 3, 4, 5, 7, 8, 9, 16, 64, 100, 4095, 4096, 4097, 65536,
};

/* Not so much that it could not be moved byte by byte. */
void before_open(void)
{
	if (is_mock(vf_first()))
		mock_setn(vf_first(), "size", 8192);
}

static uint8_t pattern(size_t at)
{
	return at * 131 + (at >> 8) * 17;
}

static void fill_mapped(size_t len)
{
	for (size_t i = 0; i < len; i++)
		vf.map[i] = pattern(i);
}

TEST(read_widths, "what is mapped can be read by trapped accesses of any width and alignment")
{
	size_t len = 20000;
	uint8_t *buf = malloc(65536);

	if (len > vf.area_len)
		len = vf.area_len;
	vf_map(&vf);
	fill_mapped(len);
	for (size_t w = 0; w < ARRAY_SIZE(widths); w++) {
		for (size_t at = 0; at + widths[w] <= len;
		     at += widths[w] + at % 7 * 251) {
			memset(buf, 0, widths[w]);
			ASSERT_EQ(vf_read(&vf, vf.area + at, buf, widths[w]),
				  0, "%zu at %zu", widths[w], at);
			ASSERT_EQ(memcmp(buf, vf.map + at, widths[w]), 0,
				  "%zu at %zu", widths[w], at);
		}
	}
	free(buf);
}

TEST(write_widths, "what is written by trapped accesses of any width is what is mapped")
{
	uint8_t buf[4097];

	vf_map(&vf);
	for (size_t w = 0; w < ARRAY_SIZE(widths); w++) {
		if (widths[w] > sizeof(buf) || widths[w] + 5 > vf.area_len)
			continue;
		memset(vf.map, 0, 8192 < vf.area_len ? 8192 : vf.area_len);
		for (size_t i = 0; i < widths[w]; i++)
			buf[i] = pattern(i + w);
		ASSERT_EQ(vf_write(&vf, vf.area + 3, buf, widths[w]), 0,
			  "%zu", widths[w]);
		EXPECT_EQ(memcmp(vf.map + 3, buf, widths[w]), 0, "%zu",
			  widths[w]);
		EXPECT_EQ(vf.map[2], 0, "%zu", widths[w]);
		EXPECT_EQ(vf.map[3 + widths[w]], 0, "%zu", widths[w]);
	}
}

static void save_way(struct bytes *stream, struct way way)
{
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, stream, way);
	vf_go(&vf, STATE_STOP);
}

TEST(save_widths, "a stream is the same however the section is read")
{
	static const size_t some[] = { 8, 1, 3, 4096, ~(size_t)0 };
	struct bytes mapped = {}, trapped = {};

	vf_map(&vf);
	save_way(&mapped, MAPPED);
	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		if (mapped.len / some[i] > 20000)
			continue;
		save_way(&trapped, TRAPPED(some[i]));
		ASSERT_EQ(trapped.len, mapped.len, "width %zu", some[i]);
		EXPECT_EQ(memcmp(trapped.at, mapped.at, mapped.len), 0,
			  "width %zu", some[i]);
		bytes_free(&trapped);
	}
	bytes_free(&mapped);
}

TEST(load_widths, "a stream is taken however it is put into the section")
{
	static const size_t some[] = { 0, 8, 1, 3, 4096, ~(size_t)0 };
	struct bytes stream = {};

	save_stopped(&vf, &stream);
	vf_map(&vf);
	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		if (some[i] && stream.len / some[i] > 20000)
			continue;
		vf_go(&vf, STATE_RESUMING);
		ASSERT_EQ(load_bytes(&vf, stream.at, stream.len,
				     TRAPPED(some[i])), 0, "width %zu",
			  some[i]);
		vf_go(&vf, STATE_RUNNING);
	}
	bytes_free(&stream);
}

TEST(mapped_throughout, "one mapping made in RUNNING is good in every state after it")
{
	struct bytes stream = {};

	vf_map(&vf);
	vf_go(&vf, STATE_PRE_COPY);
	save_phase(&vf, &stream, MAPPED);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, MAPPED);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_bytes(&vf, stream.at, stream.len, MAPPED), 0);
	vf_go(&vf, STATE_RUNNING);
	ASSERT_EQ(vf_reset(&vf), 0);
	vf.map[0] = 1;
	EXPECT_EQ(vf.map[0], 1);
	bytes_free(&stream);
}

TEST(scribbled, "what the user writes over a chunk harms nothing but that chunk")
{
	struct bytes stream = {}, dropped = {};

	vf_map(&vf);
	vf_go(&vf, STATE_STOP_COPY);
	vf_data_offset(&vf);
	memset(vf.map, 0xff, 4096);
	save_phase(&vf, &dropped, MAPPED);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_RESUMING);
	EXPECT_NE(load_all(&vf, &dropped), 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	save_stopped(&vf, &stream);
	need_whole_transfer();
	bytes_free(&stream);
	bytes_free(&dropped);
}
