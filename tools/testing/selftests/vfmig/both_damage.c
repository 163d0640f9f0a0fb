// SPDX-License-Identifier: GPL-2.0-only
/*
 * Damaged streams: refused when the damage arrives or, where it is a lack, when
 * RESUMING is left. The device is untouched and stays in RESUMING, and a reset
 * recovers it. One of each kind: the kinds are in stream_cases.h and
 * stream_damage_cases.h, for the unit and the KUnit tests, and in the fuzzers.
 *
 * Each refusal costs a reset, of 0.1 s: a stream of many bytes is sampled.
 * VFMIG_SLOW tries them all.
 */
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "fixture.h"
#include "stream.h"
#include "v2.h"
#include "ways.h"

#define MANY_FLIPS 60

static struct bytes stream;
static struct bytes damaged;
static struct parts parts;
static char digest[DIGEST_TEXT];

static void expect_untouched(void)
{
	if (is_mock(vf.bdf))
		mock_expect_digest(vf.bdf, digest);
}

static void begin(const struct protocol *by)
{
	bytes_free(&stream);
	bytes_free(&damaged);
	if (is_mock(vf.bdf)) {
		mock_setn(vf.bdf, "size", 64);
		mock_setn(vf.bdf, "record", 16);
		ASSERT_EQ(vf_reset(&vf), 0);
	}
	way_save(by, &vf, &stream);
	stream_split(&stream, &parts);
	change_device();
	if (is_mock(vf.bdf))
		mock_digest(vf.bdf, digest);
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

/* So that a head that tells of more facts than it has gets as many bytes. */
static void add_facts(void)
{
	static const uint8_t zeros[HEAD_MAX];

	bytes_add(&damaged, zeros, sizeof(zeros));
}

/* At once, in two or three writes or byte by byte, in turn. */
static int fill_damaged(const struct protocol *by)
{
	static const size_t pieces[] = { ~(size_t)0, 512, 1 };
	static unsigned int turn;
	size_t n, piece = pieces[turn++ % ARRAY_SIZE(pieces)];
	int ret = 0;

	for (size_t at = 0; at < damaged.len && !ret; at += n) {
		n = damaged.len - at < piece ? damaged.len - at : piece;
		ret = by->fill(&vf, damaged.at + at, n);
	}
	return ret;
}

/* What has no CRC is refused by the agent that it is for, not by the core. */
static bool is_refusal(int ret)
{
	return ret == -EINVAL || (ret == -EREMOTEIO && is_oob(vf.bdf));
}

static void expect_refused(const struct protocol *by, const char *what,
			   size_t where)
{
	uint64_t errors = core_number(vf.bdf, "last_error", "");

	way_go(by, &vf, TO_RESUMING);
	EXPECT_EQ(is_refusal(fill_damaged(by)), true, "%s %zu", what, where);
	EXPECT_GT(core_number(vf.bdf, "last_error", ""), errors, "%s %zu", what,
		  where);
	EXPECT_EQ(by->fill(&vf, stream.at, stream.len), -EINVAL, "%s %zu",
		  what, where);
	EXPECT_EQ(way_try(by, &vf, TO_RUNNING), by->not_loaded, "%s %zu", what,
		  where);
	EXPECT_EQ(way_in(by, &vf, TO_RESUMING), true, "%s %zu", what, where);
	expect_untouched();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true, "%s %zu", what, where);
	by->expect_ended(&vf, what);
	v2_close_all();
}

/* Sampled, v1 and v2 take different bytes of the same stream. */
TEST_EACH(bits, "a flipped bit anywhere is noticed")
{
	bool all = getenv("VFMIG_SLOW");
	size_t stride;

	begin(by);
	stride = all ? 1 : stream.len / MANY_FLIPS + 1;
	for (size_t i = all ? 0 : (by - ways) * stride / NR_WAYS;
	     i < stream.len; i += stride) {
		for (int bit = all ? 0 : i % 8; bit < 8; bit += all ? 1 : 8) {
			start_over();
			damaged.at[i] ^= 1 << bit;
			if (i == HEAD_NR_FACTS)
				add_facts();
			expect_refused(by, "byte", i);
		}
	}
	way_need_whole_transfer(by);
}

TEST_EACH(truncated, "a stream cut at any byte cannot be left, and is taken once it is whole")
{
	static const enum place targets[] = {
		TO_RUNNING, TO_STOP, TO_STOP_COPY, TO_PRE_COPY,
	};

	begin(by);
	way_go(by, &vf, TO_RESUMING);
	for (size_t i = 0; i < stream.len; i++) {
		enum place to = targets[i % 4];

		ASSERT_EQ(by->fill(&vf, stream.at + i, 1), 0);
		if (i + 1 == stream.len)
			break;
		if (by == &ways[BY_V2] && !v2_can(&vf, by->place[to]))
			continue;
		EXPECT_EQ(way_try(by, &vf, to), by->not_loaded,
			  "after byte %zu", i);
		ASSERT_EQ(way_in(by, &vf, TO_RESUMING), true, "after byte %zu",
			  i);
		if (i % 16 == 0)
			expect_untouched();
	}
	way_go(by, &vf, TO_RUNNING);
}

TEST_EACH(records, "a record that is missing, comes twice or has changed places is noticed")
{
	unsigned int mid;

	begin(by);
	mid = parts.nr / 2;
	for (int kind = 0; kind < 3; kind++) {
		damaged.len = 0;
		for (unsigned int i = 0; i < parts.nr; i++) {
			if (kind == 0 && i == mid)
				continue;
			if (kind == 1 && i == mid)
				add_part(i);
			if (kind == 2 && (i == mid || i == mid - 1))
				add_part(i == mid ? mid - 1 : mid);
			else
				add_part(i);
		}
		expect_refused(by, "missing, twice, exchanged:", kind);
	}
}

/* Damage that whoever made it has covered with a right CRC. */
TEST_EACH(sealed, "what no writer makes, or one of another device, is refused however well formed")
{
	static const struct {
		unsigned int part;
		size_t at;
		uint8_t flip;
		const char *what;
	} kinds[] = {
		{ 0, HEAD_FORMAT, 3, "format" },
		{ 0, HEAD_VERSION, 1, "version" },
		{ 0, HEAD_NAME, 1, "name" },
		{ 0, HEAD_LEN + FACT_VALUE, 1, "fact's value" },
		{ 0, HEAD_LEN + 1, 0x7f, "fact" },
		{ 1, RECORD_TYPE + 3, 0x80, "record's flags" },
		{ 1, RECORD_SEQ, 4, "record's number" },
		{ 1, RECORD_PAYLOAD_LEN + 3, 0x80, "record's length" },
	};

	begin(by);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		uint8_t *part;

		start_over();
		part = damaged.at + parts.at[kinds[i].part];
		part[kinds[i].at] ^= kinds[i].flip;
		if (kinds[i].part)
			stream_seal_record(part);
		else
			stream_seal_head(part);
		expect_refused(by, kinds[i].what, 0);
	}
}

/* A short stream is shorter than a head with all the facts that it may have. */
TEST_EACH(facts_awaited, "facts that the head tells of and that never come: cannot be left")
{
	size_t len;

	begin(by);
	start_over();
	put16(damaged.at + HEAD_NR_FACTS, MAX_FACTS);
	if (damaged.len >= HEAD_MAX)
		damaged.len = HEAD_MAX - 1;
	len = damaged.len;
	way_go(by, &vf, TO_RESUMING);
	ASSERT_EQ(by->fill(&vf, damaged.at, len), 0);
	EXPECT_EQ(way_try(by, &vf, TO_RUNNING), by->not_loaded);
	ASSERT_EQ(way_in(by, &vf, TO_RESUMING), true);
	add_facts();
	EXPECT_EQ(by->fill(&vf, damaged.at + len, damaged.len - len), -EINVAL);
	expect_untouched();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true);
	by->expect_ended(&vf, "facts awaited");
	v2_close_all();
}

TEST_EACH(fact_missing, "a stream that states a fact less is refused")
{
	uint16_t facts;

	begin(by);
	facts = get16(stream.at + HEAD_NR_FACTS);
	bytes_add(&damaged, stream.at, HEAD_LEN + (facts - 1) * FACT_LEN);
	bytes_add(&damaged, stream.at + parts.at[1],
		  stream.len - parts.at[1]);
	put16(damaged.at + HEAD_NR_FACTS, facts - 1);
	stream_seal_head(damaged.at);
	expect_refused(by, "facts", facts - 1);
}

TEST_EACH(garbage, "what is no stream at all is refused")
{
	static const uint8_t fill[] = { 0, 0xff, 0x55 };
	uint8_t junk[5000];

	begin(by);
	for (size_t i = 0; i < sizeof(fill); i++) {
		damaged.len = 0;
		memset(junk, fill[i], sizeof(junk));
		bytes_add(&damaged, junk, sizeof(junk));
		expect_refused(by, "fill", fill[i]);
	}
	damaged.len = 0;
	bytes_add(&damaged, stream.at + parts.at[1], stream.len - parts.at[1]);
	expect_refused(by, "headless", 0);
}
