// SPDX-License-Identifier: GPL-2.0-only
/*
 * Damaged streams: refused when the damage arrives or, where it is a lack, when
 * RESUMING is left. The device is untouched and stays in RESUMING, and a reset
 * recovers it.
 *
 * Each refusal costs a reset, of 0.1 s: a stream of many bytes is sampled.
 * VFMIG_SLOW tries them all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "stream.h"

#define MANY_FLIPS 120

static struct bytes stream;
static struct bytes damaged;
static struct parts parts;
static char digest[32];

static void take_digest(char *to)
{
	const char *at = strstr(mock_text(vf.bdf, "state"), "digest ");

	ASSERT_NE(at, NULL);
	memcpy(to, at, 23);
	to[23] = '\0';
}

static void expect_untouched(const char *what, size_t where)
{
	char now[32];

	if (!is_mock(vf.bdf))
		return;
	take_digest(now);
	EXPECT_EQ(strcmp(now, digest), 0, "%s %zu", what, where);
}

static void begin(void)
{
	bytes_free(&stream);
	bytes_free(&damaged);
	if (is_mock(vf.bdf)) {
		mock_setn(vf.bdf, "size", 64);
		mock_setn(vf.bdf, "record", 16);
		ASSERT_EQ(vf_reset(&vf), 0);
	}
	save_stopped(&vf, &stream);
	stream_split(&stream, &parts);
	change_device();
	if (is_mock(vf.bdf))
		take_digest(digest);
}

static void start_over(void)
{
	damaged.len = 0;
	bytes_add(&damaged, stream.at, stream.len);
}

static void add_part(unsigned int i)
{
	bytes_add(&damaged, stream.at + parts.at[i],
		  parts.at[i + 1] - parts.at[i]);
}

static void expect_refused(const char *what, size_t where)
{
	vf_go(&vf, STATE_RESUMING);
	EXPECT_NE(load_all(&vf, &damaged), 0, "%s %zu was taken", what, where);
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING, "%s %zu", what, where);
	EXPECT_NE(vf_set_state(&vf, STATE_RUNNING), 0, "%s %zu", what, where);
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING, "%s %zu", what, where);
	expect_untouched(what, where);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%s %zu", what, where);
}

static void flip(size_t byte, int bit)
{
	start_over();
	damaged.at[byte] ^= 1 << bit;
	expect_refused("byte", byte);
}

TEST(bits, "a flipped bit anywhere is noticed")
{
	bool all = getenv("VFMIG_SLOW");
	size_t stride;

	begin();
	stride = all ? 1 : stream.len / MANY_FLIPS + 1;
	for (size_t i = 0; i < stream.len; i += stride)
		for (int bit = all ? 0 : i % 8; bit < 8; bit += all ? 1 : 8)
			flip(i, bit);
	need_whole_transfer();
}

TEST(truncated, "a stream cut at any byte cannot be left, and is taken once it is whole")
{
	static const uint32_t targets[] = {
		STATE_RUNNING, STATE_STOP, STATE_STOP_COPY, STATE_PRE_COPY,
	};

	begin();
	vf_go(&vf, STATE_RESUMING);
	for (size_t i = 0; i < stream.len; i++) {
		ASSERT_EQ(load_bytes(&vf, stream.at + i, 1, TRAPPED_WHOLE), 0);
		if (i + 1 == stream.len)
			break;
		EXPECT_EQ(vf_set_state(&vf, targets[i % 4]), -EFAULT,
			  "after byte %zu", i);
		ASSERT_EQ(vf_state(&vf), STATE_RESUMING, "after byte %zu", i);
		if (i % 16 == 0)
			expect_untouched("after byte", i);
	}
	vf_go(&vf, STATE_RUNNING);
}

TEST(dropped, "a record that is missing is noticed")
{
	begin();
	for (unsigned int drop = 0; drop + 1 < parts.nr; drop++) {
		damaged.len = 0;
		for (unsigned int i = 0; i < parts.nr; i++)
			if (i != drop)
				add_part(i);
		expect_refused("without part", drop);
	}
}

TEST(doubled, "a record that comes twice is noticed")
{
	begin();
	/* A second head starts the load over, see region_anew.c. */
	for (unsigned int twice = 1; twice < parts.nr; twice++) {
		damaged.len = 0;
		for (unsigned int i = 0; i < parts.nr; i++) {
			add_part(i);
			if (i == twice)
				add_part(i);
		}
		expect_refused("twice part", twice);
	}
}

TEST(reordered, "records that have changed places are noticed")
{
	begin();
	for (unsigned int i = 0; i + 1 < parts.nr; i++) {
		damaged.len = 0;
		for (unsigned int k = 0; k < parts.nr; k++)
			add_part(k == i ? i + 1 : k == i + 1 ? i : k);
		expect_refused("exchanged part", i);
	}
}

TEST(renumbered, "a dropped record is noticed even where the numbers were made to fit")
{
	uint32_t seq = 0;

	begin();
	if (parts.nr < 4)
		SKIP("too few records");
	for (unsigned int i = 0; i < parts.nr; i++) {
		size_t at = damaged.len;

		if (i == 2)
			continue;
		add_part(i);
		if (!i)
			continue;
		put32(damaged.at + at + RECORD_SEQ, seq++);
		stream_seal_record(damaged.at + at);
	}
	expect_refused("renumbered without part", 2);
}

/* Damage that whoever made it has covered with a right CRC. */
static void expect_head_refused(const char *what, size_t at, uint8_t value)
{
	start_over();
	ASSERT_NE(damaged.at[at], value, "%s", what);
	damaged.at[at] = value;
	stream_seal_head(damaged.at);
	expect_refused(what, at);
}

TEST(other_head, "another format, version or backend is refused however well formed")
{
	begin();
	expect_head_refused("format", HEAD_FORMAT, 2);
	expect_head_refused("format", HEAD_FORMAT + 1, 1);
	expect_head_refused("version", HEAD_VERSION, stream.at[HEAD_VERSION] + 1);
	expect_head_refused("version", HEAD_VERSION + 3, 0x80);
	expect_head_refused("name", HEAD_NAME, stream.at[HEAD_NAME] ^ 1);
	expect_head_refused("name", HEAD_NAME + 15, 'x');
	expect_head_refused("magic", 0, 'V');
	expect_head_refused("reserved", 32, 1);
}

TEST(other_facts, "a device of another kind is refused however well formed")
{
	begin();
	for (int i = 0; i < 3; i++) {
		size_t at = HEAD_LEN + i * FACT_LEN;

		expect_head_refused("fact", at + FACT_VALUE,
				    stream.at[at + FACT_VALUE] ^ 1);
		expect_head_refused("fact", at + FACT_VALUE + 7, 1);
		expect_head_refused("rule", at + 2, 0x77);
		expect_head_refused("reserved", at + 4, 1);
		expect_head_refused("id", at + 1, 0x7f);
	}
}

TEST(fact_missing, "a stream that states a fact less, or one more, is refused")
{
	uint16_t facts;

	begin();
	facts = get16(stream.at + HEAD_NR_FACTS);
	bytes_add(&damaged, stream.at, HEAD_LEN + (facts - 1) * FACT_LEN);
	bytes_add(&damaged, stream.at + parts.at[1],
		  stream.len - parts.at[1]);
	put16(damaged.at + HEAD_NR_FACTS, facts - 1);
	stream_seal_head(damaged.at);
	expect_refused("facts", facts - 1);

	damaged.len = 0;
	bytes_add(&damaged, stream.at, parts.at[1]);
	bytes_add(&damaged, stream.at + HEAD_LEN, FACT_LEN);
	put16(damaged.at + HEAD_NR_FACTS, facts + 1);
	put16(damaged.at + parts.at[1], 0x7fff);
	bytes_add(&damaged, stream.at + parts.at[1],
		  stream.len - parts.at[1]);
	stream_seal_head(damaged.at);
	expect_refused("facts", facts + 1);

	start_over();
	put16(damaged.at + HEAD_NR_FACTS, 0xffff);
	expect_refused("facts", 0xffff);
}

static void expect_record_refused(unsigned int part, const char *what,
				  size_t field, uint32_t value)
{
	uint8_t *record;

	start_over();
	record = damaged.at + parts.at[part];
	put32(record + field, value);
	stream_seal_record(record);
	expect_refused(what, part);
}

TEST(other_records, "a record that no writer makes is refused however well formed")
{
	unsigned int last;

	begin();
	last = parts.nr - 1;
	for (unsigned int i = 1; i < parts.nr; i += last > 1 ? last - 1 : 1) {
		expect_record_refused(i, "length", RECORD_PAYLOAD_LEN, ~0U);
		expect_record_refused(i, "length", RECORD_PAYLOAD_LEN, 0x100001);
		expect_record_refused(i, "length", RECORD_PAYLOAD_LEN, 0);
		expect_record_refused(i, "flags", RECORD_TYPE,
				      get16(stream.at + parts.at[i]) |
				      0x8000U << 16);
		expect_record_refused(i, "type", RECORD_TYPE, 0x0042);
		expect_record_refused(i, "reserved", RECORD_PAYLOAD_CRC + 4, 1);
		expect_record_refused(i, "sequence", RECORD_SEQ, i + 5);
	}
}

TEST(early_end, "an end record before the end is refused for its counts")
{
	begin();
	if (parts.nr < 4)
		SKIP("too few records");
	add_part(0);
	add_part(1);
	add_part(parts.nr - 1);
	put32(damaged.at + parts.at[2] + RECORD_SEQ, 1);
	stream_seal_record(damaged.at + parts.at[2]);
	expect_refused("end after", 1);
}

TEST(garbage, "what is no stream at all is refused")
{
	static const uint8_t fill[] = { 0, 0xff, 0x55 };
	uint8_t junk[600];

	begin();
	for (size_t i = 0; i < sizeof(fill); i++) {
		damaged.len = 0;
		memset(junk, fill[i], sizeof(junk));
		bytes_add(&damaged, junk, sizeof(junk));
		expect_refused("fill", fill[i]);
	}
	damaged.len = 0;
	bytes_add(&damaged, stream.at + parts.at[1], stream.len - parts.at[1]);
	expect_refused("headless", 0);
}
