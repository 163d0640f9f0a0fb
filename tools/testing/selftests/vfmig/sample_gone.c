// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that does not answer any more, if only for a while: its port passes
 * config accesses to another bus.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "fixture.h"

static uint8_t bus_before;

static void set_bus(uint8_t bus)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/../config",
		 vf_first());
	fd = open(path, O_RDWR);
	ASSERT_NE(fd, -1);
	if (!bus_before)
		ASSERT_EQ(pread(fd, &bus_before, 1, PCI_SECONDARY_BUS), 1);
	ASSERT_EQ(pwrite(fd, &bus, 1, PCI_SECONDARY_BUS), 1);
	close(fd);
}

static void go_away(void)
{
	set_bus(0xfe);
}

static void come_back(void)
{
	set_bus(bus_before);
}

/* A test may have been left while it was away. */
void before_open(void)
{
	if (bus_before)
		come_back();
}

static void expect_told(void)
{
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "does not respond"),
		  NULL, "%s", core_text(vf.bdf, "last_error"));
}

TEST(stop, "a device that does not answer is not stopped, and the operator is told why")
{
	go_away();
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP), -EFAULT);
	come_back();
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	expect_told();
	need_whole_transfer();
}

TEST(start, "nor started, and started it can be when it answers again")
{
	vf_go(&vf, STATE_STOP);
	go_away();
	EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), -EFAULT);
	come_back();
	EXPECT_EQ(vf_state(&vf), STATE_STOP);
	expect_told();
	vf_go(&vf, STATE_RUNNING);
	need_whole_transfer();
}

TEST(load, "nor does it take a state, of which the load fails")
{
	struct bytes stream = {};

	save_stopped(&vf, &stream);
	vf_go(&vf, STATE_RESUMING);
	go_away();
	EXPECT_NE(load_all(&vf, &stream), 0);
	come_back();
	expect_told();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	need_whole_transfer();
	bytes_free(&stream);
}
