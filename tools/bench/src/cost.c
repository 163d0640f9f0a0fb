// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the time goes, by leaving things out: the device's own copy, and the
 * CRC of the payload. What is left is the core's and the user's.
 */
#include "bench.h"
#include "throughput.h"

#define MOST	(64 * MIB)

static const struct {
	unsigned int plain;
	unsigned int no_crc;
} variants[] = {
	{ COPIED, 0 }, { COPIED, 1 }, { IN_PLACE, 0 }, { IN_PLACE, 1 },
};

void measure_cost(const struct options *options)
{
	static const struct mover *const ways[] = {
		&mover_memcpy, &mover_v1_mapped, &mover_v2_1m,
	};
	struct mock_shape shape = {
		.size = options->sizes.at[options->sizes.nr - 1],
		.window = MIB,
	};
	const char *bdf = options->devices[0];
	unsigned int i, v, repetition;
	struct haul haul;
	struct vf vf;

	if (shape.size > MOST)
		shape.size = MOST;
	mock_shape_set(bdf, &shape);
	vf_open(&vf, bdf);
	haul_open(&haul, &vf, shape.size);
	haul.len = shape.size;
	for (repetition = 0; repetition < options->repetitions; repetition++) {
		for (v = 0; v < ARRAY_SIZE(variants); v++) {
			shape.plain = variants[v].plain;
			shape.no_crc = variants[v].no_crc;
			mock_shape_set(bdf, &shape);
			for (i = 0; i < ARRAY_SIZE(ways); i++)
				measure_save("cost", ways[i], &shape, &haul,
					     false, repetition);
			for (i = 0; i < ARRAY_SIZE(ways); i++)
				measure_load("cost", ways[i], &shape, &haul,
					     false, repetition);
		}
	}
	haul_close(&haul);
	vf_close(&vf);
}
