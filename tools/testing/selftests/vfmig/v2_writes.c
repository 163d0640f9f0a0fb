// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing to a load's fd: whatever the sizes, the same load; and what is no
 * stream is refused by the write that shows it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fixture.h"
#include "stream.h"
#include "v2.h"

static struct bytes stream, got;
static struct parts parts;
static long page;

/* The smallest window there is: a write is worth many of them. */
void before_open(void)
{
	bytes_free(&stream);
	bytes_free(&got);
	page = getpagesize();
	param_set("vfmig", "window", "4096");
}

static void take_stream(void)
{
	bytes_free(&stream);
	v2_save_stopped(&vf, &stream);
	stream_split(&stream, &parts);
}

static int begin(void)
{
	take_stream();
	change_device();
	return v2_begin(&vf, V2_RESUMING);
}

/* What was loaded is what comes out. */
static void expect_loaded(const char *what)
{
	int fd = v2_begin(&vf, V2_STOP_COPY);

	bytes_free(&got);
	ASSERT_EQ(v2_drain(fd, &got, AT_ONCE), 0, "%s", what);
	bytes_expect_same(&got, &stream, what);
	v2_go(&vf, V2_RUNNING);
	v2_close(fd);
}

static void expect_stuck(void)
{
	static const uint32_t targets[] = {
		V2_STOP, V2_RUNNING, V2_STOP_COPY, V2_RUNNING_P2P, V2_PRE_COPY,
		V2_PRE_COPY_P2P,
	};

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		if (!v2_can(&vf, targets[i]))
			continue;
		EXPECT_EQ(v2_try(&vf, targets[i]), -EINVAL, "to %s",
			  v2_name(targets[i]));
		EXPECT_EQ(v2_state(&vf), V2_RESUMING, "to %s",
			  v2_name(targets[i]));
	}
}

static void expect_reset_recovers(int fd)
{
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	v2_expect_ended(fd, "reset");
	v2_close(fd);
}

TEST(any_size, "writes of any size are the same load")
{
	static const size_t sizes[] = {
		1, 2, 3, 7, 8, 23, 24, 25, 4095, 4096, 4097, 8191, 8193, 65537,
		(1 << 20) + 1,
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		int fd = begin();

		ASSERT_EQ(v2_fill(fd, stream.at, stream.len, sizes[i]), 0,
			  "%zu", sizes[i]);
		expect_loaded("any size");
		v2_close(fd);
	}
}

TEST(whole_writes, "a write takes all of its bytes")
{
	int fd = begin();

	EXPECT_EQ(v2_write(fd, stream.at, 10), 10);
	EXPECT_EQ(v2_write(fd, stream.at + 10, stream.len - 10),
		  stream.len - 10);
	expect_loaded("two writes");
}

TEST(parts_of_it, "nor does it matter whether a write ends with a record")
{
	int fd = begin();

	for (unsigned int i = 0; i < parts.nr; i++) {
		size_t at = parts.at[i], end = parts.at[i + 1];

		ASSERT_EQ(v2_fill(fd, stream.at + at, 5, AT_ONCE), 0);
		ASSERT_EQ(v2_fill(fd, stream.at + at + 5, end - at - 5,
				  AT_ONCE), 0);
	}
	expect_loaded("record by record");
}

TEST(gathered, "writev is taken in the order of its parts")
{
	int fd = begin();
	struct iovec vec[] = {
		{ stream.at, 9 },
		{ stream.at + 9, 0 },
		{ stream.at + 9, stream.len - 10 },
		{ stream.at + stream.len - 1, 1 },
	};

	EXPECT_EQ(writev(fd, vec, ARRAY_SIZE(vec)), stream.len);
	expect_loaded("gathered");
}

TEST(zero_length, "a write of no bytes takes none, before, within and after the stream")
{
	int fd = begin();

	EXPECT_EQ(write(fd, NULL, 0), 0);
	ASSERT_EQ(v2_fill(fd, stream.at, 10, AT_ONCE), 0);
	EXPECT_EQ(write(fd, stream.at, 0), 0);
	ASSERT_EQ(v2_fill(fd, stream.at + 10, stream.len - 10, AT_ONCE), 0);
	EXPECT_EQ(write(fd, stream.at, 0), 0);
	expect_loaded("with writes of nothing");
}

TEST(no_buffer, "a write from where there is no memory fails with EFAULT, and nothing is taken")
{
	uint8_t *at = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	int fd = begin();
	size_t done, n;

	ASSERT_NE(at, MAP_FAILED);
	ASSERT_EQ(munmap(at, page), 0);
	for (done = 0; done < stream.len; done += n) {
		n = stream.len - done < 1000 ? stream.len - done : 1000;
		EXPECT_EQ(v2_write(fd, at, 100), -EFAULT, "at %zu", done);
		ASSERT_EQ(v2_fill(fd, stream.at + done, n, AT_ONCE), 0);
	}
	expect_loaded("with a fault before each write");
}

TEST(half_a_buffer, "a buffer that ends in mid-write: what the write says it has taken counts")
{
	static const size_t rooms[] = { 1, 3, 8, 50, 500, 4095, 4096 };
	uint8_t *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = begin();
	size_t done = 0;
	ssize_t n;

	ASSERT_NE(at, MAP_FAILED);
	ASSERT_EQ(munmap(at + page, page), 0);
	for (int i = 0; done < stream.len; i++) {
		size_t room = rooms[i % ARRAY_SIZE(rooms)];
		size_t rest = stream.len - done;

		if (room > rest)
			room = rest;
		memcpy(at + page - room, stream.at + done, room);
		n = v2_write(fd, at + page - room, room + 500);
		if (n == -EFAULT)
			n = v2_write(fd, stream.at + done, room);
		ASSERT_GT(n, 0);
		ASSERT_LE(n, (ssize_t)room);
		done += n;
	}
	expect_loaded("from buffers that end early");
	munmap(at, page);
}

TEST(empty, "leaving RESUMING with not one byte written fails; with a stream, or reset, it works")
{
	uint64_t errors = core_number(vf.bdf, "last_error", "");
	int fd = begin();

	expect_stuck();
	EXPECT_EQ(write(fd, NULL, 0), 0);
	expect_stuck();
	EXPECT_GT(core_number(vf.bdf, "last_error", ""), errors);
	ASSERT_EQ(v2_fill(fd, stream.at, stream.len, AT_ONCE), 0);
	expect_loaded("after not one byte");

	fd = v2_begin(&vf, V2_RESUMING);
	expect_stuck();
	expect_reset_recovers(fd);
	v2_need_whole_transfer();
}

TEST(cut_short, "leaving on a stream that is cut short fails, and it can still be completed")
{
	size_t cut[] = { 1, 7, 8, 39, 40, 100, 0 };
	int fd = begin();

	cut[6] = stream.len - 1;
	for (size_t i = 0; i < ARRAY_SIZE(cut); i++) {
		size_t from = i ? cut[i - 1] : 0;

		ASSERT_EQ(v2_fill(fd, stream.at + from, cut[i] - from, AT_ONCE),
			  0);
		expect_stuck();
	}
	ASSERT_EQ(v2_fill(fd, stream.at + cut[6], 1, 1), 0);
	expect_loaded("completed");
}

TEST(committed, "the write that brings the end also puts the state into the device")
{
	int fd = begin();

	if (!is_mock(vf.bdf))
		SKIP("only mock says when it is told");
	mock_set(vf.bdf, "calls", "");
	ASSERT_EQ(v2_fill(fd, stream.at, stream.len - 1, AT_ONCE), 0);
	EXPECT_EQ(strstr(mock_text(vf.bdf, "calls"), "load_commit"), NULL);
	ASSERT_EQ(v2_fill(fd, stream.at + stream.len - 1, 1, 1), 0);
	EXPECT_NE(strstr(mock_text(vf.bdf, "calls"), "load_commit load_end"),
		  NULL);
	mock_set(vf.bdf, "calls", "");
	v2_go(&vf, V2_STOP);
	EXPECT_STREQ(mock_text(vf.bdf, "calls"), "");
}

static void expect_trailing_refused(size_t more, bool in_one)
{
	static const uint8_t zeros[64];
	int fd = begin();

	bytes_add(&stream, zeros, more);
	if (!in_one)
		ASSERT_EQ(v2_fill(fd, stream.at, stream.len - more, AT_ONCE), 0);
	EXPECT_EQ(in_one ? v2_fill(fd, stream.at, stream.len, AT_ONCE) :
			   v2_write(fd, zeros, more), -EINVAL, "%zu", more);
	EXPECT_EQ(v2_write(fd, zeros, 1), -EINVAL);
	expect_stuck();
	expect_reset_recovers(fd);
}

TEST(trailing, "bytes after the end are refused, in the write that brings it and later")
{
	expect_trailing_refused(1, false);
	expect_trailing_refused(16, false);
	expect_trailing_refused(1, true);
	expect_trailing_refused(40, true);
	v2_need_whole_transfer();
}

TEST(two_streams, "a second stream after the first one starts the load over")
{
	size_t half;
	int fd = begin();

	half = stream.len / 2;
	ASSERT_EQ(v2_fill(fd, stream.at, stream.len, AT_ONCE), 0);
	ASSERT_EQ(v2_fill(fd, stream.at, half, AT_ONCE), 0);
	expect_stuck();
	ASSERT_EQ(v2_fill(fd, stream.at + half, stream.len - half, AT_ONCE), 0);
	expect_loaded("a second time");
}

TEST(scribbled, "v1's data section has no say in a load through v2")
{
	int fd = begin();
	uint8_t junk[4096];
	size_t n;

	memset(junk, 0xee, sizeof(junk));
	vf_map(&vf);
	for (size_t at = 0; at < stream.len; at += n) {
		n = stream.len - at < 1000 ? stream.len - at : 1000;
		ASSERT_EQ(v2_fill(fd, stream.at + at, n, AT_ONCE), 0);
		ASSERT_EQ(vf_write(&vf, vf.area, junk, sizeof(junk)), 0);
		memcpy(vf.map, junk, sizeof(junk));
	}
	vf_unmap(&vf);
	expect_loaded("scribbled on");
}

TEST(load_twice, "a device can be loaded, run and be loaded again")
{
	take_stream();
	for (int i = 0; i < 3; i++)
		v2_load(&vf, &stream);
	expect_loaded("three times");
}
