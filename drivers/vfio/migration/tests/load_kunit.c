// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing state in: what a user may bring, and in what pieces.
 *
 * From the specification: a write of data_size consumes that many bytes; none
 * is fine, more than the section is not. Chunk borders mean nothing. The write
 * that brings the end also puts the state into the device, and that write fails
 * where the stream is wrong; the device is not touched before. RESUMING cannot
 * be left on a stream that is cut short or was refused.
 */
#include <linux/errno.h>

#include "fake_kunit.h"
#include "../stream.h"

/* Where things are in a stream of the fake: head with four facts, records. */
#define HEAD_LEN	(VFMIG_STREAM_HEAD_LEN + 4 * VFMIG_STREAM_FACT_LEN)
#define RECORD_LEN	(VFMIG_STREAM_RECORD_LEN + 64)

static struct fake_bytes *saved(struct fake_vf *vf)
{
	struct fake_bytes *stream = fake_bytes_new(vf);

	vf_save(vf, stream);
	KUNIT_ASSERT_GT(vf->test, stream->len, HEAD_LEN + RECORD_LEN);
	return stream;
}

static void start_over(struct fake_vf *vf)
{
	vfmig_reset_done(vf->vm);
	vf_go(vf, VFMIG_STATE_RESUMING);
	fake_script(vf, "");
	vf->taken = 0;
	vf->committed = false;
}

/* Not in the device, not open in the backend, and no way but a reset. */
static void expect_refused(struct fake_vf *vf)
{
	u64 none = 0;

	KUNIT_EXPECT_FALSE(vf->test, vf->committed);
	KUNIT_EXPECT_FALSE(vf->test, vf->loading);
	KUNIT_EXPECT_EQ(vf->test, vf_write(vf, VF_SIZE, &none, 8), -EINVAL);
	KUNIT_EXPECT_EQ(vf->test, vf_set_state(vf, VFMIG_STATE_RUNNING),
			-EFAULT);
	KUNIT_EXPECT_EQ(vf->test, vf_set_state(vf, VFMIG_STATE_STOP), -EFAULT);
	KUNIT_EXPECT_EQ(vf->test, vf_state(vf), VFMIG_STATE_RESUMING);
}

#define A_WHOLE_LOAD	"load-begin, load, load, load, load, commit, load-end"

static const char a_whole_load[] = A_WHOLE_LOAD;

static void chunk_borders_mean_nothing(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = saved(vf);
	size_t at;

	for (at = 1; at < stream->len; at++) {
		start_over(vf);
		KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, at), 0);
		KUNIT_EXPECT_FALSE(test, vf->committed);
		KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at + at,
					      stream->len - at), 0);
		vf_expect_taken(vf);
		KUNIT_EXPECT_STREQ(test, vf->calls, a_whole_load);
		vf_go(vf, VFMIG_STATE_RUNNING);
	}
	for (at = 1; at < 40; at++) {
		start_over(vf);
		KUNIT_EXPECT_EQ(test, vf_load_pieces(vf, stream->at,
						     stream->len, at), 0);
		vf_expect_taken(vf);
		vf_go(vf, VFMIG_STATE_RUNNING);
	}
}

static void cut_short_it_cannot_be_left_but_goes_on(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = saved(vf);
	size_t at;

	for (at = 1; at < stream->len; at++) {
		start_over(vf);
		KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, at), 0);
		KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_RUNNING),
				-EFAULT);
		KUNIT_EXPECT_EQ(test, vf_state(vf), VFMIG_STATE_RESUMING);
		KUNIT_EXPECT_FALSE(test, vf->committed);
		KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at + at,
					      stream->len - at), 0);
		vf_expect_taken(vf);
		vf_go(vf, VFMIG_STATE_RUNNING);
	}
}

static void no_byte_may_be_wrong(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = saved(vf);
	size_t at;

	for (at = 0; at < stream->len; at++) {
		stream->at[at] ^= BIT(at % 8);
		start_over(vf);
		/* More facts than there are may make it wait for more. */
		if (!vf_load(vf, stream->at, stream->len)) {
			KUNIT_EXPECT_TRUE_MSG(test, at == 10 || at == 11,
					      "byte %zu", at);
			vf_load(vf, stream->at, stream->len);
		}
		expect_refused(vf);
		stream->at[at] ^= BIT(at % 8);
	}
	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), 0);
	vf_expect_taken(vf);
}

static void records_in_another_order(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = saved(vf);
	u8 *first = stream->at + HEAD_LEN, *second = first + RECORD_LEN;

	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, HEAD_LEN), 0);
	KUNIT_EXPECT_EQ(test, vf_load(vf, second, RECORD_LEN), -EINVAL);
	KUNIT_EXPECT_STREQ(test, vf->calls, "load-begin, load-end");
	expect_refused(vf);

	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, HEAD_LEN + RECORD_LEN),
			0);
	KUNIT_EXPECT_EQ(test, vf_load(vf, first, RECORD_LEN), -EINVAL);
	KUNIT_EXPECT_STREQ(test, vf->calls, "load-begin, load, load-end");
	expect_refused(vf);
}

static void nothing_may_follow_the_end(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = saved(vf);

	/* In the same access: refused before the device is touched. */
	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len + 1),
			-EINVAL);
	expect_refused(vf);

	/* Later: it has its state, but whose? */
	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), 0);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at + 1, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_RUNNING), -EFAULT);
	KUNIT_EXPECT_EQ(test, vf_state(vf), VFMIG_STATE_RESUMING);
}

/* At the border of a record, and after the end: the device is given both. */
static void a_second_head_starts_the_load_over(struct kunit *test)
{
	static const struct {
		size_t first;
		const char *calls;
	} cases[] = {
		{ HEAD_LEN, "load-begin, load-end, " A_WHOLE_LOAD },
		{ HEAD_LEN + RECORD_LEN,
		  "load-begin, load, load-end, " A_WHOLE_LOAD },
		{ 0, A_WHOLE_LOAD ", " A_WHOLE_LOAD },
	};
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = saved(vf);
	size_t first;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		start_over(vf);
		first = cases[i].first ?: stream->len;
		KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, first), 0);
		vf->committed = false;
		KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, 1), 0);
		KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_RUNNING),
				-EFAULT);
		KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at + 1,
					      stream->len - 1), 0);
		vf_expect_taken(vf);
		KUNIT_EXPECT_STREQ(test, vf->calls, cases[i].calls);
		vf_go(vf, VFMIG_STATE_RUNNING);
	}
}

static void a_second_head_is_checked(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = saved(vf);

	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, HEAD_LEN), 0);
	stream->at[HEAD_LEN - 1] ^= 1;
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), -EINVAL);
	expect_refused(vf);

	/* Nor can it be begun where the backend cannot. */
	stream->at[HEAD_LEN - 1] ^= 1;
	start_over(vf);
	fake_script(vf, "load-begin, load-end, load-begin!");
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, HEAD_LEN), 0);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), -EIO);
	KUNIT_EXPECT_STREQ(test, vf->calls,
			   "load-begin, load-end, load-begin!");
	expect_refused(vf);
}

static void with_not_one_byte_it_is_no_load(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = saved(vf);
	u64 none = 0;

	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_write(vf, VF_SIZE, &none, 8), 0);
	KUNIT_EXPECT_EQ(test, vf_write(vf, VF_SIZE, &none, 8), 0);
	vf_go(vf, VFMIG_STATE_RUNNING);
	KUNIT_EXPECT_STREQ(test, vf->calls, "thaw, run");

	/* And none between the others, or after them, changes nothing. */
	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, 50), 0);
	KUNIT_EXPECT_EQ(test, vf_write(vf, VF_SIZE, &none, 8), 0);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at + 50, stream->len - 50),
			0);
	KUNIT_EXPECT_EQ(test, vf_write(vf, VF_SIZE, &none, 8), 0);
	vf_expect_taken(vf);
	vf_go(vf, VFMIG_STATE_RUNNING);
}

static void no_more_bytes_than_the_section_has(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream;
	u64 wrong[] = { 0, BIT(31), 1ULL << 32, 1ULL << 63, ~0ULL };
	int i;

	/* Longer than a window, so that one piece can be as long as it is. */
	vf->total = 2 * PAGE_SIZE;
	vf->record = 512;
	stream = saved(vf);
	wrong[0] = vf_window(vf) + 1;
	start_over(vf);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KUNIT_EXPECT_EQ(test, vf_write(vf, VF_SIZE, wrong + i, 8),
				-EINVAL);
	KUNIT_EXPECT_STREQ(test, vf->calls, "");

	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, vf_window(vf)), 0);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KUNIT_EXPECT_EQ(test, vf_write(vf, VF_SIZE, wrong + i, 8),
				-EINVAL);
	KUNIT_EXPECT_EQ(test, vf_load_pieces(vf, stream->at + vf_window(vf),
					     stream->len - vf_window(vf),
					     vf_window(vf)), 0);
	vf_expect_taken(vf);
}

static void a_load_that_cannot_begin_can_be_tried_again(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = saved(vf);

	start_over(vf);
	fake_script(vf, "load-begin!");
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), -EIO);
	KUNIT_EXPECT_STREQ(test, vf->calls, "load-begin!");
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), 0);
	vf_expect_taken(vf);
	vf_go(vf, VFMIG_STATE_RUNNING);
}

static void expect_ended(struct fake_vf *vf, struct fake_bytes *stream,
			 const char *calls)
{
	start_over(vf);
	fake_script(vf, calls);
	KUNIT_EXPECT_EQ(vf->test, vf_load(vf, stream->at, stream->len), -EIO);
	KUNIT_EXPECT_STREQ(vf->test, vf->calls, calls);
	expect_refused(vf);
	KUNIT_EXPECT_STREQ(vf->test, vf->calls, calls);
}

static void what_the_backend_refuses_is_over(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = saved(vf);

	expect_ended(vf, stream, "load-begin, load!, load-end");
	expect_ended(vf, stream,
		     "load-begin, load, load, load, load!, load-end");
	expect_ended(vf, stream,
		     "load-begin, load, load, load, load, commit!, load-end");
}

static void unknown_records(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream;

	vf->type = VFMIG_RECORD_BACKEND + 1;
	stream = saved(vf);
	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len),
			-EOPNOTSUPP);
	expect_refused(vf);

	vfmig_reset_done(vf->vm);
	vf->flags = VFMIG_RECORD_OPTIONAL;
	vf_save(vf, stream);
	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), 0);
	KUNIT_EXPECT_TRUE(test, vf->committed);
	KUNIT_EXPECT_EQ(test, vf->taken, 0);
	vf_go(vf, VFMIG_STATE_RUNNING);
}

static void scribble(struct fake_vf *vf, const char *call)
{
	u8 garbage[128];

	if (strcmp(call, "load"))
		return;
	memset(garbage, 0xff, sizeof(garbage));
	KUNIT_EXPECT_EQ(vf->test, vf_write(vf, VF_DATA, garbage,
					   sizeof(garbage)), 0);
}

/* What a backend is given is its own; the user has the section all the time. */
static void a_record_is_not_in_the_section(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream;
	size_t pos, n;

	/* So that each access below brings just one record, or the end. */
	vf->total = 4 * 64;
	stream = saved(vf);
	start_over(vf);
	vf->during = scribble;
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, HEAD_LEN), 0);
	for (pos = HEAD_LEN; pos < stream->len; pos += n) {
		n = min_t(size_t, stream->len - pos, RECORD_LEN);
		KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at + pos, n), 0);
	}
	vf->during = NULL;
	vf_expect_taken(vf);
}

static const char a_whole_load_of_bulk[] =
	"load-begin, bulk, bulk, bulk, bulk, commit, load-end";

static void bulk_comes_by_pieces(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream;
	size_t at;

	vf->flags = VFMIG_RECORD_NO_CRC;
	stream = saved(vf);
	for (at = 1; at < stream->len; at++) {
		start_over(vf);
		KUNIT_EXPECT_EQ(test, vf_load_pieces(vf, stream->at,
						     stream->len, at), 0);
		vf_expect_taken(vf);
		KUNIT_EXPECT_STREQ(test, vf->calls, a_whole_load_of_bulk);
		vf_go(vf, VFMIG_STATE_RUNNING);
	}
}

static void what_is_wrong_in_bulk_is_over(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream;
	size_t at;

	vf->flags = VFMIG_RECORD_NO_CRC;
	stream = saved(vf);
	expect_ended(vf, stream, "load-begin, bulk!, load-end");
	expect_ended(vf, stream, "load-begin, bulk, bulk!, load-end");

	/* Of a record that is refused not one piece more. */
	at = HEAD_LEN + VFMIG_STREAM_RECORD_LEN + 30;
	stream->at[at] ^= 1;
	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_load_pieces(vf, stream->at, at, 8), 0);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at + at, 8), -EILSEQ);
	KUNIT_EXPECT_STREQ(test, vf->calls, "load-begin, bulk, load-end");
	expect_refused(vf);
}

static void unknown_bulk(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream;

	vf->type = VFMIG_RECORD_BACKEND + 1;
	vf->flags = VFMIG_RECORD_NO_CRC;
	stream = saved(vf);
	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len),
			-EOPNOTSUPP);
	expect_refused(vf);

	/* Skipped to its end, however many pieces that takes. */
	vfmig_reset_done(vf->vm);
	vf->flags |= VFMIG_RECORD_OPTIONAL;
	vf_save(vf, stream);
	start_over(vf);
	KUNIT_EXPECT_EQ(test, vf_load_pieces(vf, stream->at, stream->len, 8),
			0);
	KUNIT_EXPECT_STREQ(test, vf->calls, a_whole_load_of_bulk);
	KUNIT_EXPECT_EQ(test, vf->taken, 0);
	vf_go(vf, VFMIG_STATE_RUNNING);
}

static struct kunit_case load_tests[] = {
	KUNIT_CASE(chunk_borders_mean_nothing),
	KUNIT_CASE(cut_short_it_cannot_be_left_but_goes_on),
	KUNIT_CASE(no_byte_may_be_wrong),
	KUNIT_CASE(records_in_another_order),
	KUNIT_CASE(nothing_may_follow_the_end),
	KUNIT_CASE(a_second_head_starts_the_load_over),
	KUNIT_CASE(a_second_head_is_checked),
	KUNIT_CASE(with_not_one_byte_it_is_no_load),
	KUNIT_CASE(no_more_bytes_than_the_section_has),
	KUNIT_CASE(a_load_that_cannot_begin_can_be_tried_again),
	KUNIT_CASE(what_the_backend_refuses_is_over),
	KUNIT_CASE(unknown_records),
	KUNIT_CASE(a_record_is_not_in_the_section),
	KUNIT_CASE(bulk_comes_by_pieces),
	KUNIT_CASE(what_is_wrong_in_bulk_is_over),
	KUNIT_CASE(unknown_bulk),
	{}
};

static struct kunit_suite load_suite = {
	.name = "vfmig_load",
	.suite_init = fake_suite_init,
	.suite_exit = fake_suite_exit,
	.init = fake_init,
	.exit = fake_exit,
	.test_cases = load_tests,
};

kunit_test_suites(&load_suite);
