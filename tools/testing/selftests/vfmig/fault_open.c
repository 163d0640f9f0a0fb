// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening, describing, resetting and closing a device where memory is short.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vfio.h>

#include "fault.h"
#include "fixture.h"
#include "igbvf.h"

#define PLACES	1000
#define INFO	256

static const struct {
	uint32_t state;
	const char *close;
	const char *reset;
} in[] = {
	{ STATE_RUNNING, "close, running", "reset, running" },
	{ STATE_STOP, "close, stopped", "reset, stopped" },
	{ STATE_STOP_COPY, "close, stop-and-copy", "reset, stop-and-copy" },
	{ STATE_PRE_COPY, "close, pre-copy", "reset, pre-copy" },
	{ STATE_RESUMING, "close, resuming", "reset, resuming" },
};

static unsigned int mapped_before;

void before_open(void)
{
	fault_need();
	mapped_before = mappings();
}

/* What its DMA goes through stays open: only the device is not. */
static int open_again(void)
{
	vf.fd = vf_open_device(&vf);
	return vf.fd < 0 ? vf.fd : 0;
}

static int close_device(void)
{
	int ret = close(vf.fd) ? -errno : 0;

	vf.fd = -1;
	return ret;
}

static void expect_closed(const struct sweep *sweep)
{
	EXPECT_STREQ(core_owner(vf.bdf), "none");
	EXPECT_STREQ(core_state(vf.bdf), "running");
	EXPECT_STREQ(core_text(vf.bdf, "window"), "size 0 used 0");
	EXPECT_LE(mappings(), mapped_before, "%s, place %u", sweep->path,
		  sweep->nth);
	if (!is_mock(vf.bdf))
		return;
	EXPECT_EQ(mock_is(vf.bdf, "opened", "0"), true, "%s, place %u",
		  sweep->path, sweep->nth);
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true, "%s, place %u",
		  sweep->path, sweep->nth);
}

static void expect_fresh(const struct sweep *sweep)
{
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%s, place %u", sweep->path,
		  sweep->nth);
	EXPECT_EQ(vf_pending(&vf), 0, "%s, place %u", sweep->path, sweep->nth);
	EXPECT_EQ(core_number(vf.bdf, "window", "used"), 0, "%s, place %u",
		  sweep->path, sweep->nth);
}

/* A transfer of any kind, half way. */
static void enter(uint32_t state)
{
	static const char start[] = "vfmigstr";

	vf_go(&vf, state);
	if (state == STATE_RESUMING)
		ASSERT_EQ(load_bytes(&vf, start, 8, TRAPPED_WHOLE), 0);
	if (state == STATE_STOP_COPY || state == STATE_PRE_COPY)
		ASSERT_GT(vf_data_size(&vf), 0);
}

static void sweep_open(void)
{
	struct sweep sweep = SWEEP("open", PLACES);
	int ret;

	while (sweep_next(&sweep)) {
		sweep_arm(&sweep);
		ret = open_again();
		sweep_disarm(&sweep, ret);
		if (ret) {
			expect_closed(&sweep);
			ASSERT_EQ(open_again(), 0, "place %u", sweep.nth);
		}
		expect_fresh(&sweep);
		need_whole_transfer();
		close_device();
		expect_closed(&sweep);
	}
	sweep_done(&sweep, 5);
}

/* The kernel's checkers take memory now and then, which shifts the places. */
TEST(opening, "it fails and the device is as closed as before, or it can all be used")
{
	close_device();
	for (int pass = 0; pass < 2; pass++)
		sweep_open();
}

TEST(closing, "closing frees all in whatever state, and needs no memory for it")
{
	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		struct sweep sweep = SWEEP(in[i].close, PLACES);

		while (sweep_next(&sweep)) {
			enter(in[i].state);
			sweep_arm(&sweep);
			sweep_disarm(&sweep, close_device());
			expect_closed(&sweep);
			ASSERT_EQ(open_again(), 0);
			expect_fresh(&sweep);
		}
		sweep_done(&sweep, 0);

		enter(in[i].state);
		famine_begin(FAMINE);
		close_device();
		famine_end();
		expect_closed(&sweep);
		ASSERT_EQ(open_again(), 0);
		expect_fresh(&sweep);
	}
	need_whole_transfer();
}

TEST(resetting, "a reset leads to RUNNING from whatever state, and needs no memory for it")
{
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		struct sweep sweep = SWEEP(in[i].reset, PLACES);

		while (sweep_next(&sweep)) {
			enter(in[i].state);
			sweep_arm(&sweep);
			ret = vf_reset(&vf);
			sweep_disarm(&sweep, ret);
			EXPECT_EQ(ret, 0);
			EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "from %u",
				  in[i].state);
		}
		sweep_done(&sweep, 0);

		enter(in[i].state);
		famine_begin(FAMINE);
		ret = vf_reset(&vf);
		famine_end();
		EXPECT_EQ(ret, 0, "from %u", in[i].state);
		EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "from %u", in[i].state);
	}
	need_whole_transfer();
}

static int describe(uint32_t index, void *to)
{
	struct vfio_region_info *info = to;

	memset(to, 0, INFO);
	info->argsz = INFO;
	info->index = index;
	return ioctl(vf.fd, VFIO_DEVICE_GET_REGION_INFO, info) ? -errno : 0;
}

TEST(description, "region info, of the migration region and of BAR 0: it fails, or it says all")
{
	/* What is beyond the ioctl's own copies is the list of areas. */
	const struct {
		uint32_t index;
		unsigned int least;
	} region[] = {
		{ vf.index, 5 },
		{ VFIO_PCI_BAR0_REGION_INDEX, is_igbvf(vf.bdf) ? 5 : 2 },
	};
	static uint64_t got[INFO / 8], want[INFO / 8];
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(region); i++) {
		struct sweep sweep = SWEEP("region info", PLACES);

		ASSERT_EQ(describe(region[i].index, want), 0);
		while (sweep_next(&sweep)) {
			sweep_arm(&sweep);
			ret = describe(region[i].index, got);
			sweep_disarm(&sweep, ret);
			if (ret)
				ASSERT_EQ(describe(region[i].index, got), 0);
			EXPECT_EQ(memcmp(got, want, INFO), 0, "region %u",
				  region[i].index);
		}
		sweep_done(&sweep, region[i].least);
	}
}
