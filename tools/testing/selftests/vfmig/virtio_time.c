// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each command has a limit in time; past it the queue is given up, what waits
 * fails, and nobody hangs.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "owner.h"
#include "race.h"
#include "sysfs.h"
#include "ways.h"

static const struct misbehaviour never = { TROUBLE_NEVER, 0, "never" };
static struct bytes stream;

void before_open(void)
{
	bytes_free(&stream);
	owner_begin();
}

static void need_limit(void)
{
	need_our_owner("waits for ever");
}

static void set_to_stop(struct access *access, struct vf *device)
{
	*access = (struct access) {
		.vf = device,
		.at = REG_DEVICE_STATE,
		.value = STATE_STOP,
		.write = true,
	};
}

static void bring_back(void)
{
	owner_revive();
	owner_await_running("brought back");
	if (vf_state(&vf) != STATE_RUNNING)
		ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
}

TEST_EACH(given_up,
	  "a command not answered in time fails, with the reason; the next one is answered")
{
	const char *why;
	char limit[32];

	need_limit();
	vf_open(&other, vf_second());
	owner_limit(SHORT_LIMIT_MS);
	owner_arm(never, owner_opcode(ASK_MODE), 0, 1);
	EXPECT_EQ(way_try(by, &vf, TO_STOP), by->step_failed);
	EXPECT_EQ(owner_armed(), 0);
	why = core_text(vf.bdf, "last_error");
	EXPECT_NE(strstr(why, "no answer to DEV_MODE_SET"), NULL, "%s", why);
	snprintf(limit, sizeof(limit), "within %u ms", SHORT_LIMIT_MS);
	EXPECT_NE(strstr(why, limit), NULL, "%s", why);
	way_go(by, &other, TO_STOP);
	EXPECT_EQ(owner_mode(OTHER_MEMBER), owner_frozen());
	way_go(by, &vf, TO_STOP);
	EXPECT_EQ(owner_mode(MEMBER), owner_frozen());
	way_go(by, &vf, TO_RUNNING);
	bring_back();
}

TEST_EACH(silent, "a device that never answers again keeps nobody for ever; the guest runs on")
{
	need_limit();
	owner_limit(SHORT_LIMIT_MS);
	owner_arm_any(never, VIRTIO_TROUBLE_ANY, 0, ~0U);
	EXPECT_EQ(way_try(by, &vf, TO_STOP), by->step_failed);
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true);
	EXPECT_NE(way_try(by, &vf, TO_STOP_COPY), 0);
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), true);
	bring_back();
}

TEST(too_late, "an answer that comes too late is nobody's")
{
	const struct misbehaviour late = { TROUBLE_LATE, 4 * SHORT_LIMIT_MS, "late" };

	need_limit();
	owner_limit(SHORT_LIMIT_MS);
	owner_arm(late, owner_opcode(ASK_MODE), 0, 1);
	EXPECT_NE(vf_set_state(&vf, STATE_STOP), 0);
	vf_go(&vf, STATE_STOP);
	EXPECT_EQ(owner_get(&owner_window->unanswered), 0);
	EXPECT_EQ(owner_runs(), false);
	vf_go(&vf, STATE_RUNNING);
	bring_back();
}

TEST(twice, "one that comes twice ends the queue, and the next command begins it anew")
{
	const struct misbehaviour twice = { TROUBLE_TWICE, 0, "twice" };
	unsigned long recoveries;

	need_limit();
	recoveries = owner_counter("recoveries ");
	owner_arm(twice, owner_opcode(ASK_MODE), 0, 1);
	/* The command itself is answered, and well. */
	vf_set_state(&vf, STATE_STOP);
	EXPECT_EQ(owner_armed(), 0);
	vf_set_state(&vf, STATE_RUNNING);
	bring_back();
	EXPECT_EQ(owner_counter("recoveries "), recoveries + 1);
}

TEST(late_in_time, "one that is late but in time is waited for")
{
	const struct misbehaviour late = { TROUBLE_LATE, SHORT_LIMIT_MS, "late" };
	long began;

	need_limit();
	owner_limit(LONG_LIMIT_MS);
	owner_arm(late, owner_opcode(ASK_MODE), 0, 1);
	began = now_us();
	vf_go(&vf, STATE_STOP);
	/* By half: the device's clock is not this kernel's. */
	EXPECT_LE(1000 * SHORT_LIMIT_MS / 2, now_us() - began);
	EXPECT_EQ(owner_runs(), false);
	vf_go(&vf, STATE_RUNNING);
}

TEST(beside, "another VF's commands do not wait for one that is not answered")
{
	struct access access;

	need_limit();
	vf_open(&other, vf_second());
	owner_limit(LONG_LIMIT_MS);
	set_to_stop(&access, &vf);
	owner_arm(never, owner_opcode(ASK_MODE), 0, 1);
	access_start(&access);
	owner_await_met("asked");
	save_stopped(&other, &stream);
	vf_go(&other, STATE_RESUMING);
	EXPECT_EQ(load_all(&other, &stream), 0);
	vf_go(&other, STATE_RUNNING);
	EXPECT_EQ(access.done, false);
	owner_reset_pf();
	access_join(&access);
	EXPECT_NE(access.ret, 0);
	bring_back();
}

TEST(bounds, "the limit can be set from a tenth of a second to a minute")
{
	static const char * const no_limits[] = { "0", "99", "60001", "-1", "x" };
	static const char path[] = "/sys/module/" OWNER_DRIVER "/parameters/timeout_ms";
	FILE *file;

	need_limit();
	for (size_t i = 0; i < ARRAY_SIZE(no_limits); i++) {
		file = fopen(path, "w");
		ASSERT_NE(file, NULL);
		fputs(no_limits[i], file);
		EXPECT_EQ(fclose(file), EOF, "%s", no_limits[i]);
	}
	owner_limit(100);
	owner_limit(60000);
}
