// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a save's fd: whatever the sizes, the same bytes once each, and then
 * the end.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fixture.h"
#include "v2.h"

static struct bytes whole, got;
static long page;

/* The smallest window there is: many chunks. */
void before_open(void)
{
	bytes_free(&whole);
	bytes_free(&got);
	page = getpagesize();
	param_set("vfmig", "window", "4096");
}

/* To hold other ways of reading against. Leaves the device stopped. */
static void take_reference(void)
{
	int fd;

	v2_go(&vf, V2_STOP);
	fd = v2_begin(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_drain(fd, &whole, AT_ONCE), 0);
	v2_go(&vf, V2_STOP);
	v2_close(fd);
}

static int begin(void)
{
	take_reference();
	return v2_begin(&vf, V2_STOP_COPY);
}

static void expect_same(const char *what)
{
	bytes_expect_same(&got, &whole, what);
}

TEST(any_size, "reads of any size come to the same stream")
{
	static const size_t sizes[] = {
		1, 2, 3, 7, 8, 23, 24, 25, 4095, 4096, 4097, 8191, 8193, 65537,
		(1 << 20) + 1,
	};

	take_reference();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		int fd = v2_begin(&vf, V2_STOP_COPY);

		ASSERT_EQ(v2_drain(fd, &got, sizes[i]), 0, "%zu", sizes[i]);
		expect_same("any size");
		bytes_free(&got);
		v2_go(&vf, V2_STOP);
		v2_close(fd);
	}
}

TEST(changing_size, "so do reads of sizes that change all the time")
{
	uint8_t *buf = malloc(3 * page);
	int fd = begin();
	size_t size = 1;
	ssize_t n;

	ASSERT_NE(buf, NULL);
	while ((n = v2_read(fd, buf, size)) > 0) {
		ASSERT_LE(n, size);
		bytes_add(&got, buf, n);
		size = (size * 7 + 3) % (3 * page) + 1;
	}
	EXPECT_EQ(n, 0);
	expect_same("changing sizes");
	free(buf);
}

TEST(not_beyond, "a read writes no byte beyond what it says it has read")
{
	uint8_t buf[600];
	int fd = begin();
	ssize_t n;

	do {
		memset(buf, 0xa5, sizeof(buf));
		n = v2_read(fd, buf, 300);
		ASSERT_GT(n, -1);
		for (size_t i = n; i < sizeof(buf); i++)
			ASSERT_EQ(buf[i], 0xa5, "%zu after %zd", i, n);
		bytes_add(&got, buf, n);
	} while (n);
	expect_same("in a larger buffer");
}

TEST(the_end, "after the last byte a read returns 0, as often as it is asked and whatever the size")
{
	static const size_t sizes[] = { 1, 4096, 1, 65536, 0 };
	int fd = begin();
	uint8_t *buf = malloc(65536);

	ASSERT_NE(buf, NULL);
	ASSERT_EQ(v2_drain(fd, &got, AT_ONCE), 0);
	for (size_t i = 0; i < 3 * ARRAY_SIZE(sizes); i++)
		EXPECT_EQ(v2_read(fd, buf, sizes[i % ARRAY_SIZE(sizes)]), 0);
	EXPECT_EQ(v2_try(&vf, V2_STOP_COPY), 0);
	EXPECT_EQ(v2_read(fd, buf, 1), 0);
	expect_same("with many ends");
	free(buf);
}

TEST(zero_length, "a read of no bytes takes none, and is not the end")
{
	int fd = begin();
	uint8_t buf[100];
	ssize_t n;

	do {
		EXPECT_EQ(v2_read(fd, buf, 0), 0);
		EXPECT_EQ(read(fd, NULL, 0), 0);
		n = v2_read(fd, buf, sizeof(buf));
		ASSERT_GT(n, -1);
		bytes_add(&got, buf, n);
	} while (n);
	expect_same("with reads of nothing");
}

/* Two pages of which the second one is not there. */
static uint8_t *ending_buffer(void)
{
	uint8_t *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(at, MAP_FAILED);
	ASSERT_EQ(munmap(at + page, page), 0);
	return at;
}

TEST(no_buffer, "a read to where there is no memory fails with EFAULT, and takes no byte")
{
	uint8_t *at = ending_buffer();
	int fd = begin();
	uint8_t buf[700];
	ssize_t n;

	do {
		for (int i = 0; i < 2; i++)
			EXPECT_EQ(v2_read(fd, at + page, 700),
				  got.len == whole.len ? 0 : -EFAULT, "at %zu",
				  got.len);
		n = v2_read(fd, buf, sizeof(buf));
		ASSERT_GT(n, -1);
		bytes_add(&got, buf, n);
	} while (n);
	expect_same("with a fault before each read");
	munmap(at, page);
}

TEST(half_a_buffer, "a buffer that ends in mid-read costs no byte either")
{
	static const size_t rooms[] = { 1, 3, 8, 50, 500, 4095, 4096 };
	uint8_t *at = ending_buffer();
	unsigned int faults = 0;
	int fd = begin();
	uint8_t buf[90];
	ssize_t n;

	for (int i = 0; got.len < whole.len; i++) {
		size_t room = rooms[i % ARRAY_SIZE(rooms)];

		n = v2_read(fd, at + page - room, room + 500);
		ASSERT_LE(n, (ssize_t)room);
		if (n > 0) {
			bytes_add(&got, at + page - room, n);
			continue;
		}
		ASSERT_EQ(n, -EFAULT);
		faults++;
		n = v2_read(fd, buf, sizeof(buf));
		ASSERT_GT(n, -1);
		bytes_add(&got, buf, n);
	}
	EXPECT_EQ(v2_read(fd, buf, sizeof(buf)), 0);
	expect_same("with buffers that end early");
	tap_note("%u faults", faults);
	munmap(at, page);
}

TEST(scattered, "readv fills its parts in their order")
{
	uint8_t a[3], b[4097], c[40];
	struct iovec parts[] = {
		{ a, sizeof(a) }, { b, sizeof(b) }, { c, sizeof(c) },
	};
	int fd = begin();
	ssize_t n;

	while ((n = readv(fd, parts, ARRAY_SIZE(parts))) > 0) {
		size_t rest = n;

		for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
			size_t part = rest < parts[i].iov_len ? rest :
							parts[i].iov_len;

			bytes_add(&got, parts[i].iov_base, part);
			rest -= part;
		}
	}
	EXPECT_EQ(n, 0);
	expect_same("scattered");
}

TEST(into_the_window, "v1's mapped section can be the buffer, and harms nothing but itself")
{
	int fd = begin();
	ssize_t n;

	vf_map(&vf);
	do {
		n = v2_read(fd, vf.map + vf.area_len - 300, 300);
		if (n <= 0)
			break;
		bytes_add(&got, vf.map + vf.area_len - 300, n);
	} while (got.len <= whole.len);
	/* Whatever came: the device is none the worse for it. */
	vf_unmap(&vf);
	v2_close(fd);
	v2_go(&vf, V2_RUNNING);
	v2_need_whole_transfer();
}

TEST(begun_again, "a save that was given up begins from its first byte")
{
	uint8_t some[77];
	int fd;

	take_reference();
	for (int i = 0; i < 3; i++) {
		fd = v2_begin(&vf, V2_STOP_COPY);
		ASSERT_EQ(v2_read(fd, some, sizeof(some)), sizeof(some));
		EXPECT_EQ(memcmp(some, whole.at, sizeof(some)), 0);
		v2_go(&vf, V2_STOP);
		v2_close(fd);
	}
	fd = v2_begin(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_drain(fd, &got, 999), 0);
	expect_same("after three that were given up");
}
