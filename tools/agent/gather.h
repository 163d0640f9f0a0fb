/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes that come in parts and are handed on as the whole that they were once. */
#ifndef VFMIG_AGENT_GATHER_H
#define VFMIG_AGENT_GATHER_H

#include <stdbool.h>
#include <stdint.h>

struct gather {
	/* NULL: no whole has begun. */
	uint8_t *whole;
	uint64_t len, done;
};

/* Is it the next part? */
bool gather_fits(const struct gather *gather, uint64_t len, uint64_t at, uint64_t whole);
/* One that fits. Returns false where there is no memory. */
bool gather_add(struct gather *gather, const uint8_t *data, uint64_t len, uint64_t whole);
bool gather_is_whole(const struct gather *gather);
/* Nothing has begun. */
void gather_drop(struct gather *gather);

#endif /* VFMIG_AGENT_GATHER_H */
