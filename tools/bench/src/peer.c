// SPDX-License-Identifier: GPL-2.0-only
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "peer.h"
#include "place.h"

static void *take(void *arg)
{
	static __thread uint8_t piece[PIECE];
	struct peer *peer = arg;
	ssize_t n;

	while ((n = read(peer->far, piece, sizeof(piece))) > 0)
		peer->taken += n;
	return NULL;
}

static void *give(void *arg)
{
	struct peer *peer = arg;
	size_t left;
	ssize_t n;

	for (left = peer->len; left; left -= n) {
		n = write(peer->far, peer->give + peer->len - left,
			  left < PIECE ? left : PIECE);
		if (n <= 0)
			break;
	}
	return NULL;
}

static void start(struct peer *peer, void *(*run)(void *))
{
	int pair[2];

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	peer->near = pair[0];
	peer->far = pair[1];
	ASSERT_EQ(pthread_create(&peer->thread, NULL, run, peer), 0);
}

void peer_take(struct peer *peer)
{
	*peer = (struct peer){};
	start(peer, take);
}

void peer_give(struct peer *peer, const uint8_t *from, size_t len)
{
	*peer = (struct peer){ .give = from, .len = len };
	start(peer, give);
}

size_t peer_end(struct peer *peer)
{
	shutdown(peer->near, SHUT_WR);
	pthread_join(peer->thread, NULL);
	close(peer->near);
	close(peer->far);
	return peer->taken;
}
