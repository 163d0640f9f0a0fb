// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reset, of whichever kind, in each state of v2: RUNNING, and owned by nobody.
 */
#include "fixture.h"
#include "race.h"
#include "v2.h"

static int way_to(uint32_t state)
{
	uint8_t some[50];
	int fd = v2_go(&vf, state);

	/* Not one that has yet to begin. */
	if (fd != NO_FD && state != V2_RESUMING)
		ASSERT_EQ(v2_read(fd, some, sizeof(some)), sizeof(some));
	return fd;
}

static void expect_as_reset(uint32_t state, const char *how)
{
	EXPECT_EQ(v2_state(&vf), V2_RUNNING, "%s in %s", how, v2_name(state));
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%s in %s", how,
		  v2_name(state));
	EXPECT_STREQ(core_owner(vf.bdf), "none");
	EXPECT_STREQ(core_state(vf.bdf), "running");
	if (is_mock(vf.bdf)) {
		EXPECT_EQ(mock_is(vf.bdf, "run", "running"), true);
		EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true);
	}
}

static void each_state(const struct reset *reset)
{
	for (uint32_t state = 0; state < V2_NR_STATES; state++) {
		int fd, ret;

		if (!v2_can(&vf, state))
			continue;
		fd = way_to(state);
		ret = reset->now(&vf);
		if (ret == -ENODEV)
			SKIP("no PCI Express capability");
		ASSERT_EQ(ret, 0, "%s in %s", reset->name, v2_name(state));
		expect_as_reset(state, reset->name);
		if (fd != NO_FD) {
			v2_expect_ended(fd, v2_name(state));
			v2_close(fd);
		}
		v2_need_whole_transfer();
	}
}

TEST(by_vfio, "VFIO_DEVICE_RESET in each state leads to RUNNING and ends the fd")
{
	each_state(&resets[0]);
}

TEST(by_sysfs, "a reset by the administrator does")
{
	each_state(&resets[1]);
}

TEST(by_config, "a function level reset through config space does")
{
	each_state(&resets[2]);
}

TEST(then_v1, "after a reset in each state of v2 the device is v1's for the asking")
{
	for (uint32_t state = 0; state < V2_NR_STATES; state++) {
		if (!v2_can(&vf, state))
			continue;
		way_to(state);
		ASSERT_EQ(vf_reset(&vf), 0);
		need_whole_transfer();
		v2_close_all();
	}
}

TEST(closed, "a close in each state does: the next user finds RUNNING")
{
	for (uint32_t state = 0; state < V2_NR_STATES; state++) {
		if (!v2_can(&vf, state))
			continue;
		way_to(state);
		reopen();
		expect_as_reset(state, "a close");
		v2_need_whole_transfer();
		v2_close_all();
	}
}
