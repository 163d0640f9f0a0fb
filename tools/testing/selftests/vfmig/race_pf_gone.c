// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver of the PF goes away while a VF is in use: it takes the VFs with
 * it, and so waits for the user. When driver and VFs are back, they work.
 */
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"
#include "race.h"
#include "race_moment.h"
#include "race_vfs.h"

static struct order order;
static struct pf pf;

void before_open(void)
{
	moments_forget();
	order_wait(&order);
	if (!pf.bdf[0])
		pf_remember(&pf, vf_first());
	if (!pf.netdev[0])
		SKIP("%s is not the PF of a network", pf.bdf);
	pf_restore(&pf);
}

static void begin(const char *when, const char *command)
{
	int request = request_fd(&vf);

	order_give(&order, "%s", command);
	EXPECT_EQ(requested(request), true, "%s", when);
	close(request);
	EXPECT_EQ(order_done(&order), false, "%s", when);
}

/* What it can still be asked is answered, with success or without. */
static void use_without_pf(void)
{
	uint64_t value;

	vf_read64(&vf, REG_DATA_OFFSET, &value);
	vf_read64(&vf, REG_DATA_SIZE, &value);
	vf_set_state(&vf, STATE_STOP);
	vf_set_state(&vf, STATE_RUNNING);
	EXPECT_NE(vf_state(&vf), STATE_ERROR);
}

static void finish(const char *when)
{
	char name[SYSFS_TEXT];

	ASSERT_EQ(order_wait(&order), 0, "%s", when);
	driver_name(pf.bdf, name);
	EXPECT_STREQ(name, "");
	device_link(pf.bdf, "virtfn0", name);
	EXPECT_STREQ(name, "");
	pf_restore(&pf);
}

static void gone_at(const char *moment, const char *command)
{
	moments_prepare();
	moment_enter(moment);
	begin(moment, command);
	use_without_pf();
	vf_close(&vf);
	finish(moment);
	vf_open(&vf, vf_first());
	expect_as_new(moment);
}

TEST(unbound, "unbinding the PF waits for the user of a VF; bound again, all works")
{
	char command[512], path[SYSFS_PATH];

	device_path(path, pf.bdf, "driver/unbind");
	snprintf(command, sizeof(command), "echo %s >%s", pf.bdf, path);
	gone_at("chunk staged", command);
	gone_at("half loaded", command);
}

TEST(unloaded, "unloading the PF's driver waits for the user of a VF; loaded again, all works")
{
	char command[512];

	snprintf(command, sizeof(command), "rmmod %s", pf.driver);
	gone_at("pre-copy half way", command);
}
