// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the window of a device costs, as the core says it: closed, open, mapped,
 * and while its state is moved.
 */
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "knob.h"
#include "mover.h"
#include "v2.h"

#define SIZE	(64 * MIB)

static void note(const char *bdf, const char *when, uint64_t window)
{
	row_begin("memory");
	row_text("when", when);
	row_number("window", window);
	row_number("used", core_number(bdf, "window", "used"));
	row_end();
}

static void by_v1(struct haul *haul, uint64_t window)
{
	const char *bdf = haul->vf->bdf;

	vf_map(haul->vf);
	note(bdf, "mapped", window);
	vf_go(haul->vf, STATE_STOP_COPY);
	note(bdf, "v1 stopped", window);
	vf_pending(haul->vf);
	v1_take_chunk(haul);
	note(bdf, "v1 in transfer", window);
	vf_unmap(haul->vf);
	vf_go(haul->vf, STATE_RUNNING);
	note(bdf, "v1 over, still open", window);
}

static void by_v2(struct haul *haul, uint64_t window)
{
	const char *bdf = haul->vf->bdf;
	int fd, none;

	ASSERT_EQ(v2_order(haul->vf, V2_STOP_COPY, &fd), 0);
	ASSERT_EQ(read(fd, haul->bounce, MIB), MIB);
	note(bdf, "v2 in transfer", window);
	ASSERT_EQ(v2_order(haul->vf, V2_RUNNING, &none), 0);
	close(fd);
	note(bdf, "v2 over, still open", window);
}

void measure_memory(const struct options *options)
{
	const char *bdf = options->devices[0];
	struct haul haul;
	unsigned int w;
	struct vf vf;

	for (w = 0; w < options->windows.nr; w++) {
		const struct mock_shape shape = {
			.size = SIZE,
			.window = options->windows.at[w],
			.plain = COPIED,
		};

		mock_shape_set(bdf, &shape);
		note(bdf, "closed", shape.window);
		vf_open(&vf, bdf);
		haul_open(&haul, &vf, SIZE);
		note(bdf, "open", shape.window);
		by_v2(&haul, shape.window);
		by_v1(&haul, shape.window);
		haul_close(&haul);
		vf_close(&vf);
	}
}
