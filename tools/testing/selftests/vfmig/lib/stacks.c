// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "stacks.h"
#include "tap.h"

static void print_file(pid_t pid, const char *task, const char *name)
{
	char path[PATH_MAX], line[200];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", pid, task, name);
	file = fopen(path, "r");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		tap_note("  %s %s: %s", task, name, line);
	}
	fclose(file);
}

static void print_children(pid_t pid, const char *task)
{
	char path[PATH_MAX];
	FILE *file;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/children", pid, task);
	file = fopen(path, "r");
	if (!file)
		return;
	while (fscanf(file, "%d", &child) == 1)
		print_stacks(child);
	fclose(file);
}

void print_stacks(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		print_file(pid, entry->d_name, "comm");
		print_file(pid, entry->d_name, "syscall");
		print_file(pid, entry->d_name, "stack");
		print_children(pid, entry->d_name);
	}
	closedir(dir);
}
