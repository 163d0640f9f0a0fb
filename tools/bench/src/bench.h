/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bench: figures, each a number of rows, one row a repetition.
 */
#ifndef VFMIG_BENCH_H
#define VFMIG_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "tap.h"

#define KIB		((uint64_t)1 << 10)
#define MIB		((uint64_t)1 << 20)
#define GIB		((uint64_t)1 << 30)

#define MAX_LIST	16

struct list {
	unsigned int nr;
	uint64_t at[MAX_LIST];
};

/**
 * struct options - how much is measured
 * @sizes: bytes of device state
 * @windows: bytes of the data section
 * @repetitions: of everything
 * @cycles: through the transitions, for their latency
 * @trapped_most: no state larger than that is moved 8 bytes at a time
 * @socket_most: and none larger than that through a socket
 * @scale_size: bytes each of many devices moves in a repetition
 * @precopy_size: bytes of state of the device that runs on
 * @devices: PCI addresses
 * @driver: what they are bound to, for the rows of functions with an owner
 * @turn: how often the program has run before with this driver, where drivers take turns
 * @plugin: of an agent, which is measured without one, too
 * @arg: of the plugin, when it is
 */
struct options {
	struct list sizes;
	struct list windows;
	unsigned int repetitions;
	unsigned int cycles;
	uint64_t trapped_most;
	uint64_t socket_most;
	uint64_t scale_size;
	uint64_t precopy_size;
	const char *devices[MAX_LIST];
	unsigned int nr_devices;
	const char *driver;
	unsigned int turn;
	const char *plugin;
	const char *arg;
};

/* What a device is like that figures are about; each opens it anew. */
struct mock_shape {
	uint64_t size;
	uint64_t window;
	unsigned int plain;
	unsigned int no_crc;
};

/* What mock's plain means: see Documentation/mock.rst. */
enum {
	MADE_UP,
	COPIED,
	IN_PLACE,
};

void mock_knob(const char *bdf, const char *knob, uint64_t value);
void mock_shape_set(const char *bdf, const struct mock_shape *shape);

void measure_throughput(const struct options *options);
void measure_cost(const struct options *options);
void measure_latency(const struct options *options);
void measure_scale(const struct options *options);
void measure_precopy(const struct options *options);
void measure_memory(const struct options *options);
void measure_owned(const struct options *options);
void measure_agent(const struct options *options);

/* A row is one line of JSON on standard output. */
void row_begin(const char *figure);
void row_text(const char *name, const char *value);
void row_number(const char *name, uint64_t value);
void row_numbers(const char *name, const uint32_t *values, size_t nr);
void row_end(void);

#endif /* VFMIG_BENCH_H */
