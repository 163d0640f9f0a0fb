// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reset counts when it is done, and not when whoever it has ended knows.
 */
#include "fixture.h"
#include "race.h"

/* An access that hangs looks up once in a millisecond. */
#define TIMES	20

void before_open(void)
{
	need_mock(vf_first());
	hold_for_ever();
}

TEST(at_once, "after a reset the state reads RUNNING, even if an access has yet to leave its step")
{
	struct access access = {
		.vf = &vf,
		.at = REG_DEVICE_STATE,
		.value = STATE_STOP_COPY,
		.write = true,
	};

	for (int i = 0; i < TIMES; i++) {
		vf_go(&vf, STATE_PRE_COPY);
		hold_until(&access, "freeze");
		EXPECT_EQ(vf_reset(&vf), 0);
		EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%d", i);
		access_join(&access);
		EXPECT_EQ(access.ret, -EFAULT, "%d", i);
		EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%d", i);
	}
	need_whole_transfer();
}
