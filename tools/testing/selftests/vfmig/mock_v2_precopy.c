// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pre-copy through v2, of a device that changes meanwhile: rounds, an end to
 * them, and a destination that ends up with the source's last state.
 */
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "fixture.h"
#include "race.h"
#include "v2.h"

#define SIZE	0x100000

static struct bytes stream;
static char digest[64];

void before_open(void)
{
	need_mock(vf_first());
	bytes_free(&stream);
	mock_setn(vf_first(), "size", SIZE);
	param_set("vfmig", "window", "65536");
}

static const char *digest_of(const char *bdf)
{
	return strstr(mock_text(bdf, "state"), "digest ");
}

static int begin(void)
{
	v2_need_pre_copy(&vf);
	return v2_begin(&vf, V2_PRE_COPY);
}

/* Returns what was read. */
static size_t pre_copy(int fd)
{
	size_t before = stream.len;

	EXPECT_EQ(v2_drain(fd, &stream, 10007), -ENOMSG);
	return stream.len - before;
}

static size_t stop_copy(int fd)
{
	size_t before = stream.len;

	v2_go(&vf, V2_STOP_COPY);
	EXPECT_EQ(v2_drain(fd, &stream, 10007), 0);
	strncpy(digest, digest_of(vf.bdf), sizeof(digest) - 1);
	return stream.len - before;
}

static void expect_destination_has_it(void)
{
	change_device();
	v2_load(&vf, &stream);
	EXPECT_STREQ(digest_of(vf.bdf), digest);
	v2_close_all();
	bytes_free(&stream);
}

static struct vfio_precopy_info info_of(int fd)
{
	struct vfio_precopy_info info;

	ASSERT_EQ(v2_precopy_info(fd, &info), 0);
	return info;
}

TEST(rounds, "ENOMSG comes after the rounds there are; the rest is said after the stop")
{
	static const unsigned int rounds[] = { 1, 2, 5, 20 };

	for (size_t i = 0; i < ARRAY_SIZE(rounds); i++) {
		size_t before, after;
		int fd;

		mock_setn(vf.bdf, "rounds", rounds[i]);
		mock_setn(vf.bdf, "dirty_permille", 50);
		fd = begin();
		before = pre_copy(fd);
		EXPECT_EQ(info_of(fd).dirty_bytes, 0);
		EXPECT_EQ(v2_state(&vf), V2_PRE_COPY);
		after = stop_copy(fd);
		EXPECT_GT(before, SIZE, "%u rounds", rounds[i]);
		EXPECT_LE(after, SIZE / 10, "%u rounds", rounds[i]);
		expect_destination_has_it();
	}
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
	pre_copy(fd);
	EXPECT_EQ(info_of(fd).dirty_bytes, 0);
	stop_copy(fd);
	expect_destination_has_it();
}

TEST(silent, "a device with nothing to say before the stop sends its identity, and then all")
{
	size_t before;
	int fd;

	mock_setn(vf.bdf, "rounds", 0);
	fd = begin();
	EXPECT_GT(info_of(fd).initial_bytes, 0);
	EXPECT_EQ(info_of(fd).dirty_bytes, 0);
	before = pre_copy(fd);
	EXPECT_GT(before, 0);
	EXPECT_LE(before, 4096);
	EXPECT_GT(stop_copy(fd), SIZE);
	expect_destination_has_it();
}

TEST(nothing_dirty, "a device that changes nothing has nothing but the end to say after the stop")
{
	int fd;

	mock_setn(vf.bdf, "dirty_permille", 0);
	fd = begin();
	pre_copy(fd);
	EXPECT_LE(stop_copy(fd), 64);
	expect_destination_has_it();
}

TEST(all_dirty, "a device that changes everything all the time ends too")
{
	int fd;

	mock_setn(vf.bdf, "dirty_permille", 1000);
	fd = begin();
	pre_copy(fd);
	EXPECT_GT(stop_copy(fd), SIZE);
	expect_destination_has_it();
}

TEST(quiesced, "in PRE_COPY_P2P nothing changes: once read it is empty until the device runs")
{
	int fd;

	mock_setn(vf.bdf, "rounds", 6);
	fd = begin();
	v2_go(&vf, V2_PRE_COPY_P2P);
	pre_copy(fd);
	EXPECT_EQ(info_of(fd).dirty_bytes, 0);
	EXPECT_EQ(v2_poll(fd) & POLLIN, 0);
	v2_go(&vf, V2_PRE_COPY);
	EXPECT_GT(info_of(fd).dirty_bytes, 0);
	EXPECT_EQ(v2_poll(fd) & POLLIN, POLLIN);
	EXPECT_GT(pre_copy(fd), 0);
	v2_go(&vf, V2_PRE_COPY_P2P);
	EXPECT_GT(pre_copy(fd), 0);
	EXPECT_LE(stop_copy(fd), 64);
	expect_destination_has_it();
}

TEST(paused_again, "the stop can fail and be tried again, and still nothing is lost")
{
	uint8_t some[5000];
	int fd = begin();

	for (int i = 0; i < 4; i++) {
		ssize_t n = v2_read(fd, some, sizeof(some));

		ASSERT_GT(n, 0);
		bytes_add(&stream, some, n);
		mock_set(vf.bdf, "fault", i == 1 ? "save_begin 1 5" :
						   "freeze 1 5");
		EXPECT_EQ(v2_try(&vf, V2_STOP_COPY), -EIO);
		EXPECT_EQ(v2_state(&vf), V2_PRE_COPY_P2P);
		if (i % 2)
			v2_go(&vf, V2_PRE_COPY);
	}
	stop_copy(fd);
	expect_destination_has_it();
}

TEST(cancelled, "a pre-copy that is given up costs the device nothing, as often as it happens")
{
	uint8_t some[5000];
	int fd;

	for (int i = 0; i < 5; i++) {
		fd = begin();
		ASSERT_GT(v2_read(fd, some, sizeof(some)), 0);
		v2_go(&vf, V2_RUNNING);
		v2_close(fd);
	}
	fd = begin();
	pre_copy(fd);
	stop_copy(fd);
	expect_destination_has_it();
}

TEST(overstated, "a backend that claims more than it has does not keep a transfer from ending")
{
	int fd;

	mock_setn(vf.bdf, "overstate", 1);
	fd = begin();
	pre_copy(fd);
	stop_copy(fd);
	expect_destination_has_it();
}

TEST(initial_stays, "initial_bytes that were estimated too high do not rise again when more comes")
{
	struct vfio_precopy_info info;
	int fd;

	mock_setn(vf.bdf, "rounds", 0);
	mock_setn(vf.bdf, "overstate", 1);
	fd = begin();
	EXPECT_GT(info_of(fd).initial_bytes, 0);
	pre_copy(fd);
	mock_set(vf.bdf, "change", "1");
	info = info_of(fd);
	EXPECT_EQ(info.initial_bytes, 0);
	EXPECT_GT(info.dirty_bytes, 0);
	EXPECT_GT(pre_copy(fd), 0);
	stop_copy(fd);
	expect_destination_has_it();
}

TEST(tiny, "the smallest state there is goes through pre-copy too")
{
	int fd;

	mock_setn(vf.bdf, "size", 8);
	reopen();
	fd = begin();
	pre_copy(fd);
	stop_copy(fd);
	expect_destination_has_it();
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
	EXPECT_GT(pre_copy(fd), 0);
	EXPECT_EQ(epoll_wait(set, &event, 1, 0), 0);
	close(set);
}

TEST(woken_by_change, "who waits for more at ENOMSG is woken by what comes then, and can read it")
{
	int fd = begin();

	pre_copy(fd);
	for (int i = 0; i < 3; i++)
		expect_woken_by_change(fd);
	/* Also where the backend has been caught at claiming too much. */
	mock_setn(vf.bdf, "overstate", 1);
	pre_copy(fd);
	for (int i = 0; i < 3; i++)
		expect_woken_by_change(fd);
	mock_setn(vf.bdf, "overstate", 0);
	EXPECT_LE(stop_copy(fd), SIZE / 4);
	expect_destination_has_it();
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

	pre_copy(fd);
	waiting = (struct pollfd){ .fd = fd, .events = POLLIN };
	ASSERT_EQ(pthread_create(&thread, NULL, wait_in_poll, NULL), 0);
	stop_copy(fd);
	ASSERT_EQ(pthread_join(thread, NULL), 0);
	EXPECT_EQ(woken, 1);
	EXPECT_NE(waiting.revents & POLLIN, 0);
	expect_destination_has_it();
}

TEST(v1_takes_it, "what v2 has saved while it ran v1 loads, and the other way about")
{
	int fd = begin();

	pre_copy(fd);
	stop_copy(fd);
	change_device();
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &stream), 0);
	EXPECT_STREQ(digest_of(vf.bdf), digest);
	vf_go(&vf, STATE_RUNNING);

	bytes_free(&stream);
	vf_go(&vf, STATE_PRE_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	strncpy(digest, digest_of(vf.bdf), sizeof(digest) - 1);
	expect_destination_has_it();
}
