// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bulk: records without a CRC, which a destination takes by pieces, from where
 * they lie. However they come, what comes in is what went out.
 */
#include <string.h>

#include "fixture.h"
#include "stream.h"
#include "v2.h"

#define SIZE	40008

static struct bytes stream;

void before_open(void)
{
	need_mock(vf_first());
	bytes_free(&stream);
	mock_setn(vf_first(), "no_crc", 1);
	mock_setn(vf_first(), "size", SIZE);
	mock_setn(vf_first(), "record", 10000);
}

static void be_destination(void)
{
	save_stopped(&vf, &stream);
	mock_setn(vf.bdf, "seed", 99);
	reopen();
	mock_set(vf.bdf, "calls", "");
}

static int load_in(size_t piece, struct way way)
{
	size_t done, n;
	int ret = 0;

	for (done = 0; !ret && done < stream.len; done += n) {
		n = stream.len - done < piece ? stream.len - done : piece;
		ret = load_bytes(&vf, stream.at + done, n, way);
	}
	return ret;
}

static void expect_source(void)
{
	EXPECT_EQ(mock_number(vf.bdf, "state", "size"), SIZE);
	EXPECT_EQ(mock_number(vf.bdf, "state", "seed"), 1);
}

TEST(cut_anywhere, "chunks of any length bring the same, mapped and trapped")
{
	static const size_t pieces[] = { 1, 7, 8, 41, 4095, 1 << 20 };
	unsigned int i;

	be_destination();
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		reopen();
		vf_map(&vf);
		vf_go(&vf, STATE_RESUMING);
		EXPECT_EQ(load_in(pieces[i], i & 1 ? MAPPED : TRAPPED_WHOLE), 0);
		vf_go(&vf, STATE_RUNNING);
		expect_source();
	}
}

TEST(v2, "so do writes of any length")
{
	static const size_t pieces[] = { 1, 8, 4099, AT_ONCE };
	unsigned int i;
	int fd;

	be_destination();
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		reopen();
		fd = v2_begin(&vf, V2_RESUMING);
		EXPECT_EQ(v2_fill(fd, stream.at, stream.len, pieces[i]), 0);
		v2_go(&vf, V2_RUNNING);
		v2_close(fd);
		expect_source();
	}
}

TEST(in_place, "it is bulk that comes by pieces, and nothing else")
{
	be_destination();
	vf_go(&vf, STATE_RESUMING);
	EXPECT_EQ(load_in(stream.len, TRAPPED_WHOLE), 0);
	/* The shape; then five records of bytes, each in one piece. */
	EXPECT_EQ(mock_number(vf.bdf, "counts", "load"), 1);
	EXPECT_EQ(mock_number(vf.bdf, "counts", "load_piece"), 5);
	vf_go(&vf, STATE_RUNNING);
}

/* Byte by byte, so that it is the byte itself that is refused. */
TEST(wrong, "what the backend finds wrong in a piece is refused with that piece")
{
	struct parts parts;
	size_t at, i;

	be_destination();
	stream_split(&stream, &parts);
	/* The last but one of bytes, whose head is 16 long. */
	at = parts.at[parts.nr - 3] + RECORD_LEN + 16 + 21;
	stream.at[at] ^= 4;
	vf_go(&vf, STATE_RESUMING);
	for (i = 0; i < stream.len; i++)
		if (load_bytes(&vf, stream.at + i, 1, TRAPPED_WHOLE))
			break;
	EXPECT_EQ(i, at);
	EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), -EFAULT);
}

TEST(fails, "a backend that fails in a piece ends the load, and a reset leads out")
{
	be_destination();
	vf_go(&vf, STATE_RESUMING);
	mock_set(vf.bdf, "fault", "load_piece 3 5");
	EXPECT_EQ(load_in(stream.len, TRAPPED_WHOLE), -EIO);
	EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), -EFAULT);
	EXPECT_EQ(vf_reset(&vf), 0);
	vf_go(&vf, STATE_RESUMING);
	EXPECT_EQ(load_in(stream.len, TRAPPED_WHOLE), 0);
	vf_go(&vf, STATE_RUNNING);
	expect_source();
}
