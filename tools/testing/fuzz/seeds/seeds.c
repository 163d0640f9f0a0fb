// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "seeds.h"
#include "tap.h"

/* Pieces of many sizes, and no allocation that fails: see ../fuzz.h. */
static const unsigned char input_head[8] = {
	0x2f, 0xc0, 0x06, 0x17, 0xff, 0x00, 0x7f, 0,
};

void keep(const char *target, const char *name, const void *from, size_t len)
{
	const char *seeds = getenv("VFMIG_SEEDS");
	char path[PATH_MAX];
	FILE *file;

	ASSERT_NE(seeds, NULL, "VFMIG_SEEDS is not set");
	snprintf(path, sizeof(path), "%s/%s", seeds, target);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s", seeds, target, name);
	file = fopen(path, "wb");
	ASSERT_NE(file, NULL, "%s", path);
	ASSERT_EQ(fwrite(input_head, sizeof(input_head), 1, file), 1);
	ASSERT_EQ(fwrite(from, len, 1, file), 1);
	ASSERT_EQ(fclose(file), 0);
	tap_note("%s: %zu bytes", path, len);
}
