// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding and unbinding a function where memory is short: a clean error, nothing
 * left behind, and the next try succeeds.
 *
 * Of binding it is the driver's part and what comes before it that is made to
 * fail, up to the first failure of vfio's own part, which comes last and which
 * the driver has to clean up after. What follows within vfio 6.1 is not sound:
 * a group that cannot be registered WARNs in vfio_group_release(); where a sweep
 * gets there all the same, known-defects.awk knows of it.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "fixture.h"

/* vfio, sysfs and the driver core do most of it. */
#define PLACES	2000

static const char *bdf;
static char driver[PATH_MAX];
static char group[PATH_MAX];
static int bind_file = -1;
static int unbind_file = -1;
static int log_file = -1;

void before_open(void)
{
	fault_need();
}

static void resolve(const char *name, char *target)
{
	char link[PATH_MAX];

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/%s", bdf, name);
	ASSERT_NE(realpath(link, target), NULL, "%s", link);
}

static int open_in(const char *dir, const char *name)
{
	char path[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY);
	ASSERT_GT(fd, -1, "%s", path);
	return fd;
}

static void prepare(void)
{
	bdf = vf_first();
	vf_close(&vf);
	resolve("driver", driver);
	resolve("iommu_group", group);
	if (bind_file < 0)
		bind_file = open_in(driver, "bind");
	if (unbind_file < 0)
		unbind_file = open_in(driver, "unbind");
}

static int tell(int file)
{
	size_t len = strlen(bdf);
	ssize_t n = pwrite(file, bdf, len, 0);

	return n < 0 ? -errno : n == (ssize_t)len ? 0 : -EMSGSIZE;
}

static bool is_bound(void)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", driver, bdf);
	return !access(path, F_OK);
}

static bool has_debugfs(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfmig/%s", bdf);
	return !access(path, F_OK);
}

static bool has_group_file(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(group, '/') + 1);
	return !access(path, F_OK);
}

/* The kernel's own business, and it fails at it where it has no memory. */
static void remove_group_file(const struct sweep *sweep)
{
	char path[PATH_MAX];

	EXPECT_EQ(sweep->hit, true, "%s, place %u", sweep->path, sweep->nth);
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(group, '/') + 1);
	unlink(path);
}

static void expect_nothing_left(const struct sweep *sweep,
				unsigned int others)
{
	EXPECT_EQ(is_bound(), false, "%s, place %u", sweep->path, sweep->nth);
	EXPECT_EQ(has_debugfs(), false, "%s, place %u", sweep->path,
		  sweep->nth);
	EXPECT_LE(mappings(), others, "%s, place %u", sweep->path, sweep->nth);
	if (has_group_file())
		remove_group_file(sweep);
}

static void expect_whole(const struct sweep *sweep)
{
	EXPECT_EQ(is_bound(), true, "%s, place %u", sweep->path, sweep->nth);
	EXPECT_EQ(has_group_file(), true, "%s, place %u", sweep->path,
		  sweep->nth);
	EXPECT_STREQ(core_state(bdf), "running");
	EXPECT_STREQ(core_owner(bdf), "none");
	if (is_mock(bdf))
		EXPECT_EQ(mock_is(bdf, "run", "running"), true);
}

static void need_bound(void)
{
	ASSERT_EQ(tell(bind_file), 0);
	ASSERT_EQ(is_bound(), true);
}

/* Each tenth of those that were bound in need: a transfer takes its time. */
static void use_some(unsigned int worked)
{
	if (worked % 10)
		return;
	vf_open(&vf, bdf);
	need_whole_transfer();
	vf_close(&vf);
}

static void watch_log(void)
{
	if (log_file < 0)
		log_file = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	ASSERT_GT(log_file, -1);
	lseek(log_file, 0, SEEK_END);
}

/* The core's part of the probe is done, and so is what vfio does before it. */
static bool got_as_far_as_vfio(void)
{
	char line[1024];
	ssize_t n;

	while ((n = read(log_file, line, sizeof(line) - 1)) > 0) {
		line[n] = '\0';
		if (strstr(line, bdf) && strstr(line, "vfmig: can migrate"))
			return true;
	}
	return false;
}

/* Files in debugfs may be missing from a device bound in need; no more. */
TEST(binding, "it fails and nothing is left behind, or the device can do all that another can")
{
	struct sweep sweep = SWEEP("bind", PLACES);
	unsigned int others, worked = 0;
	bool in_vfio = false;
	int ret;

	prepare();
	ASSERT_EQ(tell(unbind_file), 0);
	others = mappings();
	while (!in_vfio && sweep_next(&sweep)) {
		watch_log();
		sweep_arm(&sweep);
		ret = tell(bind_file);
		sweep_disarm(&sweep, ret);
		if (ret) {
			in_vfio = got_as_far_as_vfio();
			expect_nothing_left(&sweep, others);
			need_bound();
			expect_whole(&sweep);
		} else {
			EXPECT_EQ(is_bound(), true, "place %u", sweep.nth);
			use_some(worked++);
		}
		ASSERT_EQ(tell(unbind_file), 0);
		expect_nothing_left(&sweep, others);
	}
	EXPECT_EQ(in_vfio, true);
	EXPECT_GT(sweep.felt, 4);
	tap_note("bind: %u faults injected, %u of them failed it; vfio's part begins at place %u",
		 sweep.injected, sweep.felt, sweep.nth);
	need_bound();
	expect_whole(&sweep);
	vf_open(&vf, bdf);
	need_whole_transfer();
}

static void sweep_unbind(unsigned int others)
{
	struct sweep sweep = SWEEP("unbind", PLACES);
	int ret;

	while (sweep_next(&sweep)) {
		sweep_arm(&sweep);
		ret = tell(unbind_file);
		sweep_disarm(&sweep, ret);
		if (ret) {
			expect_whole(&sweep);
			ASSERT_EQ(tell(unbind_file), 0);
		}
		expect_nothing_left(&sweep, others);
		need_bound();
		expect_whole(&sweep);
	}
	sweep_done(&sweep, 1);
}

/* The kernel's checkers take memory now and then, which shifts the places. */
TEST(unbinding, "it fails and the device is as it was, or it succeeds and nothing is left")
{
	unsigned int others;

	prepare();
	ASSERT_EQ(tell(unbind_file), 0);
	others = mappings();
	need_bound();
	for (int pass = 0; pass < 3; pass++)
		sweep_unbind(others);
	vf_open(&vf, bdf);
	need_whole_transfer();
}
