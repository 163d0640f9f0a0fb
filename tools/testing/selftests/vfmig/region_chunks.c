// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading state out: what each access does to a chunk that is idle, staged or
 * offered. With the answers to the two questions of the review of the KABI's
 * twelfth version, where pending_bytes or data_size is read and then nothing.
 */
#include <string.h>

#include "fixture.h"

static struct bytes whole;

/* The smallest window there is: many chunks. */
void before_open(void)
{
	bytes_free(&whole);
	param_set("vfmig", "window", "4096");
}

/* What a frozen device says, to hold other ways of reading it against. */
static void take_reference(void)
{
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &whole, TRAPPED_WHOLE);
	vf_go(&vf, STATE_STOP);
}

static void expect_same_stream(struct bytes *stream)
{
	ASSERT_EQ(stream->len, whole.len);
	EXPECT_EQ(memcmp(stream->at, whole.at, whole.len), 0);
	bytes_free(stream);
}

TEST(idle_pending, "pending_bytes can be read any number of times before a chunk is asked for")
{
	struct bytes stream = {};
	uint64_t pending;

	take_reference();
	vf_go(&vf, STATE_STOP_COPY);
	pending = vf_pending(&vf);
	EXPECT_GT(pending, 0);
	for (int i = 0; i < 20; i++)
		EXPECT_EQ(vf_pending(&vf), pending);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	expect_same_stream(&stream);
}

TEST(review_first, "pending, offset, pending, size: the second pending takes nothing away")
{
	struct bytes stream = {};
	uint64_t pending, offset;

	take_reference();
	vf_go(&vf, STATE_STOP_COPY);
	do {
		pending = vf_pending(&vf);
		offset = vf_data_offset(&vf);
		for (int i = 0; i < 3; i++)
			EXPECT_GT(vf_pending(&vf), 0, "of %llu",
				  (unsigned long long)pending);
		EXPECT_EQ(vf_data_offset(&vf), offset);
		ASSERT_GT(save_chunk(&vf, &stream, TRAPPED_WHOLE), 0);
	} while (vf_pending(&vf));
	expect_same_stream(&stream);
}

TEST(review_second, "pending, offset, size and no copy: the destination refuses what is left")
{
	struct bytes stream = {};

	vf_go(&vf, STATE_STOP_COPY);
	ASSERT_GT(vf_pending(&vf), 0);
	ASSERT_GT(save_chunk(&vf, &stream, TRAPPED_WHOLE), 0);
	if (!vf_pending(&vf))
		SKIP("the whole stream was one chunk");
	vf_data_offset(&vf);
	EXPECT_GT(vf_data_size(&vf), 0);
	save_phase(&vf, &stream, TRAPPED_WHOLE);

	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_RESUMING);
	EXPECT_EQ(load_all(&vf, &stream) == 0 &&
		  vf_set_state(&vf, STATE_RUNNING) == 0, false);
	EXPECT_NE(vf_set_state(&vf, STATE_RUNNING), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING);
	bytes_free(&stream);
}

TEST(offered, "offset, size and data of an offered chunk can be read again and are the same")
{
	struct bytes first = {}, again = {};
	uint64_t offset, size;

	take_reference();
	vf_go(&vf, STATE_STOP_COPY);
	ASSERT_GT(vf_pending(&vf), 0);
	offset = vf_data_offset(&vf);
	size = vf_data_size(&vf);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(vf_data_size(&vf), size);
		EXPECT_EQ(vf_data_offset(&vf), offset);
	}
	ASSERT_EQ(save_chunk(&vf, &first, TRAPPED_WHOLE), size);
	ASSERT_EQ(save_chunk(&vf, &again, TRAPPED_WHOLE), size);
	EXPECT_EQ(memcmp(first.at, again.at, size), 0);
	save_phase(&vf, &first, TRAPPED_WHOLE);
	expect_same_stream(&first);
	bytes_free(&again);
}

TEST(size_first, "data_size without data_offset before it stages a chunk too")
{
	struct bytes stream = {};
	uint64_t size;

	take_reference();
	vf_go(&vf, STATE_STOP_COPY);
	size = vf_data_size(&vf);
	EXPECT_GT(size, 0);
	ASSERT_EQ(save_chunk(&vf, &stream, TRAPPED_WHOLE), size);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	expect_same_stream(&stream);
}

TEST(at_the_end, "after the last chunk pending_bytes and data_size stay 0, also over a no-op write")
{
	struct bytes stream = {};

	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(vf_data_offset(&vf), vf.area);
		EXPECT_EQ(vf_data_size(&vf), 0);
		EXPECT_EQ(vf_pending(&vf), 0);
		vf_go(&vf, STATE_STOP_COPY);
	}
	bytes_free(&stream);
}

TEST(pending_counts, "pending_bytes counts all that is not retired, the chunk in the section too")
{
	struct bytes stream = {};
	uint64_t staged;

	vf_go(&vf, STATE_STOP_COPY);
	while (vf_pending(&vf)) {
		vf_data_offset(&vf);
		staged = vf_pending(&vf);
		EXPECT_LE(save_chunk(&vf, &stream, TRAPPED_WHOLE), staged);
	}
	bytes_free(&stream);
}

TEST(not_saving, "in a state without _SAVING pending_bytes and data_size read as 0")
{
	static const uint32_t states[] = {
		STATE_STOP, STATE_RUNNING, STATE_RESUMING,
	};

	for (int i = 0; i < 3; i++) {
		vf_go(&vf, states[i]);
		EXPECT_EQ(vf_pending(&vf), 0, "state %u", states[i]);
		EXPECT_EQ(vf_data_offset(&vf), vf.area, "state %u", states[i]);
		EXPECT_EQ(vf_data_size(&vf), 0, "state %u", states[i]);
	}
}

static void expect_loadable(struct bytes *stream)
{
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, stream), 0);
	vf_go(&vf, STATE_RUNNING);
	bytes_free(stream);
}

TEST(staged_at_the_stop, "a chunk staged in pre-copy goes back at the stop, no byte is lost")
{
	struct bytes stream = {};

	vf_go(&vf, STATE_PRE_COPY);
	ASSERT_GT(vf_pending(&vf), 0);
	vf_data_offset(&vf);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	expect_loadable(&stream);
}

TEST(offered_at_the_stop, "a chunk offered in pre-copy is retired at the stop")
{
	struct bytes stream = {};

	vf_go(&vf, STATE_PRE_COPY);
	ASSERT_GT(vf_pending(&vf), 0);
	ASSERT_GT(save_chunk(&vf, &stream, TRAPPED_WHOLE), 0);
	vf_go(&vf, STATE_STOP_COPY);
	/* Not pending_bytes: that would retire it too. */
	save_chunk(&vf, &stream, TRAPPED_WHOLE);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	expect_loadable(&stream);
}

TEST(identity_early, "pre-copy sends the identity: an unfit destination fails before the stop")
{
	struct bytes stream = {};

	vf_go(&vf, STATE_PRE_COPY);
	ASSERT_GT(vf_pending(&vf), 0);
	ASSERT_GT(save_chunk(&vf, &stream, TRAPPED_WHOLE), 8);
	EXPECT_EQ(memcmp(stream.at, "vfmigstr", 8), 0);
	bytes_free(&stream);
}

TEST(begun_again, "a save that was given up begins from its first byte")
{
	struct bytes stream = {}, dropped = {};

	take_reference();
	vf_go(&vf, STATE_STOP_COPY);
	ASSERT_GT(save_chunk(&vf, &dropped, TRAPPED_WHOLE), 0);
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	expect_same_stream(&stream);
	bytes_free(&dropped);
}
