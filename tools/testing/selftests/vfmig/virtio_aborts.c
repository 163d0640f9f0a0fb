// SPDX-License-Identifier: GPL-2.0-only
/*
 * DEV_CTX_DISCARD, and RESOURCE_OBJ_DESTROY of virtio 1.4: whatever is given up, in
 * either direction, is as if it had never been begun, before the mode changes.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "owner.h"
#include "race.h"
#include "race_moment.h"
#include "v2.h"
#include "ways.h"

/* So much of a context that it takes several commands to read it. */
#define MANY_READS	(3 << 20)

static const struct misbehaviour refuses = { TROUBLE_FAIL, REFUSED, "refused" };
static struct bytes stream;

void before_open(void)
{
	moments_forget();
	bytes_free(&stream);
	owner_begin();
	owner_put(&owner_window->extra, 0);
}

/* Has some of the context been read, or written that has not taken effect? */
static bool context_is_partial(uint32_t from)
{
	bool read = false, written = false;

	for (uint32_t i = from; i < owner_logged(); i++) {
		switch (owner_log(i).opcode) {
		case CTX_READ:
			read = true;
			break;
		case CTX_WRITE:
			written = true;
			break;
		case CTX_DISCARD:
			read = false;
			written = false;
			break;
		case CTX_MODE_SET:
			written = false;
			break;
		}
	}
	return read || written;
}

static bool is_begun(uint32_t from)
{
	return owner_is_draft() ? context_is_partial(from) : owner_objects();
}

/* What need not be waited for may be done a little later. */
static void await_abort(uint32_t from, const char *when)
{
	time_t end = time(NULL) + NEVER_STUCK_S;

	while (owner_first(from, owner_opcode(ASK_ABORT)) == NO_COMMAND) {
		ASSERT_LE(time(NULL), end, "%s", when);
		usleep(1000);
	}
}

static void expect_aborted_first(uint32_t from, const char *when)
{
	await_abort(from, when);
	EXPECT_LE(owner_first(from, owner_opcode(ASK_ABORT)),
		  owner_first(from, owner_opcode(ASK_MODE)), "%s", when);
	EXPECT_EQ(owner_objects(), 0, "%s", when);
}

/* Returns whether something was begun, which is then to be discarded. */
static bool reset_at(const struct moment *moment, const struct reset *reset)
{
	uint32_t from = owner_logged();
	bool begun;

	moment->enter();
	begun = is_begun(from);
	from = owner_logged();
	ASSERT_EQ(reset->now(&vf), 0, "%s", moment->name);
	if (begun)
		expect_aborted_first(from, moment->name);
	owner_await_running(moment->name);
	expect_as_new(moment->name);
	return begun;
}

static void reset_at_each(const struct reset *reset)
{
	unsigned int with_something = 0;

	moments_prepare();
	for (unsigned int i = 0; i < nr_moments; i++)
		with_something += reset_at(&moments[i], reset);
	EXPECT_GT(with_something, nr_moments / 4);
}

TEST(reset, "a transfer that a reset ends, at any moment, is discarded before the function runs")
{
	reset_at_each(&resets[RESET_BY_USER]);
}

TEST(reset_by_guest, "so is one that the guest's own FLR ends")
{
	reset_at_each(&resets[RESET_BY_GUEST]);
}

TEST(closed, "so is one whose user goes, and the function runs without any")
{
	unsigned int with_something = 0;
	uint32_t from;
	bool begun;

	moments_prepare();
	for (unsigned int i = 0; i < nr_moments; i++) {
		from = owner_logged();
		moments[i].enter();
		begun = is_begun(from);
		from = owner_logged();
		vf_close(&vf);
		await_closed(vf_first());
		with_something += begun;
		if (begun)
			expect_aborted_first(from, moments[i].name);
		EXPECT_EQ(owner_runs(), true, "%s", moments[i].name);
		EXPECT_EQ(owner_objects(), 0, "%s", moments[i].name);
		vf_open(&vf, vf_first());
		expect_as_new(moments[i].name);
	}
	EXPECT_GT(with_something, nr_moments / 4);
}

TEST_EACH(pre_copy_cancelled, "a pre-copy that is cancelled is discarded, and the function goes on")
{
	uint32_t from;

	by->need_pre_copy(&vf);
	way_go(by, &vf, TO_PRE_COPY);
	EXPECT_GT(by->piece(&vf, &stream), 0);
	from = owner_logged();
	way_go(by, &vf, TO_RUNNING);
	expect_aborted_first(from, by->name);
	EXPECT_EQ(owner_first(from, owner_opcode(ASK_MODE)), NO_COMMAND);
	way_need_whole_transfer(by);
}

TEST_EACH(save_cancelled,
	  "a stop-and-copy that is cancelled is discarded before the function runs again")
{
	uint32_t from;

	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_GT(by->piece(&vf, &stream), 0);
	from = owner_logged();
	way_go(by, &vf, TO_RUNNING);
	expect_aborted_first(from, by->name);
	way_need_whole_transfer(by);
}

TEST_EACH(save_ended,
	  "one that was read to its end is, too, for its guest may be resumed after all")
{
	uint32_t from;

	way_stop_copy(by, &vf, &stream);
	from = owner_logged();
	way_go(by, &vf, TO_RUNNING);
	expect_aborted_first(from, by->name);
	way_need_whole_transfer(by);
}

TEST_EACH(whole_again, "after a discard the next read returns the whole again")
{
	struct bytes again = {};

	way_save(by, &vf, &stream);
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_GT(by->piece(&vf, &again), 0);
	way_go(by, &vf, TO_RUNNING);
	again.len = 0;
	way_save(by, &vf, &again);
	bytes_expect_same(&again, &stream, by->name);
	bytes_free(&again);
}

TEST_EACH(found_read,
	  "a context that somebody before has read in part is whole again when it is opened")
{
	struct bytes again = {};

	need_draft();
	owner_put(&owner_window->extra, MANY_READS);
	reopen();
	way_save(by, &vf, &stream);
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_GT(by->piece(&vf, &again), 0);
	owner_arm(refuses, CTX_DISCARD, 0, ~0U);
	vf_close(&vf);
	/* The driver that knew of it is gone. */
	vf_rebind(vf_first());
	owner_disarm();
	vf_open(&vf, vf_first());
	again.len = 0;
	way_save(by, &vf, &again);
	bytes_expect_same(&again, &stream, by->name);
	bytes_free(&again);
}

TEST_EACH(never_written, "a load that is given up half way is as if it had never been")
{
	uint32_t from;

	change_register(&vf);
	EXPECT_NE(owner_vf_register(), 0);
	way_save(by, &vf, &stream);
	way_go(by, &vf, TO_RESUMING);
	ASSERT_EQ(by->fill(&vf, stream.at, stream.len - 24), 0);
	EXPECT_EQ(way_try(by, &vf, TO_RUNNING), by->not_loaded);
	EXPECT_EQ(owner_runs(), false);
	from = owner_logged();
	ASSERT_EQ(vf_reset(&vf), 0);
	expect_aborted_first(from, by->name);
	EXPECT_EQ(owner_runs(), true);
	EXPECT_EQ(owner_vf_register(), 0);
	way_need_whole_transfer(by);
}

/* Freeze is not left with a context that may be half written. */
TEST_EACH(cannot_discard,
	  "a half-written context that cannot be discarded keeps the function frozen, until it can")
{
	need_draft();
	way_save(by, &vf, &stream);
	way_go(by, &vf, TO_RESUMING);
	ASSERT_EQ(by->fill(&vf, stream.at, stream.len - 24), 0);
	owner_arm(refuses, CTX_DISCARD, 0, ~0U);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(owner_mode(MEMBER), CTX_FREEZE);
	EXPECT_NE(way_try(by, &vf, TO_STOP), 0);
	EXPECT_EQ(owner_mode(MEMBER), CTX_FREEZE);
	owner_disarm();
	owner_await_running(by->name);
	way_need_whole_transfer(by);
}

TEST_EACH(cannot_destroy,
	  "an object that cannot be destroyed yet goes later, and the guest runs meanwhile")
{
	const struct misbehaviour busy = { TROUBLE_FAIL, ADM_EBUSY, "busy" };

	need_parts();
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_GT(by->piece(&vf, &stream), 0);
	owner_arm(busy, PARTS_OBJ_DESTROY, 0, ~0U);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_runs(), true);
	EXPECT_EQ(owner_objects(), 1);
	owner_disarm();
	owner_await_no_object(by->name);
	way_need_whole_transfer(by);
}

TEST_EACH(not_destroyed,
	  "one that is not let go of is left to the device, and the function migrates")
{
	need_parts();
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_GT(by->piece(&vf, &stream), 0);
	owner_arm(refuses, PARTS_OBJ_DESTROY, 0, 1);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_runs(), true);
	EXPECT_EQ(owner_objects(), 1);
	way_need_whole_transfer(by);
	EXPECT_EQ(owner_objects(), 1);
	owner_forget_objects();
	way_need_whole_transfer(by);
}

TEST_EACH(nothing_begun, "where nothing was begun nothing is discarded")
{
	uint32_t aborts = owner_asked(owner_opcode(ASK_ABORT));

	way_go(by, &vf, TO_STOP);
	way_go(by, &vf, TO_RUNNING);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(owner_asked(owner_opcode(ASK_ABORT)), aborts);
}
