/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_STRING_H
#define VFMIG_SHIM_STRING_H

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

static inline ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
	return from[len] ? -E2BIG : (ssize_t)len;
}

static inline char *strim(char *s)
{
	size_t len = strlen(s);

	while (len && isspace((unsigned char)s[len - 1]))
		s[--len] = '\0';
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

static inline int match_string(const char * const *strings, size_t n,
			       const char *s)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strings[i] && !strcmp(strings[i], s))
			return i;
	return -EINVAL;
}

/* As the kernel's: no sign but a plus, no blank, one newline at the end. */
static inline int kstrtouint(const char *s, unsigned int base,
			     unsigned int *value)
{
	unsigned long n;
	char *end;

	s += *s == '+';
	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	n = strtoul(s, &end, base);
	if (end[0] == '\n')
		end++;
	if (*end)
		return -EINVAL;
	if (errno || n > UINT32_MAX)
		return -ERANGE;
	*value = n;
	return 0;
}

#endif /* VFMIG_SHIM_STRING_H */
