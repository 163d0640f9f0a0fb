// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes a second of a save and of a load, each way beside its limits, staying
 * in this process or going on through a socket. All ways take turns. The device
 * moves its state by DMA, and has it checked by nobody: see cost.c for others.
 */
#include "bench.h"
#include "meter.h"
#include "mover.h"
#include "peer.h"
#include "throughput.h"

static void row_haul(const char *figure, const struct mover *mover,
		     const struct mock_shape *shape, const char *direction,
		     const struct haul *haul, unsigned int repetition,
		     const struct cost *cost)
{
	row_begin(figure);
	row_text("way", mover->name);
	row_text("direction", direction);
	row_text("end", haul->socket < 0 ? "memory" : "socket");
	row_number("size", shape->size);
	row_number("window", shape->window);
	row_number("plain", shape->plain);
	row_number("no_crc", shape->no_crc);
	row_number("repetition", repetition);
	row_number("bytes", haul->len);
	row_cost(cost);
	row_end();
}

void measure_save(const char *figure, const struct mover *mover,
		  const struct mock_shape *shape, struct haul *haul,
		  bool to_socket, unsigned int repetition)
{
	struct cost cost;
	struct peer peer;

	mover->prepare_save(haul);
	meter_start(&cost);
	if (to_socket) {
		peer_take(&peer);
		haul->socket = peer.near;
	}
	mover->save(haul);
	if (to_socket)
		ASSERT_EQ(peer_end(&peer), haul->len);
	meter_stop(&cost);
	row_haul(figure, mover, shape, "save", haul, repetition, &cost);
	haul->socket = -1;
	mover->end(haul);
}

void measure_load(const char *figure, const struct mover *mover,
		  const struct mock_shape *shape, struct haul *haul,
		  bool from_socket, unsigned int repetition)
{
	struct cost cost;
	struct peer peer;

	mover->prepare_load(haul);
	meter_start(&cost);
	if (from_socket) {
		peer_give(&peer, haul->stream, haul->len);
		haul->socket = peer.near;
	}
	mover->load(haul);
	if (from_socket)
		peer_end(&peer);
	meter_stop(&cost);
	row_haul(figure, mover, shape, "load", haul, repetition, &cost);
	haul->socket = -1;
	mover->end(haul);
}

static bool takes_too_long(const struct options *options, uint64_t size,
			   const struct mover *mover, bool socket)
{
	return (mover->slow && size > options->trapped_most) ||
	       (socket && size > options->socket_most);
}

/* Every way in turn; the last one's stream is then there to be loaded. */
static void measure_ways(const struct options *options,
			 const struct mock_shape *shape, struct haul *haul,
			 unsigned int repetition)
{
	unsigned int i, socket;
	size_t len = 0;

	for (socket = 2; socket--; ) {
		haul->len = len ? len : shape->size;
		for (i = 0; i < nr_movers; i++) {
			if (takes_too_long(options, shape->size, movers[i],
					   socket))
				continue;
			measure_save("throughput", movers[i], shape, haul,
				     socket, repetition);
			if (movers[i]->limit)
				continue;
			ASSERT_EQ(len ? len : haul->len, haul->len, "%s",
				  movers[i]->name);
			len = haul->len;
		}
	}
	for (socket = 2; socket--; )
		for (i = 0; i < nr_movers; i++)
			if (!takes_too_long(options, shape->size, movers[i],
					    socket))
				measure_load("throughput", movers[i], shape,
					     haul, socket, repetition);
}

void measure_throughput(const struct options *options)
{
	const char *bdf = options->devices[0];
	unsigned int s, w, repetition;
	struct haul haul;
	struct vf vf;

	for (s = 0; s < options->sizes.nr; s++) {
		for (w = 0; w < options->windows.nr; w++) {
			const struct mock_shape shape = {
				.size = options->sizes.at[s],
				.window = options->windows.at[w],
				.plain = IN_PLACE,
				.no_crc = 1,
			};

			mock_shape_set(bdf, &shape);
			vf_open(&vf, bdf);
			haul_open(&haul, &vf, shape.size);
			for (repetition = 0; repetition < options->repetitions;
			     repetition++)
				measure_ways(options, &shape, &haul, repetition);
			haul_close(&haul);
			vf_close(&vf);
		}
	}
}
