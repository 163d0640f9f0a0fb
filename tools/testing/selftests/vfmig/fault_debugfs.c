// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each file of a device in debugfs, read and where it can be written where
 * memory is short: an error, or all there is to read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "fixture.h"

#define PLACES		100
#define MAX_FILES	64

static char *paths[MAX_FILES];
static unsigned int nr_files;

void before_open(void)
{
	fault_need();
}

static int note_file(const char *path, const struct stat *st, int type,
		     struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_F && nr_files < MAX_FILES)
		paths[nr_files++] = strdup(path);
	return 0;
}

static void find_files(void)
{
	char path[PATH_MAX];

	while (nr_files)
		free(paths[--nr_files]);
	snprintf(path, sizeof(path), "/sys/kernel/debug/vfmig/%s", vf.bdf);
	ASSERT_EQ(nftw(path, note_file, 4, FTW_PHYS), 0, "%s", path);
	/* The core's own, and those that a driver may have. */
	ASSERT_GT(nr_files, is_virtio(vf.bdf) ? 4 : 5);
	ASSERT_LE(nr_files, MAX_FILES - 1);
}

static int read_file(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t n = fd;

	while (n >= 0 && len < room - 1) {
		n = read(fd, text + len, room - 1 - len);
		if (n <= 0)
			break;
		len += n;
	}
	n = n < 0 ? -errno : 0;
	text[len] = '\0';
	if (fd >= 0)
		close(fd);
	return n;
}

TEST(files, "each file that is read: an error, or the same text as ever")
{
	static char want[16384], got[16384];
	unsigned int injected = 0;
	int ret;

	need_whole_transfer();
	find_files();
	for (unsigned int i = 0; i < nr_files; i++) {
		struct sweep sweep = SWEEP(paths[i], PLACES);

		ASSERT_EQ(read_file(paths[i], want, sizeof(want)), 0, "%s",
			  paths[i]);
		while (sweep_next(&sweep)) {
			sweep_arm(&sweep);
			ret = read_file(paths[i], got, sizeof(got));
			sweep_disarm(&sweep, ret);
			if (!ret)
				EXPECT_STREQ(got, want);
		}
		EXPECT_GT(sweep.felt, 0, "%s", paths[i]);
		injected += sweep.injected;
	}
	tap_note("%u files, %u faults injected", nr_files, injected);
	need_whole_transfer();
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n = fd;

	if (fd >= 0)
		n = write(fd, text, strlen(text));
	n = n < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return n;
}

TEST(knobs, "each knob that is written: an error and the value it had, or the new one")
{
	static const char * const names[] = { "size", "seed", "record" };
	char path[PATH_MAX];
	uint64_t before;
	int ret;

	need_mock(vf.bdf);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct sweep sweep = SWEEP(names[i], PLACES);

		/* Put back when the test is over. */
		before = mock_number(vf.bdf, names[i], "");
		mock_setn(vf.bdf, names[i], before);
		snprintf(path, sizeof(path),
			 "/sys/kernel/debug/vfmig/%s/mock/%s", vf.bdf,
			 names[i]);
		while (sweep_next(&sweep)) {
			sweep_arm(&sweep);
			ret = write_file(path, "64");
			sweep_disarm(&sweep, ret);
			EXPECT_EQ(mock_number(vf.bdf, names[i], ""),
				  ret ? before : 64, "%s, place %u", names[i],
				  sweep.nth);
			mock_setn(vf.bdf, names[i], before);
		}
		sweep_done(&sweep, 1);
	}
}
