// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing state in: what the write of data_size does, and what leaving
 * RESUMING asks for.
 */
#include <string.h>

#include "fixture.h"

static struct bytes stream;

static void take_stream(void)
{
	bytes_free(&stream);
	save_stopped(&vf, &stream);
	change_device();
}

static void go_resuming(void)
{
	take_stream();
	vf_go(&vf, STATE_RESUMING);
}

static void expect_stuck(void)
{
	static const uint32_t targets[] = {
		STATE_STOP, STATE_RUNNING, STATE_STOP_COPY, STATE_PRE_COPY,
	};

	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(vf_set_state(&vf, targets[i]), -EFAULT, "to %u",
			  targets[i]);
		EXPECT_EQ(vf_state(&vf), STATE_RESUMING, "to %u", targets[i]);
	}
}

static void expect_reset_recovers(void)
{
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	need_whole_transfer();
}

TEST(whole, "a whole stream is taken, and the device goes on from it")
{
	go_resuming();
	ASSERT_EQ(load_all(&vf, &stream), 0);
	vf_go(&vf, STATE_RUNNING);
}

TEST(size_zero, "a data_size of 0 is fine, before, within and after the stream")
{
	go_resuming();
	EXPECT_EQ(vf_put_data_size(&vf, 0), 0);
	ASSERT_EQ(load_bytes(&vf, stream.at, 10, TRAPPED_WHOLE), 0);
	EXPECT_EQ(vf_put_data_size(&vf, 0), 0);
	ASSERT_EQ(load_bytes(&vf, stream.at + 10, stream.len - 10,
			     TRAPPED_WHOLE), 0);
	EXPECT_EQ(vf_put_data_size(&vf, 0), 0);
	vf_go(&vf, STATE_RUNNING);
}

TEST(size_beyond, "a data_size beyond the section fails with EINVAL and consumes nothing")
{
	go_resuming();
	ASSERT_EQ(load_bytes(&vf, stream.at, 10, TRAPPED_WHOLE), 0);
	EXPECT_EQ(vf_put_data_size(&vf, vf.area_len + 1), -EINVAL);
	EXPECT_EQ(vf_put_data_size(&vf, vf.size), -EINVAL);
	EXPECT_EQ(vf_put_data_size(&vf, 1ULL << 32), -EINVAL);
	EXPECT_EQ(vf_put_data_size(&vf, ~0ULL), -EINVAL);
	EXPECT_EQ(vf_put_data_size(&vf, -(uint64_t)vf.area), -EINVAL);
	ASSERT_EQ(load_bytes(&vf, stream.at + 10, stream.len - 10,
			     TRAPPED_WHOLE), 0);
	vf_go(&vf, STATE_RUNNING);
}

static void expect_unchanged_over(uint32_t target)
{
	struct bytes before = {}, after = {};

	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &before, TRAPPED_WHOLE);
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_RESUMING);
	EXPECT_EQ(vf_put_data_size(&vf, 0), 0);
	vf_go(&vf, target);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &after, TRAPPED_WHOLE);
	ASSERT_EQ(after.len, before.len);
	EXPECT_EQ(memcmp(after.at, before.at, after.len), 0, "to %u", target);
	bytes_free(&before);
	bytes_free(&after);
}

TEST(empty, "leaving RESUMING with not one byte written is no load: the device goes on as it was")
{
	expect_unchanged_over(STATE_STOP);
	expect_unchanged_over(STATE_STOP_COPY);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_RESUMING);
	vf_go(&vf, STATE_PRE_COPY);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_RESUMING);
	vf_go(&vf, STATE_RUNNING);
	need_whole_transfer();
}

TEST(cut_short, "leaving on a stream that is cut short fails, and it can still be completed")
{
	size_t cut[] = { 1, 7, 8, 39, 40, 100, stream.len };

	go_resuming();
	cut[6] = stream.len - 1;
	for (int i = 0; i < 7; i++) {
		size_t from = i ? cut[i - 1] : 0;

		ASSERT_EQ(load_bytes(&vf, stream.at + from, cut[i] - from,
				     TRAPPED_WHOLE), 0);
		expect_stuck();
	}
	ASSERT_EQ(load_bytes(&vf, stream.at + cut[6], 1, TRAPPED_WHOLE), 0);
	vf_go(&vf, STATE_RUNNING);
}

TEST(trailing, "a byte after the end record is refused")
{
	static const uint8_t more[16];

	go_resuming();
	ASSERT_EQ(load_all(&vf, &stream), 0);
	EXPECT_EQ(load_bytes(&vf, more, sizeof(more), TRAPPED_WHOLE), -EINVAL);
	expect_stuck();
	expect_reset_recovers();
}

TEST(trailing_in_one, "bytes after the end record are refused in the same write too")
{
	static const uint8_t more[1] = { 0 };

	go_resuming();
	bytes_add(&stream, more, sizeof(more));
	EXPECT_EQ(load_all(&vf, &stream), -EINVAL);
	expect_stuck();
	expect_reset_recovers();
}

TEST(two_streams, "a second stream after the first one starts the load over")
{
	go_resuming();
	ASSERT_EQ(load_all(&vf, &stream), 0);
	ASSERT_EQ(load_bytes(&vf, stream.at, stream.len / 2, TRAPPED_WHOLE), 0);
	EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), -EFAULT);
	ASSERT_EQ(load_bytes(&vf, stream.at + stream.len / 2,
			     stream.len - stream.len / 2, TRAPPED_WHOLE), 0);
	vf_go(&vf, STATE_RUNNING);
}

TEST(more_than_a_stream, "and what is not one is refused")
{
	go_resuming();
	ASSERT_EQ(load_all(&vf, &stream), 0);
	EXPECT_NE(load_bytes(&vf, stream.at + 1, 1, TRAPPED_WHOLE), 0);
	expect_stuck();
	expect_reset_recovers();
}

TEST(refused_in_the_write, "a corrupt stream fails the write of data_size, not the leaving")
{
	go_resuming();
	stream.at[stream.len - 1] ^= 1;
	EXPECT_NE(load_all(&vf, &stream), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING);
	EXPECT_NE(vf_put_data_size(&vf, 8), 0);
	expect_stuck();
	expect_reset_recovers();
}

TEST(other_states, "data_size can be written in RESUMING only")
{
	static const uint32_t states[] = {
		STATE_STOP, STATE_RUNNING, STATE_STOP_COPY, STATE_PRE_COPY,
	};

	for (int i = 0; i < 4; i++) {
		vf_go(&vf, STATE_RUNNING);
		vf_go(&vf, states[i]);
		EXPECT_EQ(vf_put_data_size(&vf, 8), -EINVAL, "state %u",
			  states[i]);
		EXPECT_EQ(vf_put_data_size(&vf, 0), -EINVAL, "state %u",
			  states[i]);
		EXPECT_EQ(vf_state(&vf), states[i]);
	}
}

TEST(scribbled, "what is in the section after its data_size was written is of no matter")
{
	uint8_t junk[4096];
	size_t n;

	go_resuming();
	memset(junk, 0xee, sizeof(junk));
	for (size_t at = 0; at < stream.len; at += n) {
		n = stream.len - at < 1000 ? stream.len - at : 1000;
		ASSERT_EQ(load_bytes(&vf, stream.at + at, n, TRAPPED_WHOLE), 0);
		ASSERT_EQ(vf_write(&vf, vf.area, junk, sizeof(junk)), 0);
	}
	vf_go(&vf, STATE_RUNNING);
}

TEST(load_twice, "a device can be loaded, run and be loaded again")
{
	take_stream();
	for (int i = 0; i < 3; i++) {
		vf_go(&vf, STATE_RESUMING);
		ASSERT_EQ(load_all(&vf, &stream), 0);
		vf_go(&vf, STATE_RUNNING);
	}
}
