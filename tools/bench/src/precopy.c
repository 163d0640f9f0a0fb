// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that changes while its state is read: what is left for the time in
 * which it stands still. The mock changes as much each time it has said all.
 */
#include <errno.h>
#include <unistd.h>

#include "bench.h"
#include "meter.h"
#include "mover.h"
#include "v2.h"

#define WINDOW	(4 * MIB)
#define ROUNDS	3

static const unsigned int permilles[] = { 0, 1, 5, 10, 20, 50, 100, 200, 500 };

/* Only counted: each chunk goes where the last one went. */
static uint64_t take_chunks(struct haul *haul)
{
	uint64_t all = 0;

	while (vf_pending(haul->vf)) {
		haul->len = 0;
		all += v1_take_chunk(haul);
	}
	return all;
}

static void by_v1(struct haul *haul, uint64_t *before, uint64_t *stopped,
		  struct cost *cost)
{
	struct vf *vf = haul->vf;

	vf_map(vf);
	vf_go(vf, STATE_PRE_COPY);
	*before = take_chunks(haul);
	meter_start(cost);
	vf_go(vf, STATE_STOP_COPY);
	*stopped = take_chunks(haul);
	meter_stop(cost);
	vf_go(vf, STATE_RUNNING);
	vf_unmap(vf);
}

static uint64_t read_out(int fd, uint8_t *to)
{
	uint64_t all = 0;
	ssize_t n;

	while ((n = read(fd, to, MIB)) > 0)
		all += n;
	ASSERT_EQ(n == 0 || errno == ENOMSG, true);
	return all;
}

static void by_v2(struct haul *haul, uint64_t *before, uint64_t *stopped,
		  struct cost *cost)
{
	struct vf *vf = haul->vf;
	int fd, none;

	ASSERT_EQ(v2_order(vf, V2_PRE_COPY, &fd), 0);
	*before = read_out(fd, haul->stream);
	meter_start(cost);
	ASSERT_EQ(v2_order(vf, V2_STOP_COPY, &none), 0);
	*stopped = read_out(fd, haul->stream);
	meter_stop(cost);
	ASSERT_EQ(v2_order(vf, V2_RUNNING, &none), 0);
	close(fd);
}

static void measure_one(struct haul *haul, bool v2, unsigned int permille,
			uint64_t size, unsigned int repetition)
{
	uint64_t before, stopped;
	struct cost cost;

	mock_knob(haul->vf->bdf, "dirty_permille", permille);
	(v2 ? by_v2 : by_v1)(haul, &before, &stopped, &cost);
	row_begin("precopy");
	row_text("way", v2 ? "v2-1m" : "v1-mapped");
	row_number("permille", permille);
	row_number("rounds", ROUNDS);
	row_number("size", size);
	row_number("repetition", repetition);
	row_number("precopy_bytes", before);
	row_number("stop_bytes", stopped);
	row_cost(&cost);
	row_end();
}

void measure_precopy(const struct options *options)
{
	const struct mock_shape shape = {
		.size = options->precopy_size,
		.window = WINDOW,
		.plain = IN_PLACE,
		.no_crc = 1,
	};
	const char *bdf = options->devices[0];
	unsigned int i, repetition;
	struct haul haul;
	struct vf vf;
	bool both;

	mock_shape_set(bdf, &shape);
	mock_knob(bdf, "rounds", ROUNDS);
	vf_open(&vf, bdf);
	both = v2_can(&vf, V2_PRE_COPY);
	haul_open(&haul, &vf, WINDOW);
	for (repetition = 0; repetition < options->repetitions; repetition++) {
		for (i = 0; i < ARRAY_SIZE(permilles); i++) {
			measure_one(&haul, false, permilles[i], shape.size,
				    repetition);
			if (both)
				measure_one(&haul, true, permilles[i],
					    shape.size, repetition);
		}
	}
	haul_close(&haul);
	vf_close(&vf);
}
