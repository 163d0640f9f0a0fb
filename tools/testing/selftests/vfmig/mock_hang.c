// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend that hangs: the access ends with its time limit, a reset ends it at
 * once, and whoever waits for it can be killed. And the core's own share of the
 * limit: it runs in every call, and what a sender can make of one access has it
 * as well.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "race.h"
#include "stream.h"

#define LIMIT_MS	600
/* For what is slow, but not as slow as that. */
#define LONG_LIMIT_MS	5000
#define FOR_EVER_MS	600000
/* Over before a large chunk is read. */
#define SHORT_LIMIT_MS	20

#define WINDOW		(32UL << 20)
#define FLAG_OPTIONAL	1
/* Of the core's own types, so that no backend sees it. */
#define TYPE_UNKNOWN	0x77

void before_open(void)
{
	need_mock(vf_first());
	mock_set_limit(LIMIT_MS);
}

/* Bound anew, it has its knobs from the parameters: all is put back. */
static void limit_now(unsigned int ms)
{
	vf_close(&vf);
	mock_set_limit(ms);
	vf_open(&vf, vf_first());
}

static long now_ms(void)
{
	return now_us() / 1000;
}

static void expect_not_before(long start, const char *what)
{
	EXPECT_LE(LIMIT_MS / 2, now_ms() - start, "%s", what);
}

static long stop_hangs(unsigned int limit)
{
	long start;

	limit_now(limit);
	mock_set(vf.bdf, "fault", "freeze 1 hang");
	start = now_ms();
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP), -EFAULT);
	return now_ms() - start;
}

TEST(limit, "it is the limit that was set which ends a step: the shorter ends sooner")
{
	long shorter = LONG_MAX, took;

	for (int i = 0; i < 4; i++) {
		took = stop_hangs(LIMIT_MS / 2);
		shorter = took < shorter ? took : shorter;
	}
	/* Were it another limit, both would take the same. */
	EXPECT_GT(stop_hangs(LONG_LIMIT_MS), 2 * shorter);
}

TEST(steps, "a step that hangs fails with EFAULT within the limit, and is undone")
{
	static const struct {
		uint32_t from, to;
		const char *fault;
	} hangs[] = {
		{ STATE_RUNNING, STATE_STOP, "quiesce 1 hang" },
		{ STATE_RUNNING, STATE_STOP, "freeze 1 hang" },
		{ STATE_RUNNING, STATE_STOP_COPY, "save_begin 1 hang" },
		{ STATE_RUNNING, STATE_PRE_COPY, "save_begin 1 hang" },
		{ STATE_STOP, STATE_RUNNING, "thaw 1 hang" },
		{ STATE_STOP, STATE_RUNNING, "run 1 hang" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(hangs); i++) {
		long start;

		vf_go(&vf, STATE_RUNNING);
		vf_go(&vf, hangs[i].from);
		mock_set(vf.bdf, "fault", hangs[i].fault);
		start = now_ms();
		EXPECT_EQ(vf_set_state(&vf, hangs[i].to), -EFAULT, "%s",
			  hangs[i].fault);
		expect_not_before(start, hangs[i].fault);
		EXPECT_EQ(vf_state(&vf), hangs[i].from, "%s", hangs[i].fault);
	}
	vf_go(&vf, STATE_RUNNING);
	need_whole_transfer();
}

TEST(undo, "an undo that hangs has a limit of its own, and ends in ERROR")
{
	long start;

	mock_set(vf.bdf, "fault", "freeze 1 5");
	mock_set(vf.bdf, "fault", "run 1 hang");
	start = now_ms();
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP), -EFAULT);
	expect_not_before(start, "run");
	EXPECT_EQ(vf_state(&vf), STATE_ERROR);
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
}

TEST(undo_in_time, "the time that a step has used up is not taken from its undo")
{
	limit_now(LONG_LIMIT_MS);
	mock_setn(vf.bdf, "slow_step_us", LONG_LIMIT_MS * 1000 / 10);
	mock_set(vf.bdf, "fault", "freeze 1 hang");
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP), -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
}

TEST(records, "a record that hangs fails its access within the limit")
{
	struct bytes stream = {};
	uint64_t value;
	long start;

	save_stopped(&vf, &stream);
	mock_set(vf.bdf, "fault", "save 1 hang");
	vf_go(&vf, STATE_STOP_COPY);
	start = now_ms();
	EXPECT_NE(vf_read64(&vf, REG_DATA_OFFSET, &value), 0);
	expect_not_before(start, "save");
	vf_go(&vf, STATE_RUNNING);

	vf_go(&vf, STATE_RESUMING);
	mock_set(vf.bdf, "fault", "load 1 hang");
	start = now_ms();
	EXPECT_NE(load_all(&vf, &stream), 0);
	expect_not_before(start, "load");
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING);
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
	bytes_free(&stream);
}

TEST(slow_is_not_hung, "a slow device whose steps are within the limit works")
{
	limit_now(LONG_LIMIT_MS);
	mock_setn(vf.bdf, "slow_step_us", 20000);
	mock_setn(vf.bdf, "slow_record_us", 2000);
	need_whole_transfer();
}

/* A chunk is short rather than late: each access has the limit to itself. */
TEST(slow_records, "records that together take longer than the limit come in several chunks")
{
	struct bytes stream = {};
	int chunks = 0;

	limit_now(LONG_LIMIT_MS);
	mock_setn(vf.bdf, "slow_record_us", LONG_LIMIT_MS * 1000 / 10);
	vf_go(&vf, STATE_STOP_COPY);
	while (vf_pending(&vf)) {
		ASSERT_GT(save_chunk(&vf, &stream, TRAPPED_WHOLE), 0);
		chunks++;
	}
	EXPECT_GT(chunks, 1);
	bytes_free(&stream);
}

TEST(reset_ends_it, "a reset ends a step that hangs, and does not wait for it")
{
	struct access set = {
		.vf = &vf,
		.at = REG_DEVICE_STATE,
		.value = STATE_STOP,
		.write = true,
	};
	long start;

	limit_now(FOR_EVER_MS);
	hold_until(&set, "freeze");
	start = now_ms();
	EXPECT_EQ(vf_reset(&vf), 0);
	access_join(&set);
	EXPECT_LE(now_ms() - start, NEVER_STUCK_S * 1000);
	EXPECT_EQ(set.ret, -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	need_whole_transfer();
}

static void stop_it(void)
{
	vf_set_state(&vf, STATE_STOP);
}

TEST(killed, "SIGKILL ends a caller whose step hangs; the device can be opened and used again")
{
	pid_t child;
	long start;

	limit_now(FOR_EVER_MS);
	hold("quiesce");
	child = child_start(stop_it);
	mock_await(vf.bdf, "quiesce");
	start = now_ms();
	child_kill(child);
	EXPECT_LE(now_ms() - start, NEVER_STUCK_S * 1000);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	reopen();
	need_whole_transfer();
}

TEST(open, "a backend that hangs in identity fails the open, with its limit and not before")
{
	long start;

	vf_close(&vf);
	mock_set_limit(500);
	mock_set(vf_first(), "fault", "identity 1 hang");
	start = now_ms();
	EXPECT_EQ(vf_try_open(&vf, vf_first()), -ETIMEDOUT);
	EXPECT_LE(250, now_ms() - start);
	vf_close(&vf);
	vf_open(&vf, vf_first());
	need_whole_transfer();
}

static size_t put_empty_records(uint8_t *at, size_t room)
{
	size_t len = 0;
	uint32_t seq;

	memset(at, 0, room);
	for (seq = 0; len + RECORD_LEN <= room; seq++) {
		put16(at + len + RECORD_TYPE, TYPE_UNKNOWN);
		put16(at + len + RECORD_FLAGS, FLAG_OPTIONAL);
		put32(at + len + RECORD_SEQ, seq);
		stream_seal_record(at + len);
		len += RECORD_LEN;
	}
	return len;
}

TEST(flood, "a chunk full of empty records does not keep its writer beyond the limit")
{
	struct bytes stream = {};
	struct parts parts;
	char window[24];
	size_t len;

	save_stopped(&vf, &stream);
	stream_split(&stream, &parts);
	vf_go(&vf, STATE_RUNNING);
	vf_close(&vf);

	snprintf(window, sizeof(window), "%lu", WINDOW);
	param_set("vfmig", "window", window);
	mock_set_limit(SHORT_LIMIT_MS);
	vf_open(&vf, vf_first());
	vf_map(&vf);
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_bytes(&vf, stream.at, parts.at[1], MAPPED), 0);
	len = put_empty_records(vf.map, vf.area_len);
	EXPECT_EQ(vf_put_data_size(&vf, len), -ETIMEDOUT);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "given up"), NULL);
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING);
	ASSERT_EQ(vf_reset(&vf), 0);
	bytes_free(&stream);
}
