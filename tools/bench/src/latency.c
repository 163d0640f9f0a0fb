// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long each transition and each access of a register takes, beside an
 * ioctl on the same file that does nothing. One cycle has each of them once.
 */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"
#include "meter.h"
#include "v2.h"

#define MAX_OPS		48

static struct op {
	const char *name;
	uint32_t *ns;
} ops[MAX_OPS];

static unsigned int nr_ops;
static unsigned int at_op;
static unsigned int cycle;
static unsigned int cycles;

/* The first cycle learns the names. */
static void note(const char *name, uint64_t ns)
{
	struct op *op = &ops[at_op];

	if (at_op == nr_ops) {
		ASSERT_LE(nr_ops + 1, MAX_OPS);
		op->name = name;
		op->ns = calloc(cycles, sizeof(*op->ns));
		ASSERT_NE(op->ns, NULL);
		nr_ops++;
	}
	op->ns[cycle] = ns;
	at_op++;
}

#define TIMED(name, call)						\
	do {								\
		uint64_t start = now_ns();				\
									\
		call;							\
		note(name, now_ns() - start);				\
	} while (0)

/* vfio knows no such thing, and says so when it has looked everywhere. */
static void do_nothing(struct vf *vf)
{
	ASSERT_EQ(ioctl(vf->fd, _IO(VFIO_TYPE, VFIO_BASE + 99)), -1);
}

static void go_v1(struct vf *vf, uint32_t to)
{
	ASSERT_EQ(vf_set_state(vf, to), 0);
}

static int go_v2(struct vf *vf, uint32_t to)
{
	int fd;

	ASSERT_EQ(v2_order(vf, to, &fd), 0);
	return fd;
}

static void cycle_v1(struct vf *vf)
{
	TIMED("v1 read device_state", vf_state(vf));
	TIMED("v1 RUNNING to STOP_COPY", go_v1(vf, STATE_STOP_COPY));
	TIMED("v1 read pending_bytes, idle", vf_pending(vf));
	TIMED("v1 read data_offset, stages 4 KiB", vf_data_offset(vf));
	TIMED("v1 read data_offset, staged", vf_data_offset(vf));
	TIMED("v1 read data_size", vf_data_size(vf));
	TIMED("v1 read pending_bytes, retires", vf_pending(vf));
	TIMED("v1 STOP_COPY to STOP", go_v1(vf, STATE_STOP));
	TIMED("v1 STOP to RUNNING", go_v1(vf, STATE_RUNNING));
	TIMED("v1 RUNNING to PRE_COPY", go_v1(vf, STATE_PRE_COPY));
	TIMED("v1 PRE_COPY to STOP_COPY", go_v1(vf, STATE_STOP_COPY));
	TIMED("v1 STOP_COPY to RUNNING", go_v1(vf, STATE_RUNNING));
	TIMED("v1 RUNNING to RESUMING", go_v1(vf, STATE_RESUMING));
	TIMED("v1 write data_size, nothing", vf_put_data_size(vf, 0));
	TIMED("v1 RESUMING to RUNNING", go_v1(vf, STATE_RUNNING));
	TIMED("v1 RUNNING to RUNNING", go_v1(vf, STATE_RUNNING));
}

static void cycle_v2(struct vf *vf, const struct bytes *stream, bool pre_copy)
{
	uint32_t state;
	int fd;

	TIMED("v2 get state", v2_get_state(vf, &state));
	TIMED("v2 RUNNING to RUNNING_P2P", go_v2(vf, V2_RUNNING_P2P));
	TIMED("v2 RUNNING_P2P to STOP", go_v2(vf, V2_STOP));
	TIMED("v2 STOP to STOP_COPY", fd = go_v2(vf, V2_STOP_COPY));
	TIMED("v2 STOP_COPY to STOP", go_v2(vf, V2_STOP));
	TIMED("v2 close of the data fd", close(fd));
	TIMED("v2 STOP to RESUMING", fd = go_v2(vf, V2_RESUMING));
	/* Without its stream it could not be left. */
	ASSERT_EQ(v2_fill(fd, stream->at, stream->len, AT_ONCE), 0);
	TIMED("v2 RESUMING to STOP", go_v2(vf, V2_STOP));
	close(fd);
	TIMED("v2 STOP to RUNNING", go_v2(vf, V2_RUNNING));
	TIMED("v2 RUNNING to STOP_COPY", fd = go_v2(vf, V2_STOP_COPY));
	TIMED("v2 STOP_COPY to RUNNING", go_v2(vf, V2_RUNNING));
	close(fd);
	if (!pre_copy)
		return;
	TIMED("v2 RUNNING to PRE_COPY", fd = go_v2(vf, V2_PRE_COPY));
	TIMED("v2 PRE_COPY to STOP_COPY", go_v2(vf, V2_STOP_COPY));
	go_v2(vf, V2_RUNNING);
	close(fd);
}

static void write_down(const struct mock_shape *shape)
{
	unsigned int i;

	for (i = 0; i < nr_ops; i++) {
		row_begin("latency");
		row_text("op", ops[i].name);
		row_number("size", shape->size);
		row_number("window", shape->window);
		row_numbers("ns", ops[i].ns, cycles);
		row_end();
		free(ops[i].ns);
	}
}

void measure_latency(const struct options *options)
{
	const struct mock_shape shape = {
		.size = 4 * KIB,
		.window = MIB,
		.plain = COPIED,
	};
	const char *bdf = options->devices[0];
	struct bytes stream = {};
	bool pre_copy;
	struct vf vf;

	mock_shape_set(bdf, &shape);
	vf_open(&vf, bdf);
	pre_copy = v2_can(&vf, V2_PRE_COPY);
	v2_save_stopped(&vf, &stream);
	cycles = options->cycles;
	for (cycle = 0; cycle < cycles; cycle++) {
		at_op = 0;
		TIMED("no-op ioctl", do_nothing(&vf));
		cycle_v1(&vf);
		cycle_v2(&vf, &stream, pre_copy);
	}
	bytes_free(&stream);
	vf_close(&vf);
	write_down(&shape);
}
