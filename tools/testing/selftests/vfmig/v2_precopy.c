// SPDX-License-Identifier: GPL-2.0-only
/*
 * PRE_COPY, where the kernel has it: what is read while the device runs, and how
 * that goes on when it stops.
 */
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fixture.h"
#include "stream.h"
#include "v2.h"

static struct bytes stream;
static size_t head;

/* The smallest window there is: many chunks. */
void before_open(void)
{
	bytes_free(&stream);
	param_set("vfmig", "window", "4096");
}

static int begin(void)
{
	struct bytes whole = {};
	struct parts parts;

	v2_need_pre_copy(&vf);
	v2_save_stopped(&vf, &whole);
	stream_split(&whole, &parts);
	head = parts.at[1];
	bytes_free(&whole);
	return v2_begin(&vf, V2_PRE_COPY);
}

/* As many bytes as there are: the identity at the least. */
static void take(int fd, size_t len)
{
	uint8_t buf[4096];
	ssize_t n;

	for (; len; len -= n) {
		n = v2_read(fd, buf, len < sizeof(buf) ? len : sizeof(buf));
		if (n == -ENOMSG && stream.len >= head)
			break;
		ASSERT_GT(n, 0);
		bytes_add(&stream, buf, n);
	}
}

static struct vfio_precopy_info info_of(int fd)
{
	struct vfio_precopy_info info;

	ASSERT_EQ(v2_precopy_info(fd, &info), 0);
	return info;
}

static void finish(int fd)
{
	v2_go(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_drain(fd, &stream, 1001), 0);
}

/* It is a stream, and of the state that the device had when it stopped. */
static void expect_loadable(void)
{
	struct bytes last = {}, again = {};
	int fd;

	/* In STOP_COPY, with all said: what would a save of now say? */
	v2_go(&vf, V2_STOP);
	fd = v2_begin(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_drain(fd, &last, AT_ONCE), 0);
	v2_go(&vf, V2_RUNNING);
	v2_close(fd);

	change_device();
	fd = v2_begin(&vf, V2_RESUMING);
	ASSERT_EQ(v2_fill(fd, stream.at, stream.len, 997), 0);
	fd = v2_begin(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_drain(fd, &again, AT_ONCE), 0);
	bytes_expect_same(&again, &last, "loaded");
	v2_go(&vf, V2_RUNNING);
	v2_close_all();
	bytes_free(&last);
	bytes_free(&again);
	bytes_free(&stream);
}

TEST(no_message, "where nothing is left now a read fails with ENOMSG, as often as it is asked")
{
	int fd = begin();
	uint8_t byte;

	EXPECT_EQ(v2_poll(fd) & POLLIN, POLLIN);
	EXPECT_EQ(v2_drain(fd, &stream, 100), -ENOMSG);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(v2_read(fd, &byte, 1), -ENOMSG);
		EXPECT_EQ(v2_poll(fd) & (POLLIN | POLLHUP), 0);
	}
	EXPECT_EQ(v2_state(&vf), V2_PRE_COPY);
	finish(fd);
	expect_loadable();
}

TEST(initial_bytes, "all there is at first is initial, identity included; reading it leads to 0")
{
	struct vfio_precopy_info info;
	uint64_t last;
	uint8_t some[37];
	int fd = begin();
	ssize_t n;

	info = info_of(fd);
	EXPECT_GT(info.initial_bytes, head - 1);
	EXPECT_EQ(info.dirty_bytes, 0);
	last = info.initial_bytes;
	for (;;) {
		info = info_of(fd);
		EXPECT_LE(info.initial_bytes, last);
		last = info.initial_bytes;
		if (stream.len < head)
			EXPECT_GT(info.initial_bytes, 0);
		n = v2_read(fd, some, sizeof(some));
		if (n < 0)
			break;
		bytes_add(&stream, some, n);
	}
	EXPECT_EQ(n, -ENOMSG);
	EXPECT_EQ(last, 0);
	EXPECT_EQ(memcmp(stream.at, "vfmigstr", 8), 0);
}

TEST(both_zero, "ENOMSG and nothing else is where initial_bytes and dirty_bytes are both 0")
{
	struct vfio_precopy_info info;
	uint8_t some[200];
	int fd = begin();
	ssize_t n;

	do {
		info = info_of(fd);
		n = v2_read(fd, some, sizeof(some));
		EXPECT_EQ(n == -ENOMSG,
			  !info.initial_bytes && !info.dirty_bytes);
	} while (n > 0);
	EXPECT_EQ(n, -ENOMSG);
}

TEST(info_takes_nothing, "precopy info takes no byte from the stream")
{
	int fd = begin();
	uint8_t some[333];
	ssize_t n;

	do {
		for (int i = 0; i < 3; i++)
			info_of(fd);
		n = v2_read(fd, some, sizeof(some));
		if (n > 0)
			bytes_add(&stream, some, n);
	} while (n > 0);
	EXPECT_EQ(n, -ENOMSG);
	finish(fd);
	expect_loadable();
}

static int raw_info(int fd, uint32_t argsz)
{
	struct vfio_precopy_info info = { .argsz = argsz };

	return ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info) ? -errno : 0;
}

TEST(argsz, "precopy info refuses an argsz that is too short, and no memory")
{
	size_t whole = sizeof(struct vfio_precopy_info);
	int fd = begin();

	EXPECT_EQ(raw_info(fd, 0), -EINVAL);
	EXPECT_EQ(raw_info(fd, whole - 1), -EINVAL);
	EXPECT_EQ(raw_info(fd, whole), 0);
	EXPECT_EQ(raw_info(fd, whole + 64), 0);
	EXPECT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, NULL), -1);
	EXPECT_EQ(errno, EFAULT);
}

TEST(flags, "flags is 0 whatever was in it, also where v2 of the info is asked for")
{
	uint32_t v2 = FEATURE_PRECOPY_INFO_V2;
	struct vfio_precopy_info info = {
		.argsz = sizeof(info), .flags = ~0U,
	};
	int fd = begin();

	if (v2_feature(&vf, v2 | VFIO_DEVICE_FEATURE_PROBE |
		       VFIO_DEVICE_FEATURE_SET, NULL, 0))
		SKIP("no VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 in this kernel");
	EXPECT_EQ(v2_feature(&vf, v2 | VFIO_DEVICE_FEATURE_SET, NULL, 0), 0);
	do {
		info.flags = ~0U;
		EXPECT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info), 0);
		EXPECT_EQ(info.flags, 0);
		take(fd, 10);
	} while (info.initial_bytes > 100 && stream.len < 5000);
	finish(fd);
	expect_loadable();
}

TEST(info_elsewhere, "precopy info is EINVAL in STOP_COPY, and ENODEV when the session is over")
{
	struct vfio_precopy_info info;
	int fd = begin();

	v2_go(&vf, V2_PRE_COPY_P2P);
	EXPECT_EQ(v2_precopy_info(fd, &info), 0);
	v2_go(&vf, V2_STOP_COPY);
	EXPECT_EQ(v2_precopy_info(fd, &info), -EINVAL);
	v2_go(&vf, V2_STOP);
	EXPECT_EQ(v2_precopy_info(fd, &info), -ENODEV);
	fd = v2_begin(&vf, V2_STOP_COPY);
	EXPECT_EQ(v2_precopy_info(fd, &info), -EINVAL);
}

TEST(stopped_anywhere, "PRE_COPY can be left for STOP_COPY at any byte, and none is lost")
{
	static const size_t places[] = {
		0, 1, 39, 40, 41, 87, 88, 89, 95, 96, 111, 112, 113, 150, 200,
		4095, 4096, 4097, 5000, 8191, 9000, 20000,
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int fd = begin();
		uint8_t some[20000];
		ssize_t n = 0;

		while (stream.len < places[i]) {
			n = v2_read(fd, some, places[i] - stream.len);
			if (n < 0)
				break;
			bytes_add(&stream, some, n);
		}
		finish(fd);
		expect_loadable();
		if (n < 0)
			break;
	}
}

TEST(by_way_of_p2p, "the same by way of PRE_COPY_P2P, with reads in it too")
{
	for (size_t len = 0; len < 600; len += 150) {
		int fd = begin();

		take(fd, len);
		EXPECT_EQ(v2_go(&vf, V2_PRE_COPY_P2P), NO_FD);
		take(fd, 30);
		EXPECT_EQ(v2_go(&vf, V2_PRE_COPY), NO_FD);
		take(fd, 20);
		EXPECT_EQ(v2_go(&vf, V2_PRE_COPY_P2P), NO_FD);
		if (len % 300)
			EXPECT_EQ(v2_drain(fd, &stream, 500), -ENOMSG);
		EXPECT_EQ(v2_go(&vf, V2_STOP_COPY), NO_FD);
		finish(fd);
		expect_loadable();
	}
}

TEST(begun_quiesced, "a pre-copy may begin in PRE_COPY_P2P")
{
	int fd = begin();

	v2_go(&vf, V2_RUNNING_P2P);
	v2_expect_ended(fd, "RUNNING_P2P");
	fd = v2_begin(&vf, V2_PRE_COPY_P2P);
	EXPECT_GT(info_of(fd).initial_bytes, head - 1);
	take(fd, head + 10);
	finish(fd);
	expect_loadable();
}

TEST(given_up, "a pre-copy that is given up ends its fd, and costs the device nothing")
{
	static const uint32_t targets[] = {
		V2_RUNNING, V2_RUNNING_P2P, V2_STOP, V2_RESUMING,
	};

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		int fd = begin();

		take(fd, 60);
		v2_go(&vf, targets[i]);
		v2_expect_ended(fd, v2_name(targets[i]));
		v2_go_back(&vf);
		v2_close_all();
		bytes_free(&stream);
	}
	v2_need_whole_transfer();
}

TEST(identity_early, "the identity is said first: an unfit destination fails before the stop")
{
	int fd = begin();

	take(fd, head);
	v2_go(&vf, V2_RUNNING);
	fd = v2_begin(&vf, V2_RESUMING);
	stream.at[HEAD_VERSION] ^= 1;
	stream_seal_head(stream.at);
	EXPECT_EQ(v2_fill(fd, stream.at, head, AT_ONCE), -EINVAL);
	ASSERT_EQ(vf_reset(&vf), 0);
	v2_need_whole_transfer();
}
