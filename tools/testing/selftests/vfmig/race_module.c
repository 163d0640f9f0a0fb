// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that is in use stays; one that is not goes, whoever is about to use
 * it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "race.h"
#include "race_moment.h"
#include "stall.h"
#include "sysfs.h"
#include "v2.h"

#define CORE		"vfmig"
#define ROUNDS		4

static char module[SYSFS_TEXT];

static bool is_loaded(const char *name)
{
	char path[SYSFS_PATH + SYSFS_TEXT];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

/* From where run.sh had it, or from where modprobe finds it. */
static void load(const char *name)
{
	const char *dir = getenv("VFMIG_MODULES");
	char file[SYSFS_TEXT], command[512];
	char *p;

	if (is_loaded(name))
		return;
	snprintf(file, sizeof(file), "%s", name);
	for (p = file; *p; p++)
		if (*p == '_')
			*p = '-';
	if (dir && *dir)
		snprintf(command, sizeof(command),
			 "insmod \"$(find '%s' -name '%s.ko' -print -quit)\"",
			 dir, file);
	else
		snprintf(command, sizeof(command), "modprobe %s", name);
	ASSERT_EQ(system(command), 0, "%s", command);
}

/* A driver that is loaded takes all devices that are meant for it. */
static void load_all_modules(void)
{
	char name[SYSFS_TEXT];

	load(CORE);
	load(module);
	driver_name(vf_first(), name);
	EXPECT_STREQ(name, module);
}

void before_open(void)
{
	moments_forget();
	if (!module[0])
		device_link(vf_first(), "driver/module", module);
	load_all_modules();
}

static void expect_refused(const char *when)
{
	EXPECT_EQ(module_unload(module), -EWOULDBLOCK, "%s", when);
	EXPECT_EQ(module_unload(CORE), -EWOULDBLOCK, "%s", when);
}

TEST(in_use, "driver and core cannot be unloaded at any moment of a transfer")
{
	moments_prepare();
	for (unsigned int i = 0; i < nr_moments; i++) {
		uint32_t state;

		moments[i].enter();
		state = vf_state(&vf);
		expect_refused(moments[i].name);
		EXPECT_EQ(vf_state(&vf), state, "%s", moments[i].name);
		ASSERT_EQ(vf_reset(&vf), 0);
	}
	need_whole_transfer();
}

TEST(mapped, "nor while a section is mapped whose file is closed")
{
	struct vf closed;

	vf_map(&vf);
	closed = vf;
	vf.map = NULL;
	vf_close(&vf);
	closed.map[0]++;
	expect_refused("mapped");
	vf_unmap(&closed);
	vf_open(&vf, vf_first());
	expect_as_new("unmapped");
}

static int open_file(const char *file)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfmig/%s/%s",
		 vf_first(), file);
	fd = open(path, O_RDONLY);
	ASSERT_GT(fd, -1, "%s", path);
	return fd;
}

TEST(core_file, "the core cannot be unloaded while a file of it in debugfs is open; the driver can")
{
	int fd = open_file("last_error");

	vf_close(&vf);
	EXPECT_EQ(module_unload(module), 0);
	EXPECT_EQ(module_unload(CORE), -EWOULDBLOCK);
	close(fd);
	EXPECT_EQ(module_unload(CORE), 0);
	load_all_modules();
	vf_open(&vf, vf_first());
	expect_as_new("loaded again");
}

TEST(driver_file, "a driver cannot be unloaded while a file of it in debugfs is open")
{
	int fd;

	need_mock(vf_first());
	fd = open_file("mock/state");
	vf_close(&vf);
	expect_refused("file open");
	close(fd);
	EXPECT_EQ(module_unload(module), 0);
	load_all_modules();
	vf_open(&vf, vf_first());
	expect_as_new("loaded again");
}

static void expect_core_alone_pinned(int fd)
{
	EXPECT_EQ(module_unload(module), 0);
	EXPECT_EQ(module_unload(CORE), -EWOULDBLOCK);
	v2_expect_ended(fd, "driver gone");
	load_all_modules();
	vf_open(&vf, vf_first());
	expect_as_new("loaded again");
	v2_expect_ended(fd, "loaded again");
	vf_close(&vf);
	EXPECT_EQ(module_unload(module), 0);
	v2_close(fd);
	EXPECT_EQ(module_unload(CORE), 0);
	load_all_modules();
	vf_open(&vf, vf_first());
	expect_as_new("loaded once more");
}

TEST(data_fd, "a data fd whose device is closed pins the core and not the driver")
{
	uint8_t byte;
	int fd;

	fd = v2_begin(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_read(fd, &byte, 1), 1);
	vf_close(&vf);
	expect_core_alone_pinned(fd);

	fd = v2_begin(&vf, V2_RESUMING);
	ASSERT_EQ(v2_write(fd, "v", 1), 1);
	vf_close(&vf);
	expect_core_alone_pinned(fd);
}

static struct stall stall = { .fd = -1 };

static int read_into_stall(struct access *access)
{
	return v2_read(access->fd, stall.at, 100);
}

TEST(data_fd_in_use, "nor does one that is being read")
{
	struct access read = { .by = read_into_stall };

	stall_end(&stall);
	stall_make(&stall);
	read.fd = v2_begin(&vf, V2_STOP_COPY);
	access_start(&read);
	stall_await(&stall);
	vf_close(&vf);
	EXPECT_EQ(module_unload(module), 0);
	EXPECT_EQ(module_unload(CORE), -EWOULDBLOCK);
	EXPECT_EQ(read.done, false);
	stall_let_go(&stall, NULL);
	access_join(&read);
	EXPECT_EQ(read.ret, -ENODEV);
	stall_end(&stall);
	load_all_modules();
	vf_open(&vf, vf_first());
	vf_close(&vf);
	expect_core_alone_pinned(read.fd);
}

static void open_at_times(void)
{
	try_open_close(vf_first());
	usleep(1000);
}

/* Refused where it is open just then. */
static int unload_at_last(void)
{
	long end = now_us() + NEVER_STUCK_S * 1000000L;
	int ret;

	do {
		ret = module_unload(module);
	} while (ret == -EWOULDBLOCK && now_us() < end);
	return ret;
}

TEST(against_open, "a module can be unloaded and loaded while others try to open its device")
{
	pid_t child;

	vf_close(&vf);
	child = child_repeat(open_at_times);
	for (int i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(unload_at_last(), 0, "round %d", i);
		load_all_modules();
	}
	child_kill(child);
	vf_open(&vf, vf_first());
	expect_as_new("loaded again");
}
