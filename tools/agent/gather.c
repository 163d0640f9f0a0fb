// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "gather.h"

bool gather_fits(const struct gather *gather, uint64_t len, uint64_t at, uint64_t whole)
{
	return at == gather->done && len <= whole && at <= whole - len &&
	       (!gather->whole || whole == gather->len);
}

bool gather_add(struct gather *gather, const uint8_t *data, uint64_t len, uint64_t whole)
{
	if (!gather->whole) {
		gather->whole = malloc(whole);
		gather->len = whole;
	}
	if (!gather->whole)
		return false;
	memcpy(gather->whole + gather->done, data, len);
	gather->done += len;
	return true;
}

bool gather_is_whole(const struct gather *gather)
{
	return gather->whole && gather->done == gather->len;
}

void gather_drop(struct gather *gather)
{
	free(gather->whole);
	memset(gather, 0, sizeof(*gather));
}
