// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading state out: what each access of a user does to a chunk.
 *
 * From the specification: a chunk is idle, staged or offered. data_offset and
 * data_size stage it, data_size alone offers it, and pending_bytes retires what
 * was offered and nothing else. A change of state retires what was offered and
 * takes back what was staged: no byte is lost.
 */
#include <linux/errno.h>

#include "fake_kunit.h"

enum chunk {
	IDLE,
	STAGED,
	OFFERED,
};

#define CHUNKS_MAX	8

/* A user, and what the specification says that the user will see. */
struct vf_user {
	struct fake_vf *vf;
	struct fake_bytes *expected;
	unsigned int nr;
	size_t size[CHUNKS_MAX];

	enum chunk chunk;
	unsigned int retired;
	struct fake_bytes *got;
};

static void see_pending(struct vf_user *u)
{
	u64 pending = vf_field(u->vf, VF_PENDING);

	if (u->chunk == OFFERED) {
		u->chunk = IDLE;
		u->retired++;
	}
	KUNIT_EXPECT_EQ(u->vf->test, pending > 0, u->retired < u->nr);
	if (u->chunk == STAGED)
		KUNIT_EXPECT_GE(u->vf->test, pending, u->size[u->retired]);
}

static void see_offset(struct vf_user *u)
{
	KUNIT_EXPECT_EQ(u->vf->test, vf_field(u->vf, VF_OFFSET), VF_DATA);
	if (u->chunk == IDLE && u->retired < u->nr)
		u->chunk = STAGED;
}

static void take_chunk(struct vf_user *u, u64 size)
{
	struct fake_vf *vf = u->vf;

	KUNIT_EXPECT_EQ(vf->test,
			vf_read(vf, VF_DATA, u->got->at + u->got->len, size),
			0);
	u->got->len += size;
}

static void see_size(struct vf_user *u)
{
	u64 size = vf_field(u->vf, VF_SIZE);
	bool is_new = u->chunk != OFFERED;

	if (u->retired == u->nr) {
		KUNIT_EXPECT_EQ(u->vf->test, size, 0);
		return;
	}
	KUNIT_ASSERT_EQ(u->vf->test, size, u->size[u->retired]);
	u->chunk = OFFERED;
	if (is_new)
		take_chunk(u, size);
}

/* The state that it is in already. */
static void see_nothing(struct vf_user *u)
{
	vf_go(u->vf, vf_state(u->vf));
}

static void (* const accesses[])(struct vf_user *u) = {
	see_pending, see_offset, see_size, see_nothing,
};

static void drain(struct vf_user *u)
{
	unsigned int chunks = 0;

	for (see_pending(u); u->retired < u->nr; see_pending(u)) {
		see_offset(u);
		see_size(u);
		KUNIT_ASSERT_LE(u->vf->test, ++chunks, u->nr + 1);
	}
}

/* In the most ordinary way: what every other way must come to. */
static void look_first(struct vf_user *u, u32 state)
{
	struct fake_bytes *all = u->expected;
	size_t size;

	all->len = 0;
	u->nr = 0;
	vf_go(u->vf, state);
	while (vf_field(u->vf, VF_PENDING)) {
		size = vf_save_chunk(u->vf, all);
		KUNIT_ASSERT_GT(u->vf->test, size, 0);
		KUNIT_ASSERT_LT(u->vf->test, u->nr, CHUNKS_MAX);
		u->size[u->nr++] = size;
	}
	vf_go(u->vf, VFMIG_STATE_STOP);
}

static struct vf_user *new_user(struct fake_vf *vf)
{
	struct vf_user *u = kunit_kzalloc(vf->test, sizeof(*u), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(vf->test, u);
	/* vfmig.ko is to be loaded with window=4096 for these tests. */
	KUNIT_ASSERT_EQ(vf->test, vf_window(vf), PAGE_SIZE);
	u->vf = vf;
	u->expected = fake_bytes_new(vf);
	u->got = fake_bytes_new(vf);
	return u;
}

static void start(struct vf_user *u, u32 state)
{
	u->chunk = IDLE;
	u->retired = 0;
	u->got->len = 0;
	vf_go(u->vf, state);
}

static void expect_all(struct vf_user *u)
{
	struct kunit *test = u->vf->test;

	KUNIT_EXPECT_EQ(test, u->got->len, u->expected->len);
	KUNIT_EXPECT_EQ(test, memcmp(u->got->at, u->expected->at,
				     u->expected->len), 0);
}

#define SEQUENCE	5
#define SEQUENCES	(4 * 4 * 4 * 4 * 4)

/* All 1024 sequences of five accesses, then the rest of the stream. */
static void any_order_of_accesses(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct vf_user *u = new_user(vf);
	unsigned int which, rest, i;

	vf->total = 6000;
	vf->record = 1024;
	look_first(u, VFMIG_STATE_STOP_COPY);
	KUNIT_ASSERT_GT(test, u->nr, 1);
	for (which = 0; which < SEQUENCES; which++) {
		start(u, VFMIG_STATE_STOP_COPY);
		for (i = 0, rest = which; i < SEQUENCE; i++, rest /= 4)
			accesses[rest % 4](u);
		drain(u);
		expect_all(u);
		vf_go(vf, VFMIG_STATE_STOP);
		if (test->status == KUNIT_FAILURE) {
			kunit_err(test, "in sequence %#x", which);
			return;
		}
	}
}

static void stop_after(struct vf_user *u, unsigned int which, unsigned int nr,
		       bool ask)
{
	struct fake_vf *vf = u->vf;
	unsigned int i;

	start(u, VFMIG_STATE_PRE_COPY);
	for (i = 0; i < nr; i++, which /= 3)
		accesses[which % 3](u);
	/* An offered chunk is retired by this, and a staged one stays. */
	vf_go(vf, VFMIG_STATE_STOP_COPY);
	/* pending_bytes would retire it too. */
	if (!ask)
		vf_save_chunk(vf, u->got);
	vf_save_phase(vf, u->got);
	vf_go(vf, VFMIG_STATE_RUNNING);

	vf_go(vf, VFMIG_STATE_RESUMING);
	KUNIT_EXPECT_EQ(vf->test,
			vf_load_pieces(vf, u->got->at, u->got->len, PAGE_SIZE),
			0);
	vf_expect_taken(vf);
	vf_go(vf, VFMIG_STATE_RUNNING);
}

/* 1, 3, 9, ... 243 sequences of up to five accesses in pre-copy. */
static void the_stop_after_any_accesses(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct vf_user *u = new_user(vf);
	unsigned int which, nr, sequences;

	vf->total = 6000;
	vf->early = 5000;
	vf->record = 1024;
	look_first(u, VFMIG_STATE_PRE_COPY);
	KUNIT_ASSERT_GT(test, u->nr, 1);
	for (nr = 0, sequences = 1; nr <= SEQUENCE; nr++, sequences *= 3) {
		for (which = 0; which < sequences; which++) {
			stop_after(u, which, nr, true);
			stop_after(u, which, nr, false);
			if (test->status != KUNIT_FAILURE)
				continue;
			kunit_err(test, "in sequence %u of %u", which, nr);
			return;
		}
	}
}

static void given_up_it_begins_from_its_first_byte(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct vf_user *u = new_user(vf);
	unsigned int which;

	vf->total = 6000;
	vf->record = 1024;
	look_first(u, VFMIG_STATE_STOP_COPY);
	for (which = 0; which < 16; which++) {
		start(u, VFMIG_STATE_STOP_COPY);
		accesses[which % 4](u);
		accesses[which / 4](u);
		vf_go(vf, VFMIG_STATE_RUNNING);
		start(u, VFMIG_STATE_STOP_COPY);
		drain(u);
		expect_all(u);
		vf_go(vf, VFMIG_STATE_RUNNING);
	}
}

static void nothing_is_pending_where_nothing_is_saved(struct kunit *test)
{
	static const u32 states[] = {
		VFMIG_STATE_STOP, VFMIG_STATE_RUNNING, VFMIG_STATE_RESUMING,
	};
	struct fake_vf *vf = test->priv;
	u64 size = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		int ret = states[i] == VFMIG_STATE_RESUMING ? 0 : -EINVAL;

		vf_go(vf, states[i]);
		KUNIT_EXPECT_EQ(test, vf_field(vf, VF_PENDING), 0);
		KUNIT_EXPECT_EQ(test, vf_field(vf, VF_OFFSET), VF_DATA);
		KUNIT_EXPECT_EQ(test, vf_field(vf, VF_SIZE), 0);
		KUNIT_EXPECT_EQ(test, vf_write(vf, VF_SIZE, &size, 8), ret);
	}
}

static void save_and_load(struct fake_vf *vf, struct fake_bytes *stream,
			  u64 total)
{
	vf->total = total;
	vf->early = total / 2;
	vf_save(vf, stream);
	vf_go(vf, VFMIG_STATE_RESUMING);
	KUNIT_EXPECT_EQ(vf->test, vf_load_pieces(vf, stream->at, stream->len,
						 vf_window(vf)), 0);
	vf_expect_taken(vf);
	if (vf->test->status == KUNIT_FAILURE)
		kunit_err(vf->test, "with %llu bytes", total);
	vf_go(vf, VFMIG_STATE_RUNNING);
}

/* A content that ends shortly before and after where a chunk does. */
static void contents_of_any_size(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = fake_bytes_new(vf);
	size_t edge, at;
	u64 total;

	KUNIT_ASSERT_EQ(test, vf_window(vf), PAGE_SIZE);
	vf->record = PAGE_SIZE;
	/* Head with four facts, then one record to the end of the window. */
	edge = PAGE_SIZE - (40 + 4 * 16) - 24;
	for (total = 0; total < 40; total++)
		save_and_load(vf, stream, total);
	for (at = edge - 72; at < edge + 24; at++)
		save_and_load(vf, stream, at);
	edge += PAGE_SIZE - 24;
	for (at = edge - 72; at < edge + 24; at++)
		save_and_load(vf, stream, at);
}

/* A window is made as large as the backend's largest record needs it. */
static void room_for_the_largest_record(struct kunit *test)
{
	static const u32 sizes[] = {
		1, 3968, 3969, 4072, 4073, 65536, VFMIG_RECORD_MAX - 1,
		VFMIG_RECORD_MAX,
	};
	struct fake_vf *vf = test->priv;
	u64 size;
	int i;

	vf->total = VFMIG_RECORD_MAX * 2;
	vf->record = VFMIG_RECORD_MAX;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		fake_close(vf);
		vf->ops.min_record = sizes[i];
		fake_open(vf);
		KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(vf_window(vf)));
		vf_go(vf, VFMIG_STATE_STOP_COPY);
		/* The head may fill a chunk; then comes what has to fit. */
		do {
			size = vf_field(vf, VF_SIZE);
			KUNIT_EXPECT_LE(test, size, vf_window(vf));
			KUNIT_EXPECT_GT(test, vf_field(vf, VF_PENDING), 0);
		} while (!vf->said && size == 40 + 4 * 16);
		KUNIT_EXPECT_GE(test, vf->said, sizes[i]);
		vf_go(vf, VFMIG_STATE_RUNNING);
	}
}

/* What a backend says too much of must come to an end all the same. */
static void an_overstated_rest_ends(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = fake_bytes_new(vf);

	vf->overstated = 100000;
	vf_go(vf, VFMIG_STATE_PRE_COPY);
	vf_save_phase(vf, stream);
	KUNIT_EXPECT_EQ(test, vf_field(vf, VF_SIZE), 0);
	vf_go(vf, VFMIG_STATE_STOP_COPY);
	vf_save_phase(vf, stream);
	KUNIT_EXPECT_EQ(test, vf_field(vf, VF_SIZE), 0);
	vf_go(vf, VFMIG_STATE_RUNNING);

	vf_go(vf, VFMIG_STATE_RESUMING);
	KUNIT_EXPECT_EQ(test, vf_load(vf, stream->at, stream->len), 0);
	vf_expect_taken(vf);
}

/* And not to a silence: the device goes on changing. */
static void more_after_an_overstated_rest(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	struct fake_bytes *stream = fake_bytes_new(vf);
	unsigned int i;

	vf->total = 5000;
	vf->early = 500;
	vf->overstated = 100000;
	vf_go(vf, VFMIG_STATE_PRE_COPY);
	vf_save_phase(vf, stream);
	for (i = 0; i < 3; i++) {
		vf->early += 500;
		KUNIT_EXPECT_EQ(test, vf_field(vf, VF_PENDING), 0);
		vfmig_more(vf->vm);
		KUNIT_EXPECT_GE(test, vf_field(vf, VF_PENDING), 500);
		vf_save_phase(vf, stream);
	}
	vf_go(vf, VFMIG_STATE_STOP_COPY);
	vf_save_phase(vf, stream);
	vf_go(vf, VFMIG_STATE_RUNNING);

	vf_go(vf, VFMIG_STATE_RESUMING);
	KUNIT_EXPECT_EQ(test, vf_load_pieces(vf, stream->at, stream->len,
					     vf_window(vf)), 0);
	vf_expect_taken(vf);
}

static void expect_failed(struct fake_vf *vf)
{
	u64 value;

	KUNIT_EXPECT_EQ(vf->test, vf_read(vf, VF_PENDING, &value, 8), -EIO);
	KUNIT_EXPECT_EQ(vf->test, vf_read(vf, VF_OFFSET, &value, 8), -EIO);
	KUNIT_EXPECT_EQ(vf->test, vf_read(vf, VF_SIZE, &value, 8), -EIO);
}

/* A stream with a hole in it is not to be mistaken for a whole one. */
static void a_save_that_has_failed_says_nothing_more(struct kunit *test)
{
	struct fake_vf *vf = test->priv;
	u64 value;

	vf_go(vf, VFMIG_STATE_PRE_COPY);
	fake_script(vf, "save, save!, quiesce, freeze, thaw, run, save-end");
	KUNIT_EXPECT_EQ(test, vf_read(vf, VF_SIZE, &value, 8), -EIO);
	expect_failed(vf);
	KUNIT_EXPECT_EQ(test, vf_set_state(vf, VFMIG_STATE_STOP_COPY), -EFAULT);
	KUNIT_EXPECT_EQ(test, vf_state(vf), VFMIG_STATE_PRE_COPY);
	expect_failed(vf);
	vf_go(vf, VFMIG_STATE_RUNNING);
	KUNIT_EXPECT_STREQ(test, vf->calls,
			   "save, save!, quiesce, freeze, thaw, run, save-end");

	save_and_load(vf, fake_bytes_new(vf), 500);
}

static struct kunit_case save_tests[] = {
	KUNIT_CASE(any_order_of_accesses),
	KUNIT_CASE(the_stop_after_any_accesses),
	KUNIT_CASE(given_up_it_begins_from_its_first_byte),
	KUNIT_CASE(nothing_is_pending_where_nothing_is_saved),
	KUNIT_CASE(contents_of_any_size),
	KUNIT_CASE(room_for_the_largest_record),
	KUNIT_CASE(an_overstated_rest_ends),
	KUNIT_CASE(more_after_an_overstated_rest),
	KUNIT_CASE(a_save_that_has_failed_says_nothing_more),
	{}
};

static struct kunit_suite save_suite = {
	.name = "vfmig_save",
	.suite_init = fake_suite_init,
	.suite_exit = fake_suite_exit,
	.init = fake_init,
	.exit = fake_exit,
	.test_cases = save_tests,
};

kunit_test_suites(&save_suite);
