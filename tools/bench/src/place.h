/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where buffers lie, and how they are copied: for all of them alike, so that it
 * is not this that makes a difference.
 *
 * An emulator keeps the pages it has translated in a table with a slot for each
 * value of the low bits of their numbers. Two pages of the same slot drive each
 * other out at every access of a copy between them, and make it ten times as
 * slow. So nothing that is copied between has the same rest modulo 64 KiB.
 *
 * A copy goes piece by piece, as that of a user does who has buffers to fill: a
 * libc takes other means for one of many MiB than for others.
 */
#ifndef VFMIG_PLACE_H
#define VFMIG_PLACE_H

#include <stddef.h>
#include <stdint.h>

#define PIECE	((size_t)256 << 10)

enum spot {
	SPOT_WINDOW = 0,
	SPOT_STREAM = 0x5000,
	SPOT_BOUNCE = 0xa000,
};

/* Touched, so that no fault of it is counted with a transfer. */
uint8_t *memory_at(size_t len, enum spot spot);
/* A mapping that is there; the address is a new one. */
uint8_t *move_to(uint8_t *at, size_t len, enum spot spot);
void copy(void *to, const void *from, size_t len);

#endif /* VFMIG_PLACE_H */
