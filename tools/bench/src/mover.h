/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways to move a state, and the limits they are held against.
 */
#ifndef VFMIG_MOVER_H
#define VFMIG_MOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vf.h"

/**
 * struct haul - one transfer
 * @vf: the device, with its data section mapped
 * @fd: of v2's data, or of the memfd
 * @stream: where it is saved to, or loaded from
 * @len: its bytes
 * @room: bytes there are at @stream
 * @bounce: a window's bytes of user memory
 * @window: the bytes of a window
 * @socket: where it is passed on to, or comes from; -1: it stays in memory
 */
struct haul {
	struct vf *vf;
	int fd;
	uint8_t *stream;
	size_t len;
	size_t room;
	uint8_t *bounce;
	size_t window;
	int socket;
};

/**
 * struct mover - one way
 * @name: in the rows
 * @prepare_save, @prepare_load: what comes before, and costs nothing here
 * @save, @load: all of the stream; a save sets its length
 * @end: and what comes after
 * @slow: moves 8 bytes at a time
 * @limit: no device takes part: the length is known before
 */
struct mover {
	const char *name;
	void (*prepare_save)(struct haul *haul);
	void (*prepare_load)(struct haul *haul);
	void (*save)(struct haul *haul);
	void (*load)(struct haul *haul);
	void (*end)(struct haul *haul);
	bool slow;
	bool limit;
};

/* The limits first: what follows leaves a stream that can be loaded. */
extern const struct mover *const movers[];
extern const unsigned int nr_movers;

extern const struct mover mover_memcpy;
extern const struct mover mover_memfd;
extern const struct mover mover_v1_mapped;
extern const struct mover mover_v1_trapped8;
extern const struct mover mover_v1_trapped;
extern const struct mover mover_v2_1m;
extern const struct mover mover_v2_32k;

/* One chunk of a mapped section; returns its bytes. */
size_t v1_take_chunk(struct haul *haul);

void haul_open(struct haul *haul, struct vf *vf, size_t state);
void haul_close(struct haul *haul);
/* To the socket or from it, all of it. */
void pass_on(struct haul *haul, const void *from, size_t len);
void come_in(struct haul *haul, void *to, size_t len);

#endif /* VFMIG_MOVER_H */
