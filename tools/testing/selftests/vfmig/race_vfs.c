// SPDX-License-Identifier: GPL-2.0-only
/*
 * The administrator takes the VFs away while they are in use: vfio asks the
 * users to let go, the PF waits for them, and VFs that are made again work.
 */
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"
#include "race.h"
#include "race_moment.h"
#include "race_vfs.h"

static struct order removal;
static struct pf pf;

void before_open(void)
{
	moments_forget();
	order_wait(&removal);
	if (!pf.bdf[0])
		pf_remember(&pf, vf_first());
	pf_restore(&pf);
}

static void begin_removal(struct vf *asked, const char *when)
{
	char path[SYSFS_PATH];
	int request = request_fd(asked);

	device_path(path, pf.bdf, "sriov_numvfs");
	order_give(&removal, "echo 0 >%s", path);
	EXPECT_EQ(requested(request), true, "%s", when);
	close(request);
	EXPECT_EQ(order_done(&removal), false, "%s", when);
}

static void finish_removal(const char *when)
{
	char name[SYSFS_TEXT];

	ASSERT_EQ(order_wait(&removal), 0, "%s", when);
	device_link(pf.bdf, "virtfn0", name);
	EXPECT_STREQ(name, "");
	pf_restore_vfs(&pf);
}

static void removed_at(const char *moment)
{
	moments_prepare();
	moment_enter(moment);
	begin_removal(&vf, moment);
	EXPECT_NE(vf_state(&vf), STATE_ERROR, "%s", moment);
	vf_close(&vf);
	finish_removal(moment);
	vf_open(&vf, vf_first());
	expect_as_new(moment);
}

/* Some of the moments: a removal and what puts all back take seconds. */
TEST(in_use, "removing VFs asks the user and waits for its close; new ones work")
{
	removed_at("running");
	removed_at("pre-copy half way");
	removed_at("half loaded");
}

TEST(mid_transfer, "a transfer can be finished while both its VFs are to be removed")
{
	struct bytes stream = {};
	int request;

	vf_open(&other, vf_second());
	request = request_fd(&other);
	vf_go(&vf, STATE_STOP_COPY);
	vf_data_offset(&vf);
	begin_removal(&vf, "first");
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_STOP);
	vf_close(&vf);
	EXPECT_EQ(requested(request), true);
	close(request);
	vf_go(&other, STATE_RESUMING);
	/* The address of the first is not the second's to have: see igbvf. */
	if (is_mock(other.bdf))
		EXPECT_EQ(load_all(&other, &stream), 0);
	else
		try_load(&other, &stream);
	EXPECT_EQ(order_done(&removal), false);
	vf_close(&other);
	finish_removal("second");
	vf_open(&vf, vf_first());
	expect_as_new("both removed");
	bytes_free(&stream);
}
