// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "name.h"

static bool fits(char c)
{
	return c > ' ' && c <= '~';
}

bool name_is_right(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++)
		if (!fits(name[i]) || i == VFMIG_AGENT_NAME_LEN)
			return false;
	return i;
}

/* FNV-1a. */
static uint32_t hash(const char *text, size_t len)
{
	uint32_t h = 2166136261U;

	while (len--)
		h = (h ^ (unsigned char)*text++) * 16777619U;
	return h;
}

void name_of_file(const char *path, char name[VFMIG_AGENT_NAME_LEN + 1])
{
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;
	const char *suffix = strstr(file, ".so");
	size_t len = suffix && suffix != file ? (size_t)(suffix - file) : strlen(file);

	if (len <= VFMIG_AGENT_NAME_LEN)
		snprintf(name, VFMIG_AGENT_NAME_LEN + 1, "%.*s", (int)len, file);
	else
		snprintf(name, VFMIG_AGENT_NAME_LEN + 1, "%.23s-%08x", file, hash(file, len));
	for (; *name; name++)
		if (!fits(*name))
			*name = '_';
}
