// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core's own share of a time limit: the backend's clock runs in every call
 * of it, and what a sender can make of one access has the limit as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture.h"
#include "stream.h"

#define WINDOW		(32UL << 20)
#define LIMIT_MS	20
#define FLAG_OPTIONAL	1
/* Of the core's own types, so that no backend sees it. */
#define TYPE_UNKNOWN	0x77

static void set_limit(unsigned int ms)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", ms);
	param_set("mock_vfio_pci", "timeout_ms", text);
	vf_rebind(vf_first());
}

void before_open(void)
{
	need_mock(vf_first());
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

TEST(open, "a backend that hangs in identity fails the open, with its limit and not before")
{
	long start;

	vf_close(&vf);
	set_limit(500);
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
	set_limit(LIMIT_MS);
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
