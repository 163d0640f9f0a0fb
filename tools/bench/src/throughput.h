/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One transfer, measured and written down.
 */
#ifndef VFMIG_THROUGHPUT_H
#define VFMIG_THROUGHPUT_H

#include <stdbool.h>

#include "bench.h"
#include "mover.h"

void measure_save(const char *figure, const struct mover *mover,
		  const struct mock_shape *shape, struct haul *haul,
		  bool to_socket, unsigned int repetition);
void measure_load(const char *figure, const struct mover *mover,
		  const struct mock_shape *shape, struct haul *haul,
		  bool from_socket, unsigned int repetition);

#endif /* VFMIG_THROUGHPUT_H */
