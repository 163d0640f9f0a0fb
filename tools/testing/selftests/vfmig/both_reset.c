// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reset of whichever kind, or a close, in any state of either protocol and at
 * any moment of a transfer: RUNNING afterwards, owned by nobody, and a transfer
 * works by either.
 */

#include "fixture.h"
#include "race.h"
#include "race_moment.h"
#include "v2.h"

void before_open(void)
{
	moments_forget();
	param_set("vfmig", "window", "4096");
}

static void expect_reset(const char *when)
{
	EXPECT_STREQ(core_state(vf.bdf), "running");
	EXPECT_STREQ(core_owner(vf.bdf), "none");
	EXPECT_EQ(v2_state(&vf), V2_RUNNING, "%s", when);
	expect_as_new(when);
}

static void reset_at_each_moment(const struct reset *reset)
{
	moments_prepare();
	for (size_t i = 0; i < nr_moments; i++) {
		int ret;

		moments[i].enter();
		ret = reset->now(&vf);
		if (ret == -ENODEV)
			SKIP("no PCI Express capability");
		ASSERT_EQ(ret, 0, "%s, %s", reset->name, moments[i].name);
		expect_reset(moments[i].name);
	}
}

TEST(by_vfio, "VFIO_DEVICE_RESET at any moment ends the transfer and leads to RUNNING")
{
	reset_at_each_moment(&resets[RESET_BY_USER]);
}

TEST(by_sysfs, "a reset by the administrator does")
{
	reset_at_each_moment(&resets[RESET_BY_ADMINISTRATOR]);
}

TEST(by_config, "a function level reset through config space does")
{
	reset_at_each_moment(&resets[RESET_BY_GUEST]);
}

TEST(closed, "a close at any moment ends the transfer; the next user finds RUNNING")
{
	moments_prepare();
	for (size_t i = 0; i < nr_moments; i++) {
		moments[i].enter();
		reopen();
		expect_reset(moments[i].name);
	}
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
	expect_reset("mapping gone");
}
