// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many devices at once, a thread each, beside as many threads that only copy.
 */
#include <pthread.h>

#include "bench.h"
#include "meter.h"
#include "mover.h"

#define WINDOW	MIB

static pthread_barrier_t together;

struct worker {
	pthread_t thread;
	const struct mover *mover;
	struct vf vf;
	struct haul haul;
	uint64_t start;
	struct cost cost;
};

static struct worker workers[MAX_LIST];

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct haul *haul = &worker->haul;

	worker->mover->prepare_save(haul);
	pthread_barrier_wait(&together);
	worker->start = now_ns();
	meter_start(&worker->cost);
	worker->mover->save(haul);
	meter_stop(&worker->cost);
	worker->mover->end(haul);
	return NULL;
}

static void run_together(const struct options *options, unsigned int nr,
			 const struct mover *mover, unsigned int repetition)
{
	uint64_t start = ~0ULL, end = 0, ended;
	unsigned int i;

	ASSERT_EQ(pthread_barrier_init(&together, NULL, nr), 0);
	for (i = 0; i < nr; i++) {
		workers[i].mover = mover;
		workers[i].haul.len = options->scale_size;
		ASSERT_EQ(pthread_create(&workers[i].thread, NULL, work,
					 &workers[i]), 0);
	}
	for (i = 0; i < nr; i++) {
		pthread_join(workers[i].thread, NULL);
		ended = workers[i].start + workers[i].cost.ns;
		start = workers[i].start < start ? workers[i].start : start;
		end = ended > end ? ended : end;
	}
	pthread_barrier_destroy(&together);

	for (i = 0; i < nr; i++) {
		row_begin("scale");
		row_text("way", mover->name);
		row_number("devices", nr);
		row_number("device", i);
		row_number("repetition", repetition);
		row_number("bytes", workers[i].haul.len);
		row_number("all_ns", end - start);
		row_cost(&workers[i].cost);
		row_end();
	}
}

void measure_scale(const struct options *options)
{
	static const struct mover *const ways[] = {
		&mover_memcpy, &mover_v1_mapped, &mover_v2_1m,
	};
	const struct mock_shape shape = {
		.size = options->scale_size,
		.window = WINDOW,
		.plain = IN_PLACE,
		.no_crc = 1,
	};
	unsigned int i, nr, repetition;

	for (i = 0; i < options->nr_devices; i++) {
		mock_shape_set(options->devices[i], &shape);
		vf_open(&workers[i].vf, options->devices[i]);
		haul_open(&workers[i].haul, &workers[i].vf, shape.size);
	}
	for (repetition = 0; repetition < options->repetitions; repetition++)
		for (nr = 1; nr <= options->nr_devices; nr++)
			for (i = 0; i < ARRAY_SIZE(ways); i++)
				run_together(options, nr, ways[i], repetition);
	for (i = 0; i < options->nr_devices; i++) {
		haul_close(&workers[i].haul);
		vf_close(&workers[i].vf);
	}
}
