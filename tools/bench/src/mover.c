// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>
#include <sys/socket.h>

#include "bench.h"
#include "meter.h"
#include "mover.h"
#include "place.h"

/* The heads of records, and a last read that asks for more than there is. */
#define OVERHEAD(state)	((state) / 64 + 2 * MIB)

const struct mover *const movers[] = {
	&mover_memcpy, &mover_memfd, &mover_v1_trapped8, &mover_v1_trapped,
	&mover_v1_mapped, &mover_v2_32k, &mover_v2_1m,
};

const unsigned int nr_movers = ARRAY_SIZE(movers);

void haul_open(struct haul *haul, struct vf *vf, size_t state)
{
	*haul = (struct haul){
		.vf = vf,
		.fd = -1,
		.socket = -1,
		.room = state + OVERHEAD(state),
		.window = vf->area_len,
	};
	haul->stream = memory_at(haul->room, SPOT_STREAM);
	haul->bounce = memory_at(haul->window > MIB ? haul->window : MIB,
				 SPOT_BOUNCE);
}

void haul_close(struct haul *haul)
{
	munmap(haul->stream, haul->room);
	munmap(haul->bounce, haul->window > MIB ? haul->window : MIB);
}

void pass_on(struct haul *haul, const void *from, size_t len)
{
	ssize_t n;

	for (; len; len -= n, from = (const char *)from + n) {
		n = CALL(send(haul->socket, from, len, 0));
		ASSERT_GT(n, 0);
	}
}

void come_in(struct haul *haul, void *to, size_t len)
{
	ssize_t n = CALL(recv(haul->socket, to, len, MSG_WAITALL));

	ASSERT_EQ(n, len);
}
