// SPDX-License-Identifier: GPL-2.0-only
/*
 * An operator who looks on while an access hangs: is told the state, waits for
 * the rest, and need not wait for ever.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "race.h"

static struct access stopping = {
	.vf = &vf,
	.at = REG_DEVICE_STATE,
	.value = STATE_STOP,
	.write = true,
};

void before_open(void)
{
	need_mock(vf_first());
	hold_for_ever();
}

static void let_go(void)
{
	EXPECT_EQ(stopping.done, false);
	EXPECT_EQ(vf_reset(&vf), 0);
	access_join(&stopping);
	EXPECT_EQ(stopping.ret, -EFAULT);
}

TEST(state, "the file state can be read while an access hangs")
{
	hold_until(&stopping, "freeze");
	EXPECT_STREQ(core_state(vf.bdf), "running");
	EXPECT_STREQ(core_owner(vf.bdf), "none");
	let_go();
}

static const char *file;

static void read_file(void)
{
	core_text(vf_first(), file);
}

/* D in /proc/PID/stat: it waits, and for nothing that a signal would end. */
static void await_waiting(pid_t child)
{
	long end = now_us() + NEVER_STUCK_S * 1000000L;
	char path[32], state = 0;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	while (state != 'D') {
		ASSERT_LE(now_us(), end, "%s: %c", file, state);
		stat = fopen(path, "r");
		ASSERT_NE(stat, NULL);
		if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(stat);
		usleep(1000);
	}
}

TEST(others, "a reader of the other files waits for an access that hangs, and can be killed")
{
	static const char * const files[] = {
		"last_transfer", "last_error", "window",
	};
	pid_t child;

	hold_until(&stopping, "freeze");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		file = files[i];
		child = child_start(read_file);
		await_waiting(child);
		child_kill(child);
	}
	let_go();
}
