// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function whose state an agent saves and loads: bytes a second through either
 * protocol, beside a copy of as many and beside the agent's plugin alone; and the
 * bytes that the kernel has copied for it, by the driver's own count.
 *
 * What begins and ends a transfer is in "ns" as well: an agent has its share of it.
 */
#include "bench.h"
#include "hosted.h"
#include "knob.h"
#include "meter.h"
#include "mover.h"

static const struct mover *const ways[] = {
	&mover_memcpy, &mover_plugin, &mover_v1_mapped, &mover_v2_1m,
};

struct step {
	const char *direction;
	void (*prepare)(struct haul *haul);
	void (*move)(struct haul *haul);
};

static void measure(const struct options *options, const struct mover *way,
		    const struct step *step, struct haul *haul,
		    unsigned int repetition)
{
	const char *bdf = haul->vf->bdf;
	uint64_t copied = core_number(bdf, "copied", "");
	uint64_t start, began, moved, ended;
	struct cost cost;

	meter_start(&cost);
	start = now_ns();
	step->prepare(haul);
	began = now_ns();
	step->move(haul);
	moved = now_ns();
	way->end(haul);
	ended = now_ns();
	meter_stop(&cost);

	row_begin("agent");
	row_text("way", way->name);
	row_text("direction", step->direction);
	row_number("size", options->sizes.at[0]);
	row_number("window", haul->window);
	row_number("repetition", repetition);
	row_number("bytes", haul->len);
	row_number("begin_ns", began - start);
	row_number("move_ns", moved - began);
	row_number("end_ns", ended - moved);
	row_number("kernel_copied", core_number(bdf, "copied", "") - copied);
	row_cost(&cost);
	row_end();
}

void measure_agent(const struct options *options)
{
	struct haul haul;
	struct vf vf;
	unsigned int repetition, i;

	ASSERT_NE(options->plugin, NULL, "--plugin and --arg are missing");
	plugin_open(options->plugin, options->arg);
	vf_open(&vf, options->devices[0]);
	haul_open(&haul, &vf, options->sizes.at[0]);
	for (repetition = 0; repetition < options->repetitions; repetition++) {
		for (i = 0; i < ARRAY_SIZE(ways); i++) {
			const struct step save = {
				"save", ways[i]->prepare_save, ways[i]->save,
			};
			const struct step load = {
				"load", ways[i]->prepare_load, ways[i]->load,
			};

			haul.len = options->sizes.at[0];
			measure(options, ways[i], &save, &haul, repetition);
			/* It has to be what was saved in this way. */
			measure(options, ways[i], &load, &haul, repetition);
		}
	}
	haul_close(&haul);
	vf_close(&vf);
}
