// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which destination is fit for which source: facts, name and version of the
 * backend, records that only one side knows.
 */
#include "fixture.h"

static struct bytes stream;

void before_open(void)
{
	need_mock(vf_first());
	bytes_free(&stream);
}

/* One device plays both parts, with a knob turned in between. */
static void as_source(const char *knob, uint64_t value)
{
	mock_setn(vf.bdf, knob, value);
	reopen();
	bytes_free(&stream);
	save_stopped(&vf, &stream);
}

static int as_destination(const char *knob, uint64_t value)
{
	int ret;

	mock_setn(vf.bdf, knob, value);
	reopen();
	vf_go(&vf, STATE_RESUMING);
	ret = load_all(&vf, &stream);
	EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), ret ? -EFAULT : 0);
	return ret;
}

TEST(equal, "a fact that must be equal")
{
	as_source("fact_equal", 5);
	EXPECT_EQ(as_destination("fact_equal", 5), 0);
	EXPECT_EQ(as_destination("fact_equal", 4), -EINVAL);
	EXPECT_EQ(as_destination("fact_equal", 6), -EINVAL);
	EXPECT_EQ(as_destination("fact_equal", 5 | 1ULL << 63), -EINVAL);
}

TEST(at_least, "a fact of which the destination must have as much")
{
	as_source("fact_at_least", 5);
	EXPECT_EQ(as_destination("fact_at_least", 5), 0);
	EXPECT_EQ(as_destination("fact_at_least", 6), 0);
	EXPECT_EQ(as_destination("fact_at_least", ~0ULL), 0);
	EXPECT_EQ(as_destination("fact_at_least", 4), -EINVAL);
	EXPECT_EQ(as_destination("fact_at_least", 0), -EINVAL);
}

TEST(superset, "a fact of which the destination must have every bit")
{
	as_source("fact_superset", 5);
	EXPECT_EQ(as_destination("fact_superset", 5), 0);
	EXPECT_EQ(as_destination("fact_superset", 7), 0);
	EXPECT_EQ(as_destination("fact_superset", ~0ULL), 0);
	EXPECT_EQ(as_destination("fact_superset", 4), -EINVAL);
	EXPECT_EQ(as_destination("fact_superset", 8), -EINVAL);
}

TEST(at_the_head, "an unfit destination refuses as soon as it has the head of the stream")
{
	size_t i;

	as_source("fact_equal", 5);
	mock_setn(vf.bdf, "fact_equal", 6);
	reopen();
	mock_set(vf.bdf, "calls", "");
	vf_go(&vf, STATE_RESUMING);
	for (i = 0; i < stream.len; i++)
		if (load_bytes(&vf, stream.at + i, 1, TRAPPED_WHOLE))
			break;
	/* 40 bytes of head and six facts of 16. */
	EXPECT_EQ(i + 1, 40 + 6 * 16);
	EXPECT_EQ(mock_number(vf.bdf, "counts", "load"), 0);
}

static void rebind_with(const char *param, const char *value)
{
	vf_close(&vf);
	param_set("mock_vfio_pci", param, value);
	vf_rebind(vf_first());
	vf_open(&vf, vf_first());
}

static int load_here(void)
{
	vf_go(&vf, STATE_RESUMING);
	return load_all(&vf, &stream);
}

TEST(name, "a stream of another backend is refused")
{
	save_stopped(&vf, &stream);
	rebind_with("name", "moc");
	EXPECT_EQ(load_here(), -EINVAL);
	rebind_with("name", "mock2");
	EXPECT_EQ(load_here(), -EINVAL);
	rebind_with("name", "mock");
	EXPECT_EQ(load_here(), 0);
}

TEST(version, "a stream of another version of the backend is refused")
{
	save_stopped(&vf, &stream);
	rebind_with("stream_version", "2");
	EXPECT_EQ(load_here(), -EINVAL);
	rebind_with("stream_version", "1");
	EXPECT_EQ(load_here(), 0);
}

TEST(optional_record, "a record the destination does not know is skipped where it is optional")
{
	as_source("extra_optional", 1);
	EXPECT_EQ(as_destination("extra_optional", 0), 0);
}

TEST(mandatory_record, "a record the destination does not know is refused where it is not")
{
	as_source("extra_mandatory", 1);
	EXPECT_NE(as_destination("extra_mandatory", 0), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING);
}

TEST(no_crc, "bulk records without a CRC are taken, and the backend notices what is wrong in them")
{
	as_source("no_crc", 1);
	EXPECT_EQ(as_destination("no_crc", 0), 0);
	stream.at[stream.len / 2] ^= 4;
	EXPECT_NE(as_destination("no_crc", 0), 0);
}

TEST(state_size, "a state of another size and content than the destination's is taken as it is")
{
	as_source("size", 40008);
	mock_setn(vf.bdf, "seed", 99);
	EXPECT_EQ(as_destination("size", 8), 0);
	EXPECT_EQ(mock_number(vf.bdf, "state", "size"), 40008);
	EXPECT_EQ(mock_number(vf.bdf, "state", "seed"), 1);
}
