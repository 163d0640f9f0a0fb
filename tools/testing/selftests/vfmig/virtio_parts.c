// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio 1.4's device parts: an object to get them, read as a whole as often as one
 * likes; an object to set them, written once they are whole.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "owner.h"
#include "race.h"
#include "sysfs.h"
#include "v2.h"
#include "ways.h"

/* The head of a part, and the value of one that has features. */
#define FEATURES_PART	(sizeof(struct parts_head) + sizeof(__le64))

/* More of a set than the least that is said of any. */
#define EXTRA		0x100000

static struct bytes stream;

void before_open(void)
{
	bytes_free(&stream);
	owner_begin();
	owner_put(&owner_window->extra, 0);
}

static struct misbehaviour fails_with(uint32_t status, uint32_t qualifier)
{
	return (struct misbehaviour) {
		TROUBLE_FAIL, status | qualifier << 16, "fails",
	};
}

TEST(capability, "the limits of objects are asked for, and set, before there is an object")
{
	char name[SYSFS_TEXT];
	uint32_t set;

	need_parts();
	need_our_owner("has asked when the PF was bound");
	driver_name(vf_first(), name);
	vf_close(&vf);
	ASSERT_EQ(device_put(vf_first(), "driver/unbind", vf_first()), 0);
	owner_reset_pf();
	EXPECT_EQ(owner_asked(PARTS_CAP_ID_LIST_QUERY), 0);
	ASSERT_EQ(driver_bind(vf_first(), name), 0);
	EXPECT_EQ(owner_asked(PARTS_CAP_ID_LIST_QUERY), 1);
	EXPECT_EQ(owner_asked(PARTS_CAP_GET), 1);
	EXPECT_EQ(owner_asked(PARTS_CAP_SET), 1);
	set = owner_first(0, PARTS_CAP_SET);
	EXPECT_GT(set, owner_first(0, PARTS_CAP_GET));
	EXPECT_EQ(owner_first(0, PARTS_OBJ_CREATE), NO_COMMAND);
	vf_open(&vf, vf_first());
	EXPECT_GT(owner_first(0, PARTS_OBJ_CREATE), set);
	need_whole_transfer();
}

TEST_EACH(object_to_get, "there is one object while there is a save, and it goes with that")
{
	need_parts();
	EXPECT_EQ(owner_objects(), 0);
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_EQ(owner_objects(), 1);
	ASSERT_EQ(by->drain(&vf, &stream), 0);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_objects(), 0);
}

TEST_EACH(object_to_set,
	  "there is one from the first bytes of a load on, and it goes when the state is set")
{
	size_t half;

	need_parts();
	way_save(by, &vf, &stream);
	half = stream.len / 2;
	way_go(by, &vf, TO_RESUMING);
	ASSERT_EQ(by->fill(&vf, stream.at, half), 0);
	EXPECT_EQ(owner_objects(), 1);
	ASSERT_EQ(by->fill(&vf, stream.at + half, stream.len - half), 0);
	EXPECT_EQ(owner_objects(), 0);
	way_go(by, &vf, TO_RUNNING);
}

TEST(two_at_once, "a save and a load of two VFs of one owner have objects of their own")
{
	struct bytes second = {};
	size_t half;

	need_parts();
	vf_open(&other, vf_second());
	save_stopped(&vf, &stream);
	half = stream.len / 2;
	vf_go(&vf, STATE_STOP_COPY);
	vf_go(&other, STATE_RESUMING);
	ASSERT_EQ(load_bytes(&other, stream.at, half, TRAPPED_WHOLE), 0);
	EXPECT_EQ(owner_objects(), 2);
	ASSERT_EQ(load_bytes(&other, stream.at + half, stream.len - half,
			     TRAPPED_WHOLE), 0);
	save_phase(&vf, &second, TRAPPED_WHOLE);
	vf_go(&other, STATE_RUNNING);
	vf_go(&vf, STATE_RUNNING);
	EXPECT_EQ(owner_objects(), 0);
	bytes_expect_same(&second, &stream, "beside a load");
	bytes_free(&second);
}

static void expect_none_free(void)
{
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "are in use"), NULL);
	EXPECT_EQ(owner_objects(), 0);
}

TEST_EACH(none_free,
	  "where all objects are in use a transfer fails with the reason, and the function runs on")
{
	need_parts();
	/* The kernel asks again, for ever, where the device says so. */
	need_our_owner("does not return from ENOSPC");
	way_save(by, &vf, &stream);
	owner_arm(fails_with(ADM_ENOSPC, ADM_Q_OK), PARTS_OBJ_CREATE, 0, ~0U);
	EXPECT_EQ(way_try(by, &vf, TO_STOP_COPY), by->step_failed);
	expect_none_free();
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_runs(), true);
	way_go(by, &vf, TO_RESUMING);
	EXPECT_EQ(by->fill(&vf, stream.at, stream.len), -ENOSPC);
	expect_none_free();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(owner_runs(), true);
	owner_disarm();
	way_need_whole_transfer(by);
}

TEST_EACH(none_free_pre_copy, "in pre-copy, too: before the guest is stopped")
{
	need_parts();
	need_our_owner("does not return from ENOSPC");
	by->need_pre_copy(&vf);
	owner_arm(fails_with(ADM_ENOSPC, ADM_Q_OK), PARTS_OBJ_CREATE, 0, ~0U);
	EXPECT_EQ(way_try(by, &vf, TO_PRE_COPY), by->step_failed);
	expect_none_free();
	EXPECT_EQ(owner_asked(PARTS_MODE_SET), 1);
	EXPECT_EQ(owner_runs(), true);
}

/* What was known of it is forgotten, and there is no object to find it out by. */
static void open_without_object(void)
{
	vf_close(&vf);
	vf_rebind(vf_first());
	owner_arm(fails_with(ADM_ENOSPC, ADM_Q_OK), PARTS_OBJ_CREATE, 0, ~0U);
	vf_open(&vf, vf_first());
}

TEST_EACH(none_free_at_open,
	  "a VF is opened nevertheless, and its guest runs; it migrates when there is one")
{
	need_parts();
	need_our_owner("does not return from ENOSPC");
	way_save(by, &vf, &stream);
	open_without_object();
	EXPECT_EQ(owner_runs(), true);
	EXPECT_EQ(way_try(by, &vf, TO_STOP_COPY), by->step_failed);
	expect_none_free();
	way_go(by, &vf, TO_RUNNING);
	way_go(by, &vf, TO_RESUMING);
	EXPECT_EQ(by->fill(&vf, stream.at, stream.len), -ENOSPC);
	expect_none_free();
	owner_disarm();
	ASSERT_EQ(by->fill(&vf, stream.at, stream.len), 0);
	way_go(by, &vf, TO_RUNNING);
	way_need_whole_transfer(by);
}

/* The next object that is to be destroyed is left, once. */
static void keep_object(void)
{
	owner_arm(fails_with(ADM_EBUSY, ADM_Q_OK), PARTS_OBJ_DESTROY, 0,
		  1 + RETRIES);
}

static void expect_load_ends(const struct protocol *by, size_t from)
{
	EXPECT_EQ(owner_armed(), 0);
	/* Whoever would discard it would do so at once. */
	for (int ms = 0; ms < 200; ms++) {
		ASSERT_EQ(owner_objects(), 2);
		usleep(1000);
	}
	ASSERT_EQ(by->fill(&vf, stream.at + from, stream.len - from), 0);
	way_go(by, &vf, TO_RUNNING);
	way_need_whole_transfer(by);
	owner_await_no_object(by->name);
}

TEST_EACH(left_by_late_open,
	  "an object that is left when a function is found out late is not the load's end")
{
	need_parts();
	need_our_owner("does not return from ENOSPC");
	way_save(by, &vf, &stream);
	open_without_object();
	owner_disarm();
	way_go(by, &vf, TO_RESUMING);
	keep_object();
	ASSERT_EQ(by->fill(&vf, stream.at, stream.len / 2), 0);
	expect_load_ends(by, stream.len / 2);
}

TEST(left_by_size, "nor is one that is left when the size is asked for in a load")
{
	const struct protocol *by = &ways[BY_V2];

	need_parts();
	need_our_owner("does not say what the device has answered");
	way_save(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
	way_go(by, &vf, TO_RESUMING);
	ASSERT_EQ(by->fill(&vf, stream.at, stream.len / 2), 0);
	keep_object();
	v2_need_data_size(&vf);
	expect_load_ends(by, stream.len / 2);
}

TEST_EACH(id_taken, "an object that exists already is nobody's here: another is made")
{
	need_parts();
	need_our_owner("chooses ids itself");
	owner_arm(fails_with(ADM_EEXIST, ADM_Q_INVALID_FIELD), PARTS_OBJ_CREATE,
		  0, 2);
	way_save(by, &vf, &stream);
	EXPECT_EQ(owner_armed(), 0);
	EXPECT_EQ(owner_objects(), 0);
	way_load(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
	owner_reset_pf();
	ASSERT_EQ(vf_reset(&vf), 0);
	way_need_whole_transfer(by);
}

TEST_EACH(gone_already, "an object that the device has no more is one that need not be destroyed")
{
	need_parts();
	need_our_owner("does not say what the device has answered");
	owner_arm(fails_with(ADM_ENXIO, ADM_Q_INVALID_FIELD), PARTS_OBJ_DESTROY,
		  0, 1);
	way_save(by, &vf, &stream);
	EXPECT_EQ(owner_armed(), 0);
	/* In truth it is there, and goes with a reset. */
	owner_reset_pf();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(owner_objects(), 0);
	way_need_whole_transfer(by);
}

TEST_EACH(size_first, "the size is asked for before each read, and the whole set is read at once")
{
	uint32_t from, size, read;

	need_parts();
	from = owner_logged();
	way_save(by, &vf, &stream);
	size = owner_first(from, PARTS_METADATA_GET);
	read = owner_first(from, PARTS_GET);
	EXPECT_GT(size, owner_first(from, PARTS_OBJ_CREATE));
	EXPECT_EQ(read, size + 1);
	EXPECT_GT(owner_log(from + read).result_len, 0);
	EXPECT_LE(owner_log(from + read).result_len, stream.len);
}

/* After each time that the size is asked for, so often. */
static void arm_growth(unsigned int times)
{
	struct misbehaviour grows = { TROUBLE_GROWS, 0, "grows" };

	for (unsigned int i = 0; i < times; i++) {
		grows.arg += 5000;
		owner_arm_slot(i, grows, PARTS_METADATA_GET, 0, 1);
	}
}

TEST_EACH(grows, "parts that grow after the size was asked for are asked for again, and are whole")
{
	uint32_t reads;

	need_parts();
	reads = owner_asked(PARTS_GET);
	/* It may be asked for the user first. */
	arm_growth(2);
	way_save(by, &vf, &stream);
	EXPECT_EQ(owner_armed(), 0);
	EXPECT_GT(stream.len, 5000);
	EXPECT_LE(reads + 2, owner_asked(PARTS_GET));
	way_load(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
}

TEST_EACH(always_grows,
	  "a set that grows each time is given up, with the reason; the guest runs on")
{
	int ret;

	need_parts();
	arm_growth(VIRTIO_TROUBLE_SLOTS);
	ret = way_try(by, &vf, TO_STOP_COPY);
	ret = ret ?: by->drain(&vf, &stream);
	EXPECT_NE(ret, 0);
	owner_disarm();
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "device parts"), NULL);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_runs(), true);
	EXPECT_EQ(owner_objects(), 0);
	way_need_whole_transfer(by);
}

TEST(size, "the size that the user is told is the device's, of a whole set")
{
	uint64_t size;

	need_parts();
	owner_put(&owner_window->extra, EXTRA);
	reopen();
	size = v2_need_data_size(&vf);
	EXPECT_LE(EXTRA, size);
	v2_save_stopped(&vf, &stream);
	EXPECT_LE(EXTRA, stream.len);
	/* An estimate: it does not know into how many records the set is cut. */
	EXPECT_LE(stream.len - EXTRA / 1024, size);
}

TEST_EACH(repeatable,
	  "reading clears nothing: pre-copy says all, the end nothing if nothing has changed")
{
	size_t first;

	need_parts();
	way_pre_copy(by, &vf, &stream);
	first = stream.len;
	way_stop_copy(by, &vf, &stream);
	/* The end of the stream, and what goes with each phase. */
	EXPECT_LE(stream.len - first, 200);
	way_go(by, &vf, TO_RUNNING);
	ASSERT_EQ(vf_reset(&vf), 0);
	way_load(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
}

/* Of the sets that were written since @from: the bytes of the first and of the last. */
static void written(uint32_t from, uint32_t *first, uint32_t *last)
{
	*first = 0;
	*last = 0;
	for (uint32_t i = from; i < owner_logged(); i++) {
		if (owner_log(i).opcode != PARTS_SET)
			continue;
		*last = owner_log(i).data_len;
		*first = *first ?: *last;
	}
}

TEST_EACH(changed,
	  "what has changed since is sent and written, and not all of it again; it counts")
{
	uint32_t value, from, whole, part;
	size_t first;

	need_parts();
	way_pre_copy(by, &vf, &stream);
	first = stream.len;
	change_register(&vf);
	value = owner_vf_register();
	EXPECT_NE(value, 0);
	way_stop_copy(by, &vf, &stream);
	EXPECT_LE(stream.len - first, first / 2);
	way_go(by, &vf, TO_RUNNING);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(owner_vf_register(), 0);
	from = owner_logged();
	way_load(by, &vf, &stream);
	written(from, &whole, &part);
	EXPECT_GT(part, sizeof(struct parts_obj) + sizeof(struct parts_head));
	EXPECT_LE(part, whole / 2);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_vf_register(), value);
}

TEST_EACH(found_running, "a change is found while the function runs, and sent")
{
	size_t before;

	need_parts();
	way_pre_copy(by, &vf, &stream);
	EXPECT_EQ(by->left(&vf), 0);
	change_register(&vf);
	owner_await_change(by);
	before = stream.len;
	ASSERT_EQ(by->drain(&vf, &stream), 0);
	EXPECT_GT(stream.len, before);
	way_go(by, &vf, TO_RUNNING);
}

TEST_EACH(written_whole,
	  "nothing is written before the set is whole; then all of it at once, stopped")
{
	uint32_t value, from, n;
	size_t at;

	need_parts();
	change_register(&vf);
	value = owner_vf_register();
	way_save(by, &vf, &stream);
	ASSERT_EQ(vf_reset(&vf), 0);
	way_go(by, &vf, TO_RESUMING);
	from = owner_logged();
	for (at = 0; at < stream.len && !owner_asked(PARTS_SET); at++)
		ASSERT_EQ(by->fill(&vf, stream.at + at, 1), 0);
	n = owner_first(from, PARTS_SET);
	EXPECT_EQ(owner_log(from + n).status, ADM_OK);
	EXPECT_EQ(owner_mode(MEMBER), PARTS_MODE_STOPPED);
	ASSERT_EQ(by->fill(&vf, stream.at + at, stream.len - at), 0);
	EXPECT_EQ(owner_asked(PARTS_SET), 1);
	EXPECT_EQ(owner_vf_register(), 0);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_vf_register(), value);
}

TEST_EACH(features_not_set, "the features that the device offers are compared, and never set")
{
	uint32_t from, read, written;

	need_parts();
	from = owner_logged();
	way_save(by, &vf, &stream);
	read = owner_log(from + owner_first(from, PARTS_GET)).result_len;
	from = owner_logged();
	way_load(by, &vf, &stream);
	written = owner_log(from + owner_first(from, PARTS_SET)).data_len;
	EXPECT_EQ(written, sizeof(struct parts_obj) + read - FEATURES_PART);
	way_go(by, &vf, TO_RUNNING);
}

TEST_EACH(not_accepted,
	  "a set that the device does not accept fails the load; it is as after a reset")
{
	need_parts();
	change_register(&vf);
	way_save(by, &vf, &stream);
	ASSERT_EQ(vf_reset(&vf), 0);
	way_go(by, &vf, TO_RESUMING);
	owner_arm(fails_with(ADM_EINVAL, ADM_Q_INVALID_FIELD), PARTS_SET, 0, 1);
	EXPECT_NE(by->fill(&vf, stream.at, stream.len), 0);
	EXPECT_EQ(owner_armed(), 0);
	EXPECT_NE(way_try(by, &vf, TO_RUNNING), 0);
	EXPECT_EQ(owner_mode(MEMBER), PARTS_MODE_STOPPED);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(owner_runs(), true);
	EXPECT_EQ(owner_vf_register(), 0);
	EXPECT_EQ(owner_objects(), 0);
	way_need_whole_transfer(by);
}

/* In all parts: where the features lie that the guest's driver has accepted. */
#define ACCEPTED_AT	(FEATURES_PART + sizeof(struct parts_head))

TEST_EACH(features_unknown,
	  "a guest that uses what this device does not offer is refused, and nothing is written")
{
	const struct misbehaviour wrong = { TROUBLE_BAD_BYTE, ACCEPTED_AT, "wrong" };

	need_parts();
	owner_arm(wrong, PARTS_GET, 0, 1);
	way_save(by, &vf, &stream);
	EXPECT_EQ(owner_armed(), 0);
	way_go(by, &vf, TO_RESUMING);
	EXPECT_EQ(by->fill(&vf, stream.at, stream.len), -EINVAL);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "the guest uses features"),
		  NULL);
	EXPECT_EQ(owner_asked(PARTS_SET), 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	way_need_whole_transfer(by);
}
