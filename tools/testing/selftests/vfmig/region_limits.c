// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a user of the region costs the host, and what is not for it to touch.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "kmsg.h"
#include "race.h"
#include "stream.h"

#define FAILURES	2000
/* What the kernel lets through, unless told otherwise. */
#define LINES		10
#define INTERVAL_S	5

#define CGROUPS		"/tmp/vfmig-cgroups"
#define CGROUP		CGROUPS "/vfmig"
#define WINDOW		(8L << 20)
/* What charging in batches, and a process itself, may make of a figure. */
#define SLACK		(768L << 10)

#define DEBUGFS		"/sys/kernel/debug/vfmig"
#define NOBODY		65534

/* From <linux/vfmig.h>, and a type that the core itself skips. */
#define RECORD_MAX	0x100000
#define TYPE_SKIPPED	0x77
#define FLAG_OPTIONAL	1

static uint64_t errors(void)
{
	return core_number(vf.bdf, "last_error", "");
}

TEST(log_rate, "of accesses that fail each is counted, and the log gets ten lines in five seconds")
{
	uint64_t before = errors();
	time_t start = time(NULL);
	uint8_t rubbish[64] = "rubbish";
	unsigned int lines;
	int i, kmsg = kmsg_from_now();

	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(vf_write(&vf, vf.area, rubbish, sizeof(rubbish)), 0);
	for (i = 0; i < FAILURES; i++)
		ASSERT_EQ(vf_put_data_size(&vf, sizeof(rubbish)), -EINVAL);
	EXPECT_EQ(errors() - before, FAILURES);

	lines = kmsg_count(kmsg, vf.bdf, "vfmig");
	tap_note("%u lines for %d failures", lines, FAILURES);
	EXPECT_LE(lines, LINES * (2 + (time(NULL) - start) / INTERVAL_S));
	close(kmsg);
	ASSERT_EQ(vf_reset(&vf), 0);
}

static void cgroup_make(void)
{
	FILE *control;

	mkdir(CGROUPS, 0700);
	if (access(CGROUPS "/cgroup.procs", F_OK) &&
	    mount("none", CGROUPS, "cgroup2", 0, NULL))
		SKIP("no cgroups");
	control = fopen(CGROUPS "/cgroup.subtree_control", "w");
	ASSERT_NE(control, NULL);
	fputs("+memory", control);
	if (fclose(control))
		SKIP("no memory controller");
	if (mkdir(CGROUP, 0700))
		ASSERT_EQ(errno, EEXIST);
}

static void cgroup_join(void)
{
	int fd = open(CGROUP "/cgroup.procs", O_WRONLY);

	if (write(fd, "0", 1) != 1)
		_exit(1);
	close(fd);
}

static long cgroup_memory(void)
{
	FILE *file = fopen(CGROUP "/memory.current", "r");
	long bytes = -1;

	if (!file || fscanf(file, "%ld", &bytes) != 1)
		bytes = -1;
	if (file)
		fclose(file);
	return bytes;
}

/* What a process of the cgroup adds to its memory by what it does. */
static long charged_by(void (*act)(void))
{
	long *bytes = mmap(NULL, sizeof(*bytes), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = -1;
	long sum;
	pid_t child;

	ASSERT_NE(bytes, MAP_FAILED);
	*bytes = 0;
	child = fork();
	ASSERT_GT(child, -1);
	if (!child) {
		cgroup_join();
		*bytes = -cgroup_memory();
		act();
		*bytes += cgroup_memory();
		_exit(0);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	ASSERT_EQ(status, 0);
	sum = *bytes;
	munmap(bytes, sizeof(*bytes));
	return sum;
}

static void touch_section(void)
{
	uint64_t at;

	for (at = 0; at < vf.area_len; at += 4096)
		if (vf_write(&vf, vf.area + at, "", 1))
			_exit(1);
}

static void fault_section(void)
{
	uint64_t at;
	char *map = mmap(NULL, vf.area_len, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vf.fd, vf.base + vf.area);

	if (map == MAP_FAILED)
		_exit(1);
	for (at = 0; at < vf.area_len; at += 4096)
		map[at] = 1;
	munmap(map, vf.area_len);
}

TEST(section_charged, "the section's memory is charged to who touches it, and goes with the close")
{
	static void (* const ways[])(void) = { touch_section, fault_section };
	char window[16];
	size_t i;
	long sum;

	cgroup_make();
	snprintf(window, sizeof(window), "%ld", WINDOW);
	param_set("vfmig", "window", window);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		reopen();
		ASSERT_EQ(vf.area_len, WINDOW);
		sum = charged_by(ways[i]);
		tap_note("%ld of %ld bytes charged", sum, WINDOW);
		EXPECT_GT(sum, WINDOW - SLACK, "%zu", i);
		EXPECT_LE(sum, WINDOW + SLACK, "%zu", i);
		vf_close(&vf);
		EXPECT_LE(cgroup_memory(), SLACK, "%zu", i);
	}
	rmdir(CGROUP);
}

static struct bytes half_sent;

static void send_half(void)
{
	if (load_bytes(&vf, half_sent.at, half_sent.len, TRAPPED_WHOLE))
		_exit(1);
}

TEST(record_charged, "so is the memory that a record takes which is not all there yet")
{
	uint8_t record[RECORD_LEN + 8] = {};
	struct bytes stream = {};
	struct parts parts;
	long sum;

	cgroup_make();
	save_stopped(&vf, &stream);
	stream_split(&stream, &parts);
	bytes_free(&half_sent);
	bytes_add(&half_sent, stream.at, parts.at[1]);
	bytes_free(&stream);

	put16(record + RECORD_TYPE, TYPE_SKIPPED);
	put16(record + RECORD_FLAGS, FLAG_OPTIONAL);
	put32(record + RECORD_PAYLOAD_LEN, RECORD_MAX);
	stream_seal_record(record);
	bytes_add(&half_sent, record, sizeof(record));

	vf_go(&vf, STATE_RESUMING);
	sum = charged_by(send_half);
	tap_note("%ld bytes charged", sum);
	EXPECT_GT(sum, RECORD_MAX / 2);
	EXPECT_LE(sum, RECORD_MAX + SLACK);
	ASSERT_EQ(vf_reset(&vf), 0);
	rmdir(CGROUP);
}

TEST(no_larger, "a mapping can be moved and made smaller, and by no mremap larger")
{
	size_t half = vf.area_len / 2;
	char *map, *moved;

	vf_map(&vf);
	vf.map[half] = 7;
	map = mmap(NULL, half, PROT_READ | PROT_WRITE, MAP_SHARED, vf.fd,
		   vf.base + vf.area + half);
	ASSERT_NE(map, MAP_FAILED);
	EXPECT_EQ(mremap(map, half, 2 * half, MREMAP_MAYMOVE), MAP_FAILED);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(mremap(map, 0, 2 * half, MREMAP_MAYMOVE), MAP_FAILED);
	EXPECT_EQ(mremap(map, half, 4096, 0), map);
	/* Over the other one, which ends with that. */
	moved = mremap(map, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, vf.map);
	ASSERT_EQ(moved, vf.map);
	EXPECT_EQ(moved[0], 7);
	vf_unmap(&vf);
}

static bool is_denied(const char *path, int mode)
{
	int fd = open(path, mode);

	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == EACCES;
}

/* Exit status: what went wrong, 0 for nothing. */
static int live_as_nobody(void)
{
	struct bytes stream = {};
	char path[64];

	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return 1;
	if (vf_set_state(&vf, STATE_PRE_COPY) || try_save(&vf, &stream) ||
	    vf_set_state(&vf, STATE_STOP_COPY) || try_save(&vf, &stream) ||
	    vf_set_state(&vf, STATE_RUNNING))
		return 2;
	if (vf_set_state(&vf, STATE_RESUMING) || try_load(&vf, &stream) ||
	    vf_set_state(&vf, STATE_RUNNING))
		return 3;

	snprintf(path, sizeof(path), DEBUGFS "/%s/state", vf.bdf);
	if (!is_denied(path, O_RDONLY))
		return 4;
	if (!is_denied("/sys/module/vfmig/parameters/window", O_WRONLY))
		return 5;
	return is_denied(vf.node, O_RDWR) ? 0 : 6;
}

TEST(unprivileged, "whoever is given the file transfers without a privilege, and has nothing else")
{
	int status = -1;
	pid_t child;

	child = fork();
	ASSERT_GT(child, -1);
	if (!child)
		_exit(live_as_nobody());
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0, "stage %d", WEXITSTATUS(status));
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
}

static unsigned int nr_files;

static int look_at_file(const char *path, const struct stat *is, int flag,
			struct FTW *at)
{
	if (flag != FTW_F)
		return 0;
	nr_files++;
	EXPECT_EQ(is->st_uid, 0, "%s", path);
	EXPECT_EQ(is->st_mode & 0077, 0, "%s", path);
	/* The core's own; what a backend adds is in a directory of its own. */
	if (at->level == 1)
		EXPECT_EQ(is->st_mode & 0777, 0400, "%s", path);
	return 0;
}

TEST(files, "debugfs is root's, the core's files there are read only, parameters root's to write")
{
	struct stat is;
	char path[64];

	nr_files = 0;
	snprintf(path, sizeof(path), DEBUGFS "/%s", vf.bdf);
	ASSERT_EQ(nftw(path, look_at_file, 8, FTW_PHYS), 0);
	/* state, last_error, last_transfer and the others of debugfs.c. */
	EXPECT_GT(nr_files, 4);
	ASSERT_EQ(stat("/sys/kernel/debug", &is), 0);
	EXPECT_EQ(is.st_mode & 0077, 0);
	ASSERT_EQ(stat("/sys/module/vfmig/parameters/window", &is), 0);
	EXPECT_EQ(is.st_mode & 0022, 0);
}
