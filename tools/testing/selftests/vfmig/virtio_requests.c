// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's write that is in flight when its function is stopped: the draft has it
 * in the context, virtio 1.4 has it done first. Either way it is done once, and by
 * a function whose guest still runs.
 */
#include <unistd.h>

#include "fixture.h"
#include "owner.h"
#include "race.h"
#include "sysfs.h"
#include "v2.h"
#include "virtio_blk.h"
#include "ways.h"

/* Longer than any test: it ends when the function runs on, or never. */
#define FOR_EVER_MS	10000000

static struct bytes stream;
static struct order unbind;
static char driver[SYSFS_TEXT];

/* A test that has failed half way leaves the device without its driver. */
void before_open(void)
{
	bytes_free(&stream);
	order_wait(&unbind);
	driver_keep(vf_first(), driver);
	owner_begin();
}

static uint32_t writes(uint32_t member)
{
	owner_put(&owner_window->function, member);
	return owner_get(&owner_window->writes);
}

static uint32_t in_flight(uint32_t member)
{
	owner_put(&owner_window->function, member);
	return owner_get(&owner_window->in_flight);
}

static void begin_write(void)
{
	blk_map(&vf);
	blk_begin(&vf);
	owner_put(&owner_window->request_delay, FOR_EVER_MS);
	blk_submit_write(&vf);
	ASSERT_EQ(in_flight(MEMBER), 1);
	ASSERT_EQ(writes(MEMBER), 0);
}

/* When it is stopped, and for as long as it is. */
static void expect_stopped_as_it_should(void)
{
	EXPECT_EQ(in_flight(MEMBER), owner_is_draft());
	EXPECT_EQ(writes(MEMBER), !owner_is_draft());
	EXPECT_EQ(blk_used(), !owner_is_draft());
}

TEST_EACH(cancelled, "it is done when the function runs again, once")
{
	begin_write();
	way_go(by, &vf, TO_STOP);
	expect_stopped_as_it_should();
	way_stop_copy(by, &vf, &stream);
	expect_stopped_as_it_should();
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(writes(MEMBER), 1);
	EXPECT_EQ(in_flight(MEMBER), 0);
	EXPECT_EQ(blk_used(), 1);
}

TEST_EACH(moved, "it moves with the state: the destination does it if the source has not")
{
	begin_write();
	way_stop_copy(by, &vf, &stream);
	vf_open(&other, vf_second());
	blk_map(&other);
	way_load(by, &other, &stream);
	EXPECT_EQ(writes(OTHER_MEMBER), 0);
	way_go(by, &other, TO_RUNNING);
	EXPECT_EQ(writes(OTHER_MEMBER), owner_is_draft());
	EXPECT_EQ(blk_used(), 1);
	vf_close(&vf);
	EXPECT_EQ(writes(MEMBER) + writes(OTHER_MEMBER), 1);
	EXPECT_EQ(in_flight(MEMBER) + in_flight(OTHER_MEMBER), 0);
	EXPECT_EQ(blk_used(), 1);
}

static void close_stopped(const struct protocol *by, enum place place)
{
	uint32_t done = !owner_is_draft();

	begin_write();
	way_go(by, &vf, place);
	if (place == TO_STOP_COPY)
		ASSERT_EQ(by->drain(&vf, &stream), 0);
	vf_close(&vf);
	EXPECT_EQ(owner_runs(), true);
	EXPECT_EQ(writes(MEMBER), done, "%s", by->name);
	EXPECT_EQ(in_flight(MEMBER), 0, "%s", by->name);
	EXPECT_EQ(blk_used(), done, "%s", by->name);
	vf_open(&vf, vf_first());
	EXPECT_EQ(writes(MEMBER), done, "%s", by->name);
}

TEST_EACH(closed, "a stopped function that is closed does none of it: its guest runs elsewhere")
{
	close_stopped(by, TO_STOP);
	owner_begin();
	close_stopped(by, TO_STOP_COPY);
}

TEST_EACH(unbound, "nor does one whose driver is being unbound, and which is reset only after that")
{
	int request;

	begin_write();
	way_go(by, &vf, TO_STOP);
	request = request_fd(&vf);
	order_unbind(&unbind, vf_first());
	EXPECT_EQ(requested(request), true);
	close(request);
	vf_close(&vf);
	ASSERT_EQ(order_wait(&unbind), 0);
	EXPECT_EQ(owner_runs(), true);
	EXPECT_EQ(writes(MEMBER), !owner_is_draft());
	EXPECT_EQ(in_flight(MEMBER), 0);
	ASSERT_EQ(driver_bind(vf_first(), driver), 0);
	vf_open(&vf, vf_first());
	need_whole_transfer();
}

TEST_EACH(reset, "nor does one that is reset")
{
	begin_write();
	way_go(by, &vf, TO_STOP);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(owner_runs(), true);
	EXPECT_EQ(in_flight(MEMBER), 0);
	EXPECT_EQ(writes(MEMBER), !owner_is_draft());
}
