// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pre-copy: rounds of what has changed, an end to them, and a destination that
 * ends up with the source's last state.
 */
#include <string.h>

#include "fixture.h"

static struct bytes stream;
static char digest[64];

void before_open(void)
{
	need_mock(vf_first());
	bytes_free(&stream);
	mock_setn(vf_first(), "size", 1 << 20);
	param_set("vfmig", "window", "65536");
}

static const char *digest_of(const char *bdf)
{
	return strstr(mock_text(bdf, "state"), "digest ");
}

static void remember_digest(void)
{
	strncpy(digest, digest_of(vf.bdf), sizeof(digest) - 1);
}

static void expect_same_digest(void)
{
	EXPECT_STREQ(digest_of(vf.bdf), digest);
}

static size_t pre_copy(void)
{
	size_t before = stream.len;

	vf_go(&vf, STATE_PRE_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	return stream.len - before;
}

static size_t stop_copy(void)
{
	size_t before = stream.len;

	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	remember_digest();
	return stream.len - before;
}

static void expect_destination_has_it(void)
{
	change_device();
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &stream), 0);
	expect_same_digest();
	vf_go(&vf, STATE_RUNNING);
	expect_same_digest();
}

TEST(rounds, "pending_bytes reaches 0 after the rounds there are; the rest is said after the stop")
{
	static const unsigned int rounds[] = { 1, 2, 5, 20 };

	for (int i = 0; i < 4; i++) {
		size_t before, after;

		mock_setn(vf.bdf, "rounds", rounds[i]);
		mock_setn(vf.bdf, "dirty_permille", 50);
		bytes_free(&stream);
		before = pre_copy();
		EXPECT_EQ(vf_pending(&vf), 0);
		EXPECT_EQ(vf_state(&vf), STATE_PRE_COPY);
		after = stop_copy();
		EXPECT_GT(before, 1 << 20, "%u rounds", rounds[i]);
		EXPECT_LE(after, (1 << 20) / 10, "%u rounds", rounds[i]);
		expect_destination_has_it();
	}
}

TEST(silent, "a device with nothing to say before the stop sends its identity, and then all")
{
	size_t before;

	mock_setn(vf.bdf, "rounds", 0);
	before = pre_copy();
	EXPECT_GT(before, 0);
	EXPECT_LE(before, 4096);
	EXPECT_GT(stop_copy(), 1 << 20);
	expect_destination_has_it();
}

TEST(nothing_dirty, "a device that changes nothing has nothing but the end to say after the stop")
{
	mock_setn(vf.bdf, "dirty_permille", 0);
	pre_copy();
	EXPECT_LE(stop_copy(), 64);
	expect_destination_has_it();
}

TEST(all_dirty, "a device that changes everything all the time ends too")
{
	mock_setn(vf.bdf, "dirty_permille", 1000);
	pre_copy();
	EXPECT_GT(stop_copy(), 1 << 20);
	expect_destination_has_it();
}

TEST(stopped_midway, "pre-copy can be left at any chunk, copied or not")
{
	for (int chunks = 0; chunks < 8; chunks++) {
		bytes_free(&stream);
		vf_go(&vf, STATE_PRE_COPY);
		for (int i = 0; i < chunks; i++) {
			ASSERT_GT(vf_pending(&vf), 0);
			ASSERT_GT(save_chunk(&vf, &stream, TRAPPED_WHOLE), 0);
		}
		if (chunks % 2) {
			vf_pending(&vf);
			vf_data_offset(&vf);
		}
		stop_copy();
		expect_destination_has_it();
	}
}

TEST(paused_again, "the stop can fail and be tried again, and still nothing is lost")
{
	vf_go(&vf, STATE_PRE_COPY);
	ASSERT_GT(vf_pending(&vf), 0);
	ASSERT_GT(save_chunk(&vf, &stream, TRAPPED_WHOLE), 0);
	for (int i = 0; i < 3; i++) {
		mock_set(vf.bdf, "fault", i == 1 ? "save_begin 1 5" :
						   "freeze 1 5");
		EXPECT_EQ(vf_set_state(&vf, STATE_STOP_COPY), -EFAULT);
		EXPECT_EQ(vf_state(&vf), STATE_PRE_COPY);
		if (!i) {
			ASSERT_GT(vf_pending(&vf), 0);
			ASSERT_GT(save_chunk(&vf, &stream, TRAPPED_WHOLE), 0);
		}
	}
	stop_copy();
	expect_destination_has_it();
}

TEST(cancelled, "a pre-copy that is given up costs the device nothing, as often as it happens")
{
	for (int i = 0; i < 5; i++) {
		struct bytes dropped = {};

		vf_go(&vf, STATE_PRE_COPY);
		ASSERT_GT(save_chunk(&vf, &dropped, TRAPPED_WHOLE), 0);
		vf_go(&vf, STATE_RUNNING);
		bytes_free(&dropped);
	}
	pre_copy();
	stop_copy();
	expect_destination_has_it();
}

TEST(overstated, "a backend that claims more than it has does not keep a transfer from ending")
{
	mock_setn(vf.bdf, "overstate", 1);
	pre_copy();
	stop_copy();
	expect_destination_has_it();
}

TEST(tiny, "the smallest state there is goes through pre-copy too")
{
	mock_setn(vf.bdf, "size", 8);
	reopen();
	pre_copy();
	stop_copy();
	expect_destination_has_it();
}

TEST(odd_sizes, "records and states of odd sizes fit each other")
{
	static const uint64_t sizes[] = { 16, 4088, 4096, 4104, 70000 };
	static const uint64_t records[] = { 8, 24, 4096, 10008, 1 << 19 };

	for (int s = 0; s < 5; s++) {
		for (int r = 0; r < 5; r++) {
			if (sizes[s] / records[r] > 600)
				continue;
			mock_setn(vf.bdf, "size", sizes[s]);
			mock_setn(vf.bdf, "record", records[r]);
			bytes_free(&stream);
			ASSERT_EQ(vf_reset(&vf), 0);
			pre_copy();
			stop_copy();
			vf_go(&vf, STATE_RUNNING);
			expect_destination_has_it();
			mock_setn(vf.bdf, "seed", 1);
		}
	}
}
