// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reset, or a close, in any state and at any moment of a transfer: RUNNING
 * afterwards, and a transfer works.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "fixture.h"

static struct bytes stream;

void before_open(void)
{
	bytes_free(&stream);
	param_set("vfmig", "window", "4096");
}

static void in_stop(void)
{
	vf_go(&vf, STATE_STOP);
}

static void in_running(void)
{
}

static void in_pre_copy(void)
{
	vf_go(&vf, STATE_PRE_COPY);
}

static void in_stop_copy(void)
{
	vf_go(&vf, STATE_STOP_COPY);
}

static void in_resuming(void)
{
	vf_go(&vf, STATE_RESUMING);
}

static void staged(void)
{
	in_stop_copy();
	vf_data_offset(&vf);
}

static void offered(void)
{
	in_stop_copy();
	EXPECT_GT(vf_data_size(&vf), 0);
}

static void pre_copy_half_way(void)
{
	struct bytes some = {};

	in_pre_copy();
	save_chunk(&vf, &some, TRAPPED_WHOLE);
	vf_data_offset(&vf);
	bytes_free(&some);
}

static void half_loaded(void)
{
	in_resuming();
	ASSERT_EQ(load_bytes(&vf, stream.at, stream.len / 2, TRAPPED_WHOLE), 0);
}

static void whole_loaded(void)
{
	in_resuming();
	ASSERT_EQ(load_all(&vf, &stream), 0);
}

static void refused(void)
{
	in_resuming();
	EXPECT_NE(load_bytes(&vf, stream.at + 1, stream.len - 1,
			     TRAPPED_WHOLE), 0);
}

static void stopped_over_a_chunk(void)
{
	pre_copy_half_way();
	vf_go(&vf, STATE_STOP_COPY);
}

static const struct {
	const char *name;
	void (*enter)(void);
} moments[] = {
	{ "stop", in_stop },
	{ "running", in_running },
	{ "pre-copy", in_pre_copy },
	{ "stop-and-copy", in_stop_copy },
	{ "resuming", in_resuming },
	{ "chunk staged", staged },
	{ "chunk offered", offered },
	{ "pre-copy half way", pre_copy_half_way },
	{ "half loaded", half_loaded },
	{ "whole loaded", whole_loaded },
	{ "stream refused", refused },
	{ "stopped over a chunk", stopped_over_a_chunk },
};

static void expect_as_new(const char *when)
{
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%s", when);
	EXPECT_EQ(vf_pending(&vf), 0, "%s", when);
	EXPECT_EQ(vf_data_size(&vf), 0, "%s", when);
	if (is_mock(vf.bdf)) {
		EXPECT_EQ(mock_is(vf.bdf, "run", "running"), true, "%s", when);
		EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true, "%s", when);
	}
	need_whole_transfer();
}

static void at_each_moment(void (*end)(void))
{
	save_stopped(&vf, &stream);
	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
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

static void write_sysfs_reset(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", vf.bdf);
	fd = open(path, O_WRONLY);
	ASSERT_GT(fd, -1, "%s", path);
	EXPECT_EQ(write(fd, "1", 1), 1);
	close(fd);
}

TEST(reset_by_sysfs, "a reset by the administrator leads to RUNNING too")
{
	save_stopped(&vf, &stream);
	half_loaded();
	write_sysfs_reset();
	expect_as_new("half loaded");
}

static uint64_t config_space(void)
{
	return (uint64_t)VFIO_PCI_CONFIG_REGION_INDEX << 40;
}

static int config_read16(uint64_t at, uint16_t *value)
{
	return pread(vf.fd, value, 2, config_space() + at) == 2 ? 0 : -1;
}

static uint8_t find_pcie_cap(void)
{
	uint16_t word = 0;
	uint8_t at;

	config_read16(PCI_CAPABILITY_LIST, &word);
	for (at = word & 0xfc; at; at = word >> 8 & 0xfc) {
		if (config_read16(at, &word))
			return 0;
		if ((word & 0xff) == PCI_CAP_ID_EXP)
			return at;
	}
	return 0;
}

TEST(reset_by_config, "a function level reset through config space leads to RUNNING too")
{
	uint16_t control = 0;
	uint8_t cap = find_pcie_cap();

	if (!cap)
		SKIP("no PCI Express capability");
	save_stopped(&vf, &stream);
	half_loaded();
	ASSERT_EQ(config_read16(cap + PCI_EXP_DEVCTL, &control), 0);
	control |= PCI_EXP_DEVCTL_BCR_FLR;
	EXPECT_EQ(pwrite(vf.fd, &control, 2,
			 config_space() + cap + PCI_EXP_DEVCTL), 2);
	expect_as_new("half loaded");
}
