// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions that are migrated through their owner: how long each arc takes, and the
 * bytes between them, with the commands that the emulated owner was sent meanwhile; on
 * VFs of whatever driver has v2, so of one that nobody here wrote, too.
 *
 * One row is one step. The function at which a migration ends runs on and is idle.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/virtio_pci.h>

#include "bench.h"
#include "meter.h"
#include "owner.h"
#include "place.h"
#include "v2.h"

/* What takes little time is measured more often. */
#define OFTEN		10
#define OFTEN_UP_TO	(64 * KIB)

/* What a stream has besides the extra context, and may have twice. */
#define ROOM(size)	(3 * ((size) + MIB))
#define READ_PIECE	MIB

/**
 * struct trip - one state that goes from a function to another
 * @options: of the program
 * @kind: of migration
 * @size: bytes of extra context
 * @repetition: which time it is
 * @source: where it comes from
 * @destination: where it goes
 * @from: the source's data fd
 * @to: the destination's data fd
 * @stream: what was read and not yet written
 * @len: its bytes
 */
struct trip {
	const struct options *options;
	const char *kind;
	uint64_t size;
	unsigned int repetition;
	struct vf *source;
	struct vf *destination;
	int from;
	int to;
	uint8_t *stream;
	size_t len;
};

static uint64_t commands(void)
{
	return owner_get(&owner_window->logged);
}

static void row_step(const struct trip *trip, const char *step, uint64_t ns,
		     uint64_t bytes, uint64_t asked)
{
	row_begin("owned");
	row_text("driver", trip->options->driver);
	row_text("standard", owner_is_draft() ? "draft" : "1.4");
	row_text("kind", trip->kind);
	row_text("step", step);
	row_number("size", trip->size);
	row_number("repetition", trip->repetition);
	row_number("bytes", bytes);
	row_number("ns", ns);
	row_number("commands", asked);
	row_end();
}

#define STEP(trip, name, bytes, call)					\
	do {								\
		uint64_t before = commands();				\
		uint64_t start = now_ns();				\
		uint64_t took;						\
									\
		call;							\
		took = now_ns() - start;				\
		row_step(trip, name, took, bytes, commands() - before);	\
	} while (0)

static int go(struct vf *vf, uint32_t to)
{
	int fd;

	ASSERT_EQ(v2_order(vf, to, &fd), 0, "%s to %s", vf->bdf, v2_name(to));
	return fd;
}

/* What there is in this phase: to the end of the stream, or of what pre-copy has. */
static void take(struct trip *trip)
{
	ssize_t n;

	trip->len = 0;
	do {
		ASSERT_LE(trip->len + READ_PIECE, ROOM(trip->size));
		n = read(trip->from, trip->stream + trip->len, READ_PIECE);
		ASSERT_EQ(n < 0 && errno != ENOMSG, false, "errno %d", errno);
		if (n > 0)
			trip->len += n;
	} while (n > 0);
}

static void give(struct trip *trip)
{
	size_t done, piece;

	for (done = 0; done < trip->len; done += piece) {
		piece = trip->len - done;
		if (piece > READ_PIECE)
			piece = READ_PIECE;
		ASSERT_EQ(write(trip->to, trip->stream + done, piece), piece);
	}
}

__attribute__((target("sse4.2")))
static uint32_t crc32c(const uint8_t *at, size_t len)
{
	uint64_t crc = ~0U, word;

	for (; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		crc = __builtin_ia32_crc32di(crc, word);
	}
	return crc;
}

/* The limits that each way is held against: those bytes copied, and summed up. */
static void measure_limits(struct trip *trip, uint8_t *to)
{
	uint32_t sum;

	STEP(trip, "memcpy", trip->len, copy(to, trip->stream, trip->len));
	STEP(trip, "crc32c", trip->len, sum = crc32c(trip->stream, trip->len));
	/* Wanted by nobody, but it is to be done. */
	asm volatile("" : : "r" (sum));
}

static void end_source(struct trip *trip)
{
	STEP(trip, "STOP_COPY to STOP", 0, go(trip->source, V2_STOP));
	close(trip->from);
	go(trip->source, V2_RUNNING);
}

static void begin_load(struct trip *trip)
{
	go(trip->destination, V2_STOP);
	STEP(trip, "STOP to RESUMING", 0, trip->to = go(trip->destination, V2_RESUMING));
}

static void end_load(struct trip *trip)
{
	STEP(trip, "RESUMING to STOP", 0, go(trip->destination, V2_STOP));
	close(trip->to);
	STEP(trip, "STOP to RUNNING_P2P", 0, go(trip->destination, V2_RUNNING_P2P));
	STEP(trip, "RUNNING_P2P to RUNNING", 0, go(trip->destination, V2_RUNNING));
}

static void stopped(struct trip *trip, uint8_t *scratch)
{
	uint64_t before = commands(), start = now_ns();

	STEP(trip, "RUNNING to RUNNING_P2P", 0, go(trip->source, V2_RUNNING_P2P));
	STEP(trip, "RUNNING_P2P to STOP", 0, go(trip->source, V2_STOP));
	STEP(trip, "STOP to STOP_COPY", 0, trip->from = go(trip->source, V2_STOP_COPY));
	STEP(trip, "read", trip->len, take(trip));
	end_source(trip);
	begin_load(trip);
	STEP(trip, "write", trip->len, give(trip));
	end_load(trip);
	row_step(trip, "all", now_ns() - start, trip->len, commands() - before);
	measure_limits(trip, scratch);
}

/* A register that is part of the state of either standard: which queue is selected. */
static void change(struct trip *trip)
{
	uint16_t queue = trip->repetition + 1;
	off_t at = VF_REGION(VFIO_PCI_BAR0_REGION_INDEX) + VIRTIO_PCI_COMMON_Q_SELECT;

	ASSERT_EQ(pwrite(trip->source->fd, &queue, sizeof(queue), at), sizeof(queue));
}

static void ask_what_is_left(struct trip *trip)
{
	struct vfio_precopy_info info = {};

	ASSERT_EQ(v2_precopy_info(trip->from, &info), 0);
}

static void live(struct trip *trip, bool changes)
{
	uint64_t before = commands(), start = now_ns(), bytes;

	STEP(trip, "RUNNING to PRE_COPY", 0, trip->from = go(trip->source, V2_PRE_COPY));
	STEP(trip, "read in pre-copy", trip->len, take(trip));
	bytes = trip->len;
	STEP(trip, "PRECOPY_INFO", 0, ask_what_is_left(trip));
	begin_load(trip);
	STEP(trip, "write in pre-copy", trip->len, give(trip));
	if (changes)
		change(trip);
	STEP(trip, "PRE_COPY to PRE_COPY_P2P", 0, go(trip->source, V2_PRE_COPY_P2P));
	STEP(trip, "PRE_COPY_P2P to STOP_COPY", 0, go(trip->source, V2_STOP_COPY));
	STEP(trip, "read", trip->len, take(trip));
	STEP(trip, "write", trip->len, give(trip));
	end_load(trip);
	end_source(trip);
	row_step(trip, "all", now_ns() - start, bytes + trip->len, commands() - before);
}

static void measure_size(const struct options *options, uint64_t size)
{
	struct vf source, destination;
	struct trip trip = {
		.options = options,
		.size = size,
		.source = &source,
		.destination = &destination,
	};
	uint8_t *scratch = memory_at(ROOM(size), SPOT_BOUNCE);
	unsigned int i, repetitions = options->repetitions;
	bool pre_copy;

	trip.stream = memory_at(ROOM(size), SPOT_STREAM);
	owner_put(&owner_window->extra, size);
	ASSERT_EQ(owner_get(&owner_window->extra), size);
	ASSERT_EQ(vf_try_open(&source, options->devices[0]), 0);
	ASSERT_EQ(vf_try_open(&destination, options->devices[1]), 0);
	pre_copy = v2_can(&source, V2_PRE_COPY);
	if (size <= OFTEN_UP_TO)
		repetitions *= OFTEN;
	for (i = 0; i < repetitions; i++) {
		trip.repetition = options->turn * repetitions + i;
		trip.kind = "stopped";
		stopped(&trip, scratch);
		if (!pre_copy)
			continue;
		trip.kind = "pre-copy";
		live(&trip, false);
		trip.kind = "pre-copy, changed";
		live(&trip, true);
	}
	vf_close(&destination);
	vf_close(&source);
	munmap(scratch, ROOM(size));
	munmap(trip.stream, ROOM(size));
}

void measure_owned(const struct options *options)
{
	unsigned int s;

	ASSERT_EQ(options->nr_devices, 2);
	owner_begin();
	for (s = 0; s < options->sizes.nr; s++)
		measure_size(options, options->sizes.at[s]);
	owner_put(&owner_window->extra, 0);
}
