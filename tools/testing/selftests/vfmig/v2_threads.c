// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several at once: whatever threads do to a device and its data fds, each access
 * is still what it is, and ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fixture.h"
#include "race.h"
#include "random.h"
#include "v2.h"

#define THREADS		4
#define HAMMER_MS	2500

static struct bytes whole;

/* The smallest window there is: many chunks. */
void before_open(void)
{
	bytes_free(&whole);
	param_set("vfmig", "window", "4096");
}

/* Long enough to be found in the stream again, and at one place only. */
#define PIECE	64

struct reader {
	int fd;
	struct bytes got;
	int ret;
};

static void *read_pieces(void *arg)
{
	struct reader *reader = arg;
	uint8_t piece[PIECE];
	ssize_t n;

	while ((n = v2_read(reader->fd, piece, PIECE)) > 0)
		bytes_add(&reader->got, piece, n);
	reader->ret = n;
	return NULL;
}

/* Marks where the pieces of one reader are in the stream. */
static void find_pieces(const struct reader *reader, uint8_t *marks)
{
	for (size_t at = 0; at < reader->got.len; at += PIECE) {
		size_t n = reader->got.len - at;
		const uint8_t *found;

		if (n > PIECE)
			n = PIECE;
		found = memmem(whole.at, whole.len, reader->got.at + at, n);
		ASSERT_NE(found, NULL, "at %zu", at);
		memset(marks + (found - whole.at), 1, n);
	}
}

TEST(readers, "threads that read one fd get each byte once, and each read its bytes in one piece")
{
	struct reader readers[THREADS] = {};
	pthread_t threads[THREADS];
	size_t total = 0;
	uint8_t *marks;
	int fd;

	if (!is_mock(vf.bdf))
		SKIP("needs a stream whose pieces differ");
	v2_save_stopped(&vf, &whole);
	fd = v2_begin(&vf, V2_STOP_COPY);
	for (int i = 0; i < THREADS; i++) {
		readers[i].fd = fd;
		pthread_create(&threads[i], NULL, read_pieces, &readers[i]);
	}
	marks = calloc(1, whole.len);
	ASSERT_NE(marks, NULL);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(readers[i].ret, 0);
		total += readers[i].got.len;
	}
	EXPECT_EQ(total, whole.len);
	for (int i = 0; i < THREADS; i++) {
		find_pieces(&readers[i], marks);
		bytes_free(&readers[i].got);
	}
	for (size_t i = 0; i < whole.len; i++)
		ASSERT_EQ(marks[i], 1, "byte %zu", i);
	free(marks);
}

/*
 * Where the fd of the session that began last is. The number never is that of
 * another file: each fd takes the place of the one before.
 */
static int data_fd;
static atomic_bool done;
static atomic_uint sessions;

struct hammer {
	struct random random;
	unsigned long accesses;
};

static void begin_session(uint32_t to)
{
	int fd;

	if (v2_order(&vf, to, &fd) || fd == NO_FD)
		return;
	dup2(fd, data_fd);
	close(fd);
	sessions++;
}

static void strike(struct hammer *hammer)
{
	struct random *random = &hammer->random;
	uint8_t buf[5000] = {};
	size_t len = random_below(random, sizeof(buf));
	struct vfio_precopy_info info;
	uint32_t state;
	uint64_t value;

	switch (random_below(random, 12)) {
	case 0:
	case 1:
		begin_session(random_below(random, V2_NR_STATES + 1));
		break;
	case 2:
	case 3:
	case 4:
		v2_read(data_fd, buf, len);
		break;
	case 5:
		v2_write(data_fd, whole.at, len < whole.len ? len : whole.len);
		break;
	case 6:
		v2_write(data_fd, buf, len);
		break;
	case 7:
		v2_poll(data_fd);
		break;
	case 8:
		v2_get_state(&vf, &state);
		v2_data_size(&vf, &value);
		break;
	case 9:
		v2_precopy_info(data_fd, &info);
		break;
	case 10:
		vf_set_state(&vf, random_below(random, 5));
		break;
	case 11:
		vf_read64(&vf, REG_DATA_SIZE, &value);
		vf_read64(&vf, REG_PENDING_BYTES, &value);
		break;
	}
	hammer->accesses++;
}

static void *hammer_thread(void *arg)
{
	struct hammer *hammer = arg;

	do {
		strike(hammer);
	} while (!done);
	return NULL;
}

/* As long, and longer where a busy machine has not begun a session by then. */
static bool goes_on(long start)
{
	long us = sessions ? HAMMER_MS * 1000 : NEVER_STUCK_S * 1000000L;

	return now_us() < start + us;
}

static void hammer_all(void (*meanwhile)(void))
{
	struct hammer hammers[THREADS] = {};
	unsigned long accesses = 0;
	pthread_t threads[THREADS];
	long start = now_us();

	v2_save_stopped(&vf, &whole);
	data_fd = open("/dev/null", O_RDWR);
	ASSERT_GT(data_fd, -1);
	done = false;
	sessions = 0;
	for (int i = 0; i < THREADS; i++) {
		hammers[i].random = random_of(1, i, 0);
		pthread_create(&threads[i], NULL, hammer_thread, &hammers[i]);
	}
	while (goes_on(start))
		meanwhile();
	done = true;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_GT(hammers[i].accesses, 0);
		accesses += hammers[i].accesses;
	}
	close(data_fd);
	EXPECT_GT(sessions, 0);
	tap_note("%lu accesses, %u sessions", accesses, sessions);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	v2_need_whole_transfer();
	need_whole_transfer();
}

/* Out of RESUMING with half a stream there is no other way. */
static void help_out(void)
{
	vf_state(&vf);
	if (v2_state(&vf) == V2_RESUMING)
		EXPECT_EQ(vf_reset(&vf), 0);
	usleep(5000);
}

TEST(hammered, "threads on one device and its fds harm nothing but each other's transfer")
{
	hammer_all(help_out);
}

static void reset_now(void)
{
	EXPECT_EQ(vf_reset(&vf), 0);
}

/* No session begins in a reset, so there must be time between two. */
static void reset_and_rest(void)
{
	reset_now();
	usleep(5000);
}

TEST(hammered_and_reset, "nor do they where the device is reset all the time")
{
	hammer_all(reset_and_rest);
}

static int end_state;
static struct reader loop;

/* A reader that goes on until its session is over. */
static void *read_until_over(void *arg)
{
	struct reader *reader = arg;
	uint8_t piece[PIECE];
	ssize_t n;

	do {
		n = v2_read(reader->fd, piece, PIECE);
	} while (n >= 0 || n == -ENOMSG);
	reader->ret = n;
	return NULL;
}

static void end_by_state(void)
{
	v2_go(&vf, end_state);
}

static void end_by_close(void)
{
	reopen();
}

static void expect_told(uint32_t state, void (*end)(void))
{
	pthread_t thread;
	uint8_t some[8];

	loop.fd = v2_begin(&vf, state);
	ASSERT_EQ(v2_read(loop.fd, some, sizeof(some)), sizeof(some));
	pthread_create(&thread, NULL, read_until_over, &loop);
	end();
	pthread_join(thread, NULL);
	EXPECT_EQ(loop.ret, -ENODEV);
	v2_expect_ended(loop.fd, "told");
	v2_close(loop.fd);
	if (v2_state(&vf) != V2_RUNNING)
		v2_go(&vf, V2_RUNNING);
}

TEST(ended_under_a_reader, "a reader whose session is ended by another thread is told: ENODEV")
{
	static const int states[] = { V2_RUNNING, V2_STOP, V2_RUNNING_P2P };

	for (int i = 0; i < 15; i++) {
		end_state = states[i % 3];
		expect_told(V2_STOP_COPY, end_by_state);
		expect_told(V2_STOP_COPY, reset_now);
		if (i % 5 == 0)
			expect_told(V2_STOP_COPY, end_by_close);
		if (v2_can(&vf, V2_PRE_COPY))
			expect_told(V2_PRE_COPY, end_by_state);
	}
	v2_need_whole_transfer();
}
