// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>
#include <sys/socket.h>

#include "bench.h"
#include "meter.h"
#include "mover.h"

/* The heads of records, and a last read that asks for more than there is. */
#define OVERHEAD(state)	((state) / 64 + 2 * MIB)

const struct mover *const movers[] = {
	&mover_memcpy, &mover_memfd, &mover_v1_trapped8, &mover_v1_trapped,
	&mover_v1_mapped, &mover_v2_32k, &mover_v2_1m,
};

const unsigned int nr_movers = ARRAY_SIZE(movers);

/* Touched, so that no fault of it is counted with a transfer. */
static void *memory(size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	ASSERT_NE(at, MAP_FAILED);
	return at;
}

void haul_open(struct haul *haul, struct vf *vf, size_t state)
{
	*haul = (struct haul){
		.vf = vf,
		.fd = -1,
		.socket = -1,
		.room = state + OVERHEAD(state),
		.window = vf->area_len,
	};
	haul->stream = memory(haul->room);
	haul->bounce = memory(haul->window > MIB ? haul->window : MIB);
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
