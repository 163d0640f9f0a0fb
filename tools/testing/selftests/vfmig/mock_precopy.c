// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pre-copy of a device that changes meanwhile: rounds, an end to them, and a
 * destination that ends up with the source's last state.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "fixture.h"
#include "race.h"
#include "v2.h"
#include "ways.h"

#define SIZE	0x100000

static const struct protocol *const v1 = &ways[BY_V1];
static const struct protocol *const v2 = &ways[BY_V2];

static struct bytes stream;
static char digest[DIGEST_TEXT];

void before_open(void)
{
	need_mock(vf_first());
	bytes_free(&stream);
	mock_setn(vf_first(), "size", SIZE);
	param_set("vfmig", "window", "65536");
}

/* Each returns the bytes that it has added. */
static size_t pre_copy(const struct protocol *by)
{
	size_t before = stream.len;

	way_pre_copy(by, &vf, &stream);
	return stream.len - before;
}

static size_t stop_copy(const struct protocol *by)
{
	size_t before = stream.len;

	way_stop_copy(by, &vf, &stream);
	mock_digest(vf.bdf, digest);
	return stream.len - before;
}

static void expect_destination_has_it(const struct protocol *by)
{
	change_device();
	way_load(by, &vf, &stream);
	mock_expect_digest(vf.bdf, digest);
	way_go(by, &vf, TO_RUNNING);
	mock_expect_digest(vf.bdf, digest);
	v2_close_all();
	bytes_free(&stream);
}

static void transfer(const struct protocol *by)
{
	pre_copy(by);
	stop_copy(by);
	expect_destination_has_it(by);
}

TEST_EACH(rounds, "nothing is left after the rounds there are; the rest is said after the stop")
{
	static const unsigned int rounds[] = { 1, 2, 5, 20 };

	for (int i = 0; i < 4; i++) {
		size_t before, after;

		mock_setn(vf.bdf, "rounds", rounds[i]);
		mock_setn(vf.bdf, "dirty_permille", 50);
		before = pre_copy(by);
		EXPECT_EQ(by->left(&vf), 0);
		EXPECT_EQ(way_in(by, &vf, TO_PRE_COPY), true);
		after = stop_copy(by);
		EXPECT_GT(before, SIZE, "%u rounds", rounds[i]);
		EXPECT_LE(after, SIZE / 10, "%u rounds", rounds[i]);
		expect_destination_has_it(by);
	}
}

static struct vfio_precopy_info info_of(int fd)
{
	struct vfio_precopy_info info;

	ASSERT_EQ(v2_precopy_info(fd, &info), 0);
	return info;
}

TEST_EACH(silent, "a device with nothing to say before the stop sends its identity, and then all")
{
	by->need_pre_copy(&vf);
	mock_setn(vf.bdf, "rounds", 0);
	way_go(by, &vf, TO_PRE_COPY);
	EXPECT_GT(by->left(&vf), 0);
	if (by == v2) {
		EXPECT_GT(info_of(way_fd()).initial_bytes, 0);
		EXPECT_EQ(info_of(way_fd()).dirty_bytes, 0);
	}
	ASSERT_EQ(by->drain(&vf, &stream), 0);
	EXPECT_GT(stream.len, 0);
	EXPECT_LE(stream.len, 4096);
	EXPECT_GT(stop_copy(by), SIZE);
	expect_destination_has_it(by);
}

TEST_EACH(nothing_dirty, "a device that changes nothing has but the end to say after the stop")
{
	mock_setn(vf.bdf, "dirty_permille", 0);
	pre_copy(by);
	EXPECT_LE(stop_copy(by), 64);
	expect_destination_has_it(by);
}

TEST_EACH(all_dirty, "a device that changes everything all the time ends too")
{
	mock_setn(vf.bdf, "dirty_permille", 1000);
	pre_copy(by);
	EXPECT_GT(stop_copy(by), SIZE);
	expect_destination_has_it(by);
}

TEST_EACH(stopped_midway, "pre-copy can be left at any piece, copied or not")
{
	by->need_pre_copy(&vf);
	for (int pieces = 0; pieces < 8; pieces++) {
		way_go(by, &vf, TO_PRE_COPY);
		for (int i = 0; i < pieces; i++)
			ASSERT_GT(by->piece(&vf, &stream), 0);
		if (pieces % 2)
			by->look(&vf);
		stop_copy(by);
		expect_destination_has_it(by);
	}
}

TEST_EACH(paused_again, "the stop can fail and be tried again, and still nothing is lost")
{
	by->need_pre_copy(&vf);
	way_go(by, &vf, TO_PRE_COPY);
	for (int i = 0; i < 4; i++) {
		/* Also twice without a piece between them. */
		if (i != 2)
			ASSERT_GT(by->piece(&vf, &stream), 0);
		mock_set(vf.bdf, "fault", i == 1 ? "save_begin 1 5" :
						   "freeze 1 5");
		EXPECT_EQ(way_try(by, &vf, TO_STOP_COPY), by->step_failed);
		EXPECT_EQ(way_in(by, &vf, NOT_STOPPED_PRE_COPY), true);
		if (i % 2)
			way_go(by, &vf, TO_PRE_COPY);
	}
	stop_copy(by);
	expect_destination_has_it(by);
}

TEST_EACH(cancelled, "a pre-copy that is given up costs the device nothing, as often as it happens")
{
	by->need_pre_copy(&vf);
	for (int i = 0; i < 5; i++) {
		way_go(by, &vf, TO_PRE_COPY);
		ASSERT_GT(by->piece(&vf, &stream), 0);
		way_go(by, &vf, TO_RUNNING);
		bytes_free(&stream);
	}
	transfer(by);
}

TEST_EACH(overstated, "a backend that claims more than it has does not keep a transfer from ending")
{
	mock_setn(vf.bdf, "overstate", 1);
	transfer(by);
}

TEST_EACH(tiny, "the smallest state there is goes through pre-copy too")
{
	mock_setn(vf.bdf, "size", 8);
	reopen();
	transfer(by);
}

TEST_EACH(odd_sizes, "records and states of odd sizes fit each other")
{
	static const uint64_t sizes[] = { 16, 4088, 4096, 4104, 70000 };
	static const uint64_t records[] = { 8, 24, 4096, 10008, 1 << 19 };

	for (int s = 0; s < 5; s++) {
		for (int r = 0; r < 5; r++) {
			if (sizes[s] / records[r] > 600)
				continue;
			mock_setn(vf.bdf, "size", sizes[s]);
			mock_setn(vf.bdf, "record", records[r]);
			ASSERT_EQ(vf_reset(&vf), 0);
			transfer(by);
			mock_setn(vf.bdf, "seed", 1);
		}
	}
}

TEST(changes_hands, "what v2 has saved while it ran v1 loads, and the other way about")
{
	pre_copy(v2);
	stop_copy(v2);
	expect_destination_has_it(v1);

	pre_copy(v1);
	stop_copy(v1);
	expect_destination_has_it(v2);
}

/* What v2 alone has: the fd, which tells two kinds of bytes apart and can wait. */

static int begin(void)
{
	v2_need_pre_copy(&vf);
	way_go(v2, &vf, TO_PRE_COPY);
	return way_fd();
}

/* All there is now. */
static size_t read_on(void)
{
	size_t before = stream.len;

	ASSERT_EQ(v2->drain(&vf, &stream), 0);
	return stream.len - before;
}

static void read_at_least(int fd, size_t len)
{
	while (stream.len < len) {
		uint8_t some[4000];
		ssize_t n = v2_read(fd, some, sizeof(some));

		ASSERT_GT(n, 0);
		bytes_add(&stream, some, n);
	}
}

TEST(told_apart, "initial_bytes is about the first pass, dirty_bytes about what has changed since")
{
	struct vfio_precopy_info info;
	int fd;

	mock_setn(vf.bdf, "rounds", 3);
	mock_setn(vf.bdf, "dirty_permille", 100);
	fd = begin();
	info = info_of(fd);
	EXPECT_GT(info.initial_bytes, SIZE - 1);
	EXPECT_LE(info.initial_bytes, SIZE + SIZE / 16);
	EXPECT_EQ(info.dirty_bytes, 0);
	read_at_least(fd, SIZE / 2);
	info = info_of(fd);
	EXPECT_GT(info.initial_bytes, SIZE / 2 - SIZE / 16);
	EXPECT_LE(info.initial_bytes, SIZE / 2 + SIZE / 16);

	/* By now in the rounds: the first pass is over. */
	read_at_least(fd, SIZE + SIZE / 16);
	info = info_of(fd);
	EXPECT_EQ(info.initial_bytes, 0);
	EXPECT_GT(info.dirty_bytes, 0);
	EXPECT_LE(info.dirty_bytes, SIZE / 8);
	read_on();
	EXPECT_EQ(info_of(fd).dirty_bytes, 0);
	stop_copy(v2);
	expect_destination_has_it(v2);
}

TEST(quiesced, "in PRE_COPY_P2P nothing changes: once read it is empty until the device runs")
{
	int fd;

	mock_setn(vf.bdf, "rounds", 6);
	fd = begin();
	v2_go(&vf, V2_PRE_COPY_P2P);
	read_on();
	EXPECT_EQ(info_of(fd).dirty_bytes, 0);
	EXPECT_EQ(v2_poll(fd) & POLLIN, 0);
	v2_go(&vf, V2_PRE_COPY);
	EXPECT_GT(info_of(fd).dirty_bytes, 0);
	EXPECT_EQ(v2_poll(fd) & POLLIN, POLLIN);
	EXPECT_GT(read_on(), 0);
	v2_go(&vf, V2_PRE_COPY_P2P);
	EXPECT_GT(read_on(), 0);
	EXPECT_LE(stop_copy(v2), 64);
	expect_destination_has_it(v2);
}

TEST(initial_stays, "initial_bytes that were estimated too high do not rise again when more comes")
{
	struct vfio_precopy_info info;
	int fd;

	mock_setn(vf.bdf, "rounds", 0);
	mock_setn(vf.bdf, "overstate", 1);
	fd = begin();
	EXPECT_GT(info_of(fd).initial_bytes, 0);
	read_on();
	mock_set(vf.bdf, "change", "1");
	info = info_of(fd);
	EXPECT_EQ(info.initial_bytes, 0);
	EXPECT_GT(info.dirty_bytes, 0);
	EXPECT_GT(read_on(), 0);
	stop_copy(v2);
	expect_destination_has_it(v2);
}

static int epoll_of(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	int set = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_GT(set, -1);
	ASSERT_EQ(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
	return set;
}

/* A set is told by a wake-up alone, where poll() would look again in the end. */
static void expect_woken_by_change(int fd)
{
	struct epoll_event event = {};
	int set = epoll_of(fd);

	EXPECT_EQ(epoll_wait(set, &event, 1, 0), 0);
	mock_set(vf.bdf, "change", "1");
	EXPECT_EQ(epoll_wait(set, &event, 1, 0), 1);
	EXPECT_EQ(event.events, EPOLLIN);
	EXPECT_GT(read_on(), 0);
	EXPECT_EQ(epoll_wait(set, &event, 1, 0), 0);
	close(set);
}

TEST(woken_by_change, "who waits for more at ENOMSG is woken by what comes then, and can read it")
{
	int fd = begin();

	read_on();
	for (int i = 0; i < 3; i++)
		expect_woken_by_change(fd);
	/* Also where the backend has been caught at claiming too much. */
	mock_setn(vf.bdf, "overstate", 1);
	read_on();
	for (int i = 0; i < 3; i++)
		expect_woken_by_change(fd);
	mock_setn(vf.bdf, "overstate", 0);
	EXPECT_LE(stop_copy(v2), SIZE / 4);
	expect_destination_has_it(v2);
}

static struct pollfd waiting;
static int woken;

static void *wait_in_poll(void *unused)
{
	(void)unused;
	woken = poll(&waiting, 1, NEVER_STUCK_S * 1000);
	return NULL;
}

TEST(waited_for, "who waits in poll for more is told when the stop brings it")
{
	pthread_t thread;
	int fd = begin();

	read_on();
	waiting = (struct pollfd){ .fd = fd, .events = POLLIN };
	ASSERT_EQ(pthread_create(&thread, NULL, wait_in_poll, NULL), 0);
	stop_copy(v2);
	ASSERT_EQ(pthread_join(thread, NULL), 0);
	EXPECT_EQ(woken, 1);
	EXPECT_NE(waiting.revents & POLLIN, 0);
	expect_destination_has_it(v2);
}
