// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads on one file: every pair of accesses, at the same moment, many
 * times over. Whatever they do to each other's transfer, each gets an answer of
 * its own, and the device is in a state that there is.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fixture.h"
#include "race.h"

#define TIMES		12
/* Each takes a tenth of a second of the function itself. */
#define TIMES_WITH_RESET	1

struct side {
	unsigned int n;
	unsigned int seed;
	unsigned int times;
	pthread_barrier_t *barrier;
	pthread_t thread;
};

static struct bytes stream;

static void write_state(struct side *side)
{
	vf_set_state(&vf, rand_r(&side->seed) % 5);
}

static void read_state(struct side *side)
{
	uint32_t state;

	(void)side;
	vf_read(&vf, REG_DEVICE_STATE, &state, sizeof(state));
}

static void read_pending(struct side *side)
{
	uint64_t value;

	(void)side;
	vf_read64(&vf, REG_PENDING_BYTES, &value);
}

static void read_offset(struct side *side)
{
	uint64_t value;

	(void)side;
	vf_read64(&vf, REG_DATA_OFFSET, &value);
}

static void read_size(struct side *side)
{
	uint64_t value;

	(void)side;
	vf_read64(&vf, REG_DATA_SIZE, &value);
}

static void write_size(struct side *side)
{
	vf_put_data_size(&vf, rand_r(&side->seed) & 1 ? stream.len : 24);
}

static void read_data(struct side *side)
{
	char some[4096];

	(void)side;
	vf_read(&vf, vf.area, some, sizeof(some));
}

static void write_data(struct side *side)
{
	(void)side;
	vf_write(&vf, vf.area, stream.at, stream.len);
}

/* A view of its own, since the other side may be at it too. */
static void map_data(struct side *side)
{
	struct vf view = vf;
	void *map;

	map = mmap(NULL, view.area_len, PROT_READ | PROT_WRITE, MAP_SHARED,
		   view.fd, view.base + view.area);
	if (map == MAP_FAILED)
		return;
	memset(map, side->seed, stream.len);
	munmap(map, view.area_len);
}

static void write_map(struct side *side)
{
	memset(vf.map, rand_r(&side->seed), stream.len);
}

static void reset(struct side *side)
{
	(void)side;
	vf_reset(&vf);
}

static const struct act {
	const char *name;
	void (*now)(struct side *side);
} acts[] = {
	{ "write of device_state", write_state },
	{ "read of device_state", read_state },
	{ "read of pending_bytes", read_pending },
	{ "read of data_offset", read_offset },
	{ "read of data_size", read_size },
	{ "write of data_size", write_size },
	{ "read of data", read_data },
	{ "write of data", write_data },
	{ "mmap and munmap", map_data },
	{ "store to mapped data", write_map },
	{ "reset", reset },
};

static void *side_thread(void *arg)
{
	struct side *side = arg;

	for (unsigned int i = 0; i < side->times; i++) {
		pthread_barrier_wait(side->barrier);
		acts[side->n].now(side);
	}
	return NULL;
}

static bool is_reset(unsigned int n)
{
	return acts[n].now == reset;
}

static void meet(unsigned int a, unsigned int b)
{
	unsigned int times = is_reset(a) || is_reset(b) ? TIMES_WITH_RESET :
							  TIMES;
	pthread_barrier_t barrier;
	struct side sides[2] = {
		{ .n = a, .seed = 1 + a, .times = times, .barrier = &barrier },
		{ .n = b, .seed = 99 + b, .times = times, .barrier = &barrier },
	};

	pthread_barrier_init(&barrier, NULL, 2);
	ASSERT_EQ(pthread_create(&sides[0].thread, NULL, side_thread,
				 &sides[0]), 0);
	side_thread(&sides[1]);
	pthread_join(sides[0].thread, NULL);
	pthread_barrier_destroy(&barrier);
}

static void go_to(uint32_t state)
{
	if (vf_set_state(&vf, STATE_RUNNING))
		ASSERT_EQ(vf_reset(&vf), 0);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, state);
}

static void expect_a_state(unsigned int a, unsigned int b)
{
	uint32_t state = vf_state(&vf);

	EXPECT_LE(state, STATE_RESUMING, "%s and %s", acts[a].name,
		  acts[b].name);
}

static void each_pair_in(uint32_t state)
{
	bytes_free(&stream);
	if (is_mock(vf.bdf)) {
		mock_setn(vf.bdf, "size", 8192);
		ASSERT_EQ(vf_reset(&vf), 0);
	}
	save_stopped(&vf, &stream);
	if (is_mock(vf.bdf)) {
		mock_setn(vf.bdf, "slow_step_us", 50);
		mock_setn(vf.bdf, "slow_record_us", 50);
	}
	vf_map(&vf);
	for (unsigned int a = 0; a < ARRAY_SIZE(acts); a++) {
		for (unsigned int b = a; b < ARRAY_SIZE(acts); b++) {
			go_to(state);
			meet(a, b);
			expect_a_state(a, b);
		}
		go_to(STATE_RUNNING);
		need_whole_transfer();
	}
	vf_unmap(&vf);
}

TEST(pre_copy, "any two accesses may meet in pre-copy")
{
	each_pair_in(STATE_PRE_COPY);
}

TEST(stop_copy, "any two accesses may meet in stop-and-copy")
{
	each_pair_in(STATE_STOP_COPY);
}

TEST(resuming, "any two accesses may meet in a load")
{
	each_pair_in(STATE_RESUMING);
}
