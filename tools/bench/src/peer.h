/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other end of a socket: a thread that takes all that comes, or that gives
 * what it has been told to.
 */
#ifndef VFMIG_PEER_H
#define VFMIG_PEER_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct peer {
	pthread_t thread;
	int near;
	int far;
	const uint8_t *give;
	size_t len;
	size_t taken;
};

void peer_take(struct peer *peer);
void peer_give(struct peer *peer, const uint8_t *from, size_t len);
/* Waits until all is taken, and returns how much it was. */
size_t peer_end(struct peer *peer);

#endif /* VFMIG_PEER_H */
