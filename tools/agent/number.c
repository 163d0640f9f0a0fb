// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "number.h"

static unsigned int shift_of(char unit)
{
	switch (unit) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	}
	return 0;
}

bool number_read(const char *text, uint64_t *number)
{
	unsigned long long value;
	unsigned int shift;
	char *end;

	/* strtoull() takes a sign. */
	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	value = strtoull(text, &end, text[0] == '0' && text[1] == 'x' ? 16 : 10);
	shift = shift_of(*end);
	if (shift)
		end++;
	if (errno || *end || value > UINT64_MAX >> shift)
		return false;
	*number = value << shift;
	return true;
}
