// SPDX-License-Identifier: GPL-2.0-only
/*
 * The accesses of QEMU 7.2, in its order: it maps the section first, reads and
 * rewrites device_state, asks for pending_bytes more often than it needs to.
 */
#include "fixture.h"

static struct bytes stream;

void before_open(void)
{
	bytes_free(&stream);
	param_set("vfmig", "window", "8192");
}

/* Read, mask, write; after a failure the state is read back. */
static int qemu_set_state(uint32_t mask, uint32_t value)
{
	uint32_t to = (vf_state(&vf) & mask) | value;
	int ret = vf_set_state(&vf, to);

	if (ret)
		EXPECT_NE(vf_state(&vf), STATE_ERROR);
	else
		EXPECT_EQ(vf_state(&vf), to);
	return ret;
}

static void save_setup(void)
{
	vf_map(&vf);
	ASSERT_EQ(qemu_set_state(7, STATE_STOP_COPY), 0);
}

/* One pass over RAM; returns whether the device has nothing more to say. */
static bool save_iterate(void)
{
	if (!vf_pending(&vf) && !vf_pending(&vf))
		return true;
	ASSERT_GT(save_chunk(&vf, &stream, MAPPED), 0);
	return false;
}

static void save_complete(void)
{
	ASSERT_EQ(qemu_set_state(~STATE_RUNNING, STATE_STOP_COPY), 0);
	save_phase(&vf, &stream, MAPPED);
	ASSERT_EQ(qemu_set_state(~STATE_STOP_COPY, 0), 0);
}

/* QEMU's handler of a VM that runs, or does not any more. */
static void vm_running(bool running)
{
	ASSERT_EQ(qemu_set_state(running ? ~STATE_RESUMING : ~STATE_RUNNING,
				 running ? STATE_RUNNING : 0), 0);
}

static void destination(bool paused)
{
	ASSERT_EQ(vf_reset(&vf), 0);
	vf_map(&vf);
	ASSERT_EQ(qemu_set_state(0, STATE_RESUMING), 0);
	ASSERT_EQ(load_bytes(&vf, stream.at, stream.len, MAPPED), 0);
	vf_unmap(&vf);
	if (paused) {
		EXPECT_EQ(vf_state(&vf), STATE_RESUMING);
		EXPECT_EQ(vf_data_size(&vf), 0);
	}
	vm_running(true);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
}

TEST(vm_start, "VM start writes 1 over 1, quit goes from 1 to 0")
{
	vm_running(true);
	vm_running(false);
	EXPECT_EQ(vf_state(&vf), STATE_STOP);
}

TEST(live, "live: 1, 3, 2, 2 again, 0; on the destination 1, 4, 1")
{
	int passes = 0;

	vm_running(true);
	save_setup();
	EXPECT_EQ(vf_state(&vf), STATE_PRE_COPY);
	while (!save_iterate())
		ASSERT_LE(++passes, 10000);
	EXPECT_GT(stream.len, 0);
	vm_running(false);
	EXPECT_EQ(vf_state(&vf), STATE_STOP_COPY);
	save_complete();
	EXPECT_EQ(vf_state(&vf), STATE_STOP);
	vf_unmap(&vf);
	destination(false);
}

TEST(live_early_stop, "live: a chunk may be offered when the guest stops")
{
	save_setup();
	vf_pending(&vf);
	ASSERT_GT(save_chunk(&vf, &stream, MAPPED), 0);
	vm_running(false);
	save_complete();
	vf_unmap(&vf);
	destination(false);
}

TEST(source_goes_on, "after \"completed\" the source can be continued: 0 to 1")
{
	save_setup();
	vm_running(false);
	save_complete();
	vf_unmap(&vf);
	vm_running(true);
	need_whole_transfer();
}

TEST(paused, "paused: 1, 0, 2, 2 again, 0; all is sent in the first 2, nothing in the second")
{
	size_t sent;

	vm_running(false);
	save_setup();
	EXPECT_EQ(vf_state(&vf), STATE_STOP_COPY);
	while (!save_iterate())
		;
	sent = stream.len;
	EXPECT_GT(sent, 0);
	save_complete();
	EXPECT_EQ(stream.len, sent);
	vf_unmap(&vf);
	destination(true);
}

TEST(cancelled, "cancelled: 3 to 1, then 1 again; and the next migration works")
{
	save_setup();
	save_iterate();
	save_iterate();
	ASSERT_EQ(qemu_set_state(~(STATE_STOP_COPY | STATE_RESUMING),
				 STATE_RUNNING), 0);
	ASSERT_EQ(qemu_set_state(~(STATE_STOP_COPY | STATE_RESUMING),
				 STATE_RUNNING), 0);
	vf_unmap(&vf);
	bytes_free(&stream);

	save_setup();
	vm_running(false);
	save_complete();
	vf_unmap(&vf);
	destination(false);
}

TEST(cancelled_late, "cancelled in stop-and-copy: 2 to 1, and the guest goes on")
{
	save_setup();
	vm_running(false);
	vf_pending(&vf);
	ASSERT_GT(save_chunk(&vf, &stream, MAPPED), 0);
	ASSERT_EQ(qemu_set_state(~(STATE_STOP_COPY | STATE_RESUMING),
				 STATE_RUNNING), 0);
	vf_unmap(&vf);
	need_whole_transfer();
}

TEST(snapshot, "savevm: the VM is stopped first, setup, iterate and complete follow at once")
{
	vm_running(false);
	save_setup();
	while (!save_iterate())
		;
	save_complete();
	vf_unmap(&vf);
	vm_running(true);
	destination(false);
}

TEST(stop_directly, "1 to 2 without pre-copy")
{
	vf_map(&vf);
	vf_go(&vf, STATE_STOP_COPY);
	save_complete();
	vf_unmap(&vf);
	destination(false);
}

TEST(destination_quits, "a destination that gives up in RESUMING is closed there")
{
	save_stopped(&vf, &stream);
	vf_map(&vf);
	ASSERT_EQ(qemu_set_state(0, STATE_RESUMING), 0);
	ASSERT_EQ(load_bytes(&vf, stream.at, stream.len / 2, MAPPED), 0);
	reopen();
	need_whole_transfer();
}

TEST(without_mmap, "x-no-mmap: the section by accesses of 8, 4, 2 and 1 bytes")
{
	struct way eight = TRAPPED(8);

	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, eight);
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_bytes(&vf, stream.at, stream.len, eight), 0);
	vm_running(true);
}

TEST(there_and_back, "source, destination and back again, on two devices")
{
	const char *there = vf_second();

	vf_open(&other, there);
	for (int i = 0; i < 2; i++) {
		struct vf *from = i ? &other : &vf;
		struct vf *to = i ? &vf : &other;

		vf_go(from, STATE_PRE_COPY);
		save_phase(from, &stream, TRAPPED_WHOLE);
		vf_go(from, STATE_STOP_COPY);
		save_phase(from, &stream, TRAPPED_WHOLE);
		vf_go(from, STATE_STOP);
		vf_go(to, STATE_RUNNING);
		vf_go(to, STATE_RESUMING);
		ASSERT_EQ(load_all(to, &stream), 0);
		vf_go(to, STATE_RUNNING);
		bytes_free(&stream);
	}
}
