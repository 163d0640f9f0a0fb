// SPDX-License-Identifier: GPL-2.0-only
/*
 * Without libFuzzer: takes the inputs in the files and directories named, each
 * once, and says how many there were. Names the input before it is taken, so
 * that one that kills is known.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define LARGEST	0x200000

static unsigned int taken;

static void take(const char *path)
{
	static u8 room[LARGEST];
	FILE *file = fopen(path, "rb");
	size_t size;
	u8 *data;

	must(file);
	size = fread(room, 1, sizeof(room), file);
	must(size < sizeof(room));
	fclose(file);

	/* Memory of just this size: a read beyond it is seen. */
	data = malloc(size);
	must(data || !size);
	if (size)
		memcpy(data, room, size);
	printf("# %s\n", path);
	fflush(stdout);
	fuzz_one(data, size);
	free(data);
	taken++;
}

static void take_all(const char *path)
{
	struct dirent *entry;
	struct stat status;
	char below[4096];
	DIR *dir;

	must(!stat(path, &status));
	if (!S_ISDIR(status.st_mode)) {
		take(path);
		return;
	}
	dir = opendir(path);
	must(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		take_all(below);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		take_all(argv[i]);
	printf("%u inputs\n", taken);
	return taken ? 0 : 1;
}
