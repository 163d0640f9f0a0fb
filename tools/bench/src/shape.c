// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

/* The largest that a record of the mock can have: a head is in it too. */
#define RECORD		(MIB - 16)

static void tell(uint64_t value, const char *fmt, const char *a, const char *b)
{
	char path[PATH_MAX], text[24];
	int fd;

	snprintf(path, sizeof(path), fmt, a, b);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	fd = open(path, O_WRONLY);
	ASSERT_GT(fd, -1, "%s", path);
	ASSERT_GT(write(fd, text, strlen(text)), 0, "%s to %s", text, path);
	close(fd);
}

void mock_knob(const char *bdf, const char *knob, uint64_t value)
{
	static const char path[] = "/sys/kernel/debug/vfmig/%s/mock/%s";

	tell(value, path, bdf, knob);
}

/* Of a device that is closed. */
void mock_shape_set(const char *bdf, const struct mock_shape *shape)
{
	tell(shape->window, "/sys/module/%s/parameters/%s", "vfmig", "window");
	mock_knob(bdf, "size", shape->size);
	mock_knob(bdf, "record", RECORD);
	mock_knob(bdf, "plain", shape->plain);
	mock_knob(bdf, "no_crc", shape->no_crc);
}
