/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream being changed: bytes in a buffer, and where its parts begin. Damage
 * alone would hardly ever come past the first CRC, so most of the time what was
 * changed is sealed again.
 */
#ifndef VFMIG_FUZZ_CHANGE_H
#define VFMIG_FUZZ_CHANGE_H

#include "fuzz.h"

#define CHANGE_PARTS	256

/**
 * struct change - a stream being changed
 * @bytes: the stream
 * @len: its length
 * @room: what it may grow to
 * @dice: state of the random numbers
 * @nr: number of records
 * @at: where each begins; @at[nr] is where the last ends
 */
struct change {
	u8 *bytes;
	size_t len;
	size_t room;
	u64 dice;
	unsigned int nr;
	size_t at[CHANGE_PARTS + 1];
};

/* How much is made right again, each more than the one before. */
enum seal {
	SEAL_HEADERS,	/* CRCs of headers */
	SEAL_PAYLOADS,	/* and of payloads */
	SEAL_ALL,	/* and numbers, counts and padding */
};

u32 roll(struct change *c, u32 sides);
u64 odd_number(struct change *c);
u64 get_number(const u8 *at, unsigned int bytes);
void put_number(u8 *at, unsigned int bytes, u64 value);
void find_parts(struct change *c);
bool splice(struct change *c, size_t at, size_t old, const void *from,
	    size_t len);
void seal(struct change *c, enum seal how);

/*
 * What a target knows of its records beyond their headers; called with the
 * parts known. May leave everything as it is.
 */
void change_payloads(struct change *c);

#endif /* VFMIG_FUZZ_CHANGE_H */
