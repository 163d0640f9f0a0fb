// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reset, or a close, in any state and at any moment of a transfer: RUNNING
 * afterwards, and a transfer works.
 */

#include "fixture.h"
#include "race.h"
#include "race_moment.h"
#include "sysfs.h"

void before_open(void)
{
	moments_forget();
	param_set("vfmig", "window", "4096");
}

static void at_each_moment(void (*end)(void))
{
	moments_prepare();
	for (size_t i = 0; i < nr_moments; i++) {
		moments[i].enter();
		end();
		expect_as_new(moments[i].name);
	}
}

static void device_reset(void)
{
	ASSERT_EQ(vf_reset(&vf), 0);
}

TEST(reset, "VFIO_DEVICE_RESET at any moment ends the transfer and leads to RUNNING")
{
	at_each_moment(device_reset);
}

TEST(closed, "a close at any moment ends the transfer; the next user finds RUNNING")
{
	at_each_moment(reopen);
}

TEST(closed_mapped, "a mapping holds the device open, and is good until it goes")
{
	struct vf held;

	vf_map(&vf);
	vf_go(&vf, STATE_STOP_COPY);
	vf_data_offset(&vf);
	held = vf;
	vf.map = NULL;
	vf_close(&vf);
	EXPECT_NE(held.map[0], 0);
	held.map[held.area_len - 1] = 5;
	vf_unmap(&held);
	vf_open(&vf, vf_first());
	expect_as_new("mapping gone");
}

TEST(reset_by_sysfs, "a reset by the administrator leads to RUNNING too")
{
	moments_prepare();
	moment_enter("half loaded");
	ASSERT_EQ(sysfs_reset(vf.bdf), 0);
	expect_as_new("half loaded");
}

TEST(reset_by_config, "a function level reset through config space leads to RUNNING too")
{
	int ret;

	moments_prepare();
	moment_enter("half loaded");
	ret = config_reset(&vf);
	if (ret == -ENODEV)
		SKIP("no PCI Express capability");
	ASSERT_EQ(ret, 0);
	expect_as_new("half loaded");
}
