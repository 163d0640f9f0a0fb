// SPDX-License-Identifier: GPL-2.0-only
/*
 * The draft's DEV_CTX_SIZE_GET, DEV_CTX_READ and DEV_CTX_WRITE: a context is read
 * in any number of pieces, is cleared as it is read, ends where a length of 0 says
 * so, and is written in Freeze, to take effect when that is left.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "owner.h"
#include "race.h"
#include "v2.h"
#include "ways.h"

#define MIB	(1024 * 1024)

static struct bytes stream;

void before_open(void)
{
	bytes_free(&stream);
	owner_begin();
}

static struct misbehaviour grows_by(uint32_t bytes)
{
	return (struct misbehaviour) { TROUBLE_GROWS, bytes, "grows" };
}

/* So much more of a context that DEV_CTX_SIZE_GET knows of. */
static void make_larger(const struct protocol *by, uint32_t bytes)
{
	owner_arm(grows_by(bytes), CTX_MODE_SET, 0, 1);
	way_go(by, &vf, TO_STOP);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_armed(), 0);
}

/* The last READ said that there is no more, and all before it that there is. */
static void expect_read_to_end(uint32_t from, uint32_t at_least)
{
	uint32_t reads = 0, last = ~0U;

	for (uint32_t i = from; i < owner_logged(); i++) {
		struct virtio_trouble_log log = owner_log(i);

		if (log.opcode != CTX_READ)
			continue;
		EXPECT_NE(last, 0, "read number %u", reads);
		last = log.result_len;
		reads++;
	}
	EXPECT_EQ(last, 0);
	EXPECT_LE(at_least, reads);
}

TEST_EACH(read_to_end,
	  "a context is read until its length is 0, not until it is as long as was announced")
{
	uint32_t from;

	need_draft();
	from = owner_logged();
	way_save(by, &vf, &stream);
	expect_read_to_end(from, 2);
}

TEST_EACH(many_reads, "it is read by as many commands as it takes")
{
	uint32_t from;

	need_draft();
	make_larger(by, 3 * MIB);
	from = owner_logged();
	way_save(by, &vf, &stream);
	EXPECT_GT(stream.len, 3 * MIB);
	expect_read_to_end(from, 5);
	way_load(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_LE(4, owner_asked(CTX_WRITE));
}

TEST_EACH(estimate, "what SIZE_GET says is an estimate: however wrong it is, the state is the same")
{
	static const uint32_t bytes_wrong[] = { 0, 1, 2, 4 };
	struct bytes again = {};

	need_draft();
	way_save(by, &vf, &stream);
	for (size_t i = 0; i < ARRAY_SIZE(bytes_wrong); i++) {
		const struct misbehaviour wrong = {
			TROUBLE_BAD_BYTE, bytes_wrong[i], "estimate",
		};

		again.len = 0;
		owner_arm(wrong, CTX_SIZE_GET, 0, 1);
		way_save(by, &vf, &again);
		EXPECT_EQ(owner_armed(), 0);
		bytes_expect_same(&again, &stream, "a wrong estimate");
	}
	bytes_free(&again);
}

TEST_EACH(impossible, "one that is larger than any memory is no estimate, and fails the save")
{
	const struct misbehaviour wrong = { TROUBLE_BAD_BYTE, 7, "impossible" };

	need_draft();
	owner_arm(wrong, CTX_SIZE_GET, 0, 2);
	EXPECT_EQ(way_try(by, &vf, TO_STOP_COPY), by->step_failed);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "SIZE_GET is answered"),
		  NULL);
	owner_disarm();
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_runs(), true);
	way_need_whole_transfer(by);
}

TEST_EACH(size_by_phase, "the size is asked for as it is in pre-copy, and for Freeze at the end")
{
	need_draft();
	by->need_pre_copy(&vf);
	way_go(by, &vf, TO_PRE_COPY);
	EXPECT_EQ(owner_told(CTX_SIZE_GET), 0);
	ASSERT_EQ(by->drain(&vf, &stream), 0);
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_EQ(owner_told(CTX_SIZE_GET), 1);
	ASSERT_EQ(by->drain(&vf, &stream), 0);
	way_go(by, &vf, TO_RUNNING);
}

TEST(size, "the size that the user is told is the device's for Freeze, and no less than there is")
{
	uint32_t asked;
	uint64_t size;

	need_draft();
	make_larger(&ways[BY_V1], MIB);
	asked = owner_asked(CTX_SIZE_GET);
	size = v2_need_data_size(&vf);
	EXPECT_EQ(owner_asked(CTX_SIZE_GET), asked + 1);
	EXPECT_EQ(owner_told(CTX_SIZE_GET), 1);
	v2_save_stopped(&vf, &stream);
	EXPECT_LE(MIB, stream.len);
	EXPECT_LE(stream.len, size);
}

TEST_EACH(output,
	  "an answer whose length is not what it says of itself fails the save, with the reason")
{
	const struct misbehaviour wrong = { TROUBLE_SHORT, 1, "short" };

	need_draft();
	owner_arm(wrong, CTX_READ, 0, 1);
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_NE(by->drain(&vf, &stream), 0);
	EXPECT_EQ(owner_armed(), 0);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "DEV_CTX_READ has given"),
		  NULL);
	way_go(by, &vf, TO_RUNNING);
	way_need_whole_transfer(by);
}

TEST_EACH(grows, "what is new while it is read is read, too")
{
	size_t plain;

	need_draft();
	way_save(by, &vf, &stream);
	plain = stream.len;
	stream.len = 0;
	owner_arm(grows_by(5000), CTX_READ, 0, 1);
	way_save(by, &vf, &stream);
	EXPECT_EQ(owner_armed(), 0);
	EXPECT_LE(plain + 5000, stream.len);
	way_load(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
}

TEST_EACH(endless,
	  "a frozen context that does not end is given up, with the reason; the guest runs on")
{
	const char *why;
	int ret;

	need_draft();
	owner_arm(grows_by(MIB), CTX_READ, 0, ~0U);
	way_go(by, &vf, TO_STOP_COPY);
	ret = by->drain(&vf, &stream);
	EXPECT_EQ(ret, -EOVERFLOW);
	why = core_text(vf.bdf, "last_error");
	EXPECT_NE(strstr(why, "does not end"), NULL);
	owner_disarm();
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_runs(), true);
	way_need_whole_transfer(by);
}

TEST_EACH(endless_pre_copy,
	  "a running one's pre-copy ends nevertheless: it says what there was when it began")
{
	need_draft();
	owner_arm(grows_by(MIB), CTX_READ, 0, ~0U);
	way_pre_copy(by, &vf, &stream);
	EXPECT_LE(stream.len, 8 * MIB);
	owner_disarm();
	way_go(by, &vf, TO_RUNNING);
	way_need_whole_transfer(by);
}

TEST_EACH(cleared, "what was read in pre-copy is not read again")
{
	size_t whole, first;

	need_draft();
	/* By more than what may be new by itself. */
	make_larger(by, MIB);
	way_pre_copy(by, &vf, &stream);
	first = stream.len;
	EXPECT_GT(first, MIB);
	way_stop_copy(by, &vf, &stream);
	whole = stream.len;
	EXPECT_LE(whole - first, 4096);
	way_go(by, &vf, TO_RUNNING);
	way_load(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
}

TEST_EACH(new_context, "what is new after all was read is found while the function runs, and read")
{
	need_draft();
	way_pre_copy(by, &vf, &stream);
	EXPECT_EQ(by->left(&vf), 0);
	owner_put(&owner_window->make_dirty, MEMBER);
	owner_await_change(by);
	ASSERT_EQ(by->drain(&vf, &stream), 0);
	way_stop_copy(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
	way_load(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
}

TEST_EACH(written_frozen,
	  "a context is written in Freeze, and none of it is in effect before it is whole")
{
	uint32_t before;

	need_draft();
	change_register(&vf);
	before = owner_vf_register();
	way_save(by, &vf, &stream);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(owner_vf_register(), 0);
	way_go(by, &vf, TO_RESUMING);
	ASSERT_EQ(by->fill(&vf, stream.at, stream.len - 24), 0);
	EXPECT_GT(owner_asked(CTX_WRITE), 0);
	EXPECT_EQ(owner_mode(MEMBER), CTX_FREEZE);
	EXPECT_EQ(owner_vf_register(), 0);
	ASSERT_EQ(by->fill(&vf, stream.at + stream.len - 24, 24), 0);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_vf_register(), before);
}

/* The features that the device offers, which it compares. */
#define FEATURES_AT	sizeof(struct ctx_field)

TEST_EACH(not_accepted,
	  "a context that the device does not accept fails the load: it stays in Freeze, as it was")
{
	const struct misbehaviour wrong = { TROUBLE_BAD_BYTE, FEATURES_AT, "wrong" };

	need_draft();
	change_register(&vf);
	owner_arm(wrong, CTX_READ, 0, 1);
	way_save(by, &vf, &stream);
	EXPECT_EQ(owner_armed(), 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	way_go(by, &vf, TO_RESUMING);
	EXPECT_EQ(by->fill(&vf, stream.at, stream.len), -EINVAL);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"),
			 "could not load the state into the device"), NULL);
	EXPECT_EQ(owner_mode(MEMBER), CTX_FREEZE);
	EXPECT_NE(way_try(by, &vf, TO_RUNNING), 0);
	EXPECT_EQ(owner_mode(MEMBER), CTX_FREEZE);
	EXPECT_EQ(owner_vf_register(), 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(owner_runs(), true);
	EXPECT_EQ(owner_vf_register(), 0);
	way_need_whole_transfer(by);
}
