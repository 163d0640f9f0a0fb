// SPDX-License-Identifier: GPL-2.0-only
/*
 * States that are larger than the window by far. 1 GiB with VFMIG_SLOW only.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define MIB 0x100000ULL

static uint8_t *chunk;

void before_open(void)
{
	need_mock(vf_first());
	mock_setn(vf_first(), "record", 256 << 10);
	mock_setn(vf_first(), "no_crc", 1);
	mock_setn(vf_first(), "dirty_permille", 5);
}

static void use_size(uint64_t size)
{
	mock_setn(vf.bdf, "size", size);
	reopen();
	vf_map(&vf);
	vf_open(&other, vf_second());
	vf_map(&other);
	chunk = realloc(chunk, vf.area_len);
	ASSERT_NE(chunk, NULL);
}

/* From one device to the other, as a migration does it: nothing is kept. */
static uint64_t pump(struct way way)
{
	uint64_t total = 0;

	while (vf_pending(&vf)) {
		uint64_t offset = vf_data_offset(&vf);
		uint64_t size = vf_data_size(&vf);

		ASSERT_GT(size, 0);
		ASSERT_LE(offset + size, vf.size);
		ASSERT_EQ(section_read(&vf, offset, chunk, size, way), 0);
		ASSERT_EQ(load_bytes(&other, chunk, size, way), 0);
		total += size;
	}
	return total;
}

static void expect_same_digest(void)
{
	char digest[64];

	strncpy(digest, strstr(mock_text(vf.bdf, "state"), "digest"), 63);
	digest[63] = '\0';
	EXPECT_STREQ(strstr(mock_text(other.bdf, "state"), "digest"), digest);
}

static void move_state(uint64_t size, struct way way)
{
	uint64_t moved;

	use_size(size);
	vf_go(&other, STATE_RESUMING);
	vf_go(&vf, STATE_PRE_COPY);
	moved = pump(way);
	vf_go(&vf, STATE_STOP_COPY);
	moved += pump(way);
	EXPECT_GT(moved, size);
	expect_same_digest();
	vf_go(&other, STATE_RUNNING);
	vf_go(&vf, STATE_STOP);
	tap_note("%llu MiB moved, window of %llu KiB uses %llu KiB",
		 (unsigned long long)(moved / MIB),
		 (unsigned long long)core_number(vf.bdf, "window", "size") >> 10,
		 (unsigned long long)core_number(vf.bdf, "window", "used") >> 10);
}

TEST(mapped_64m, "64 MiB through mapped sections")
{
	move_state(64 * MIB, MAPPED);
}

TEST(trapped_64m, "64 MiB by one trapped access a chunk")
{
	move_state(64 * MIB, TRAPPED_WHOLE);
}

TEST(pending_sums, "pending_bytes of a large state is about what there is to move")
{
	uint64_t pending;

	use_size(64 * MIB);
	vf_go(&vf, STATE_STOP_COPY);
	pending = vf_pending(&vf);
	EXPECT_GT(pending, 64 * MIB - 1);
	EXPECT_LE(pending, 65 * MIB);
}

TEST(mapped_1g, "1 GiB through mapped sections")
{
	if (!getenv("VFMIG_SLOW"))
		SKIP("slow: VFMIG_SLOW is not set");
	move_state(1024 * MIB, MAPPED);
}

TEST(largest, "a state of 4 GiB can be begun, and given up")
{
	use_size(4096 * MIB);
	vf_go(&vf, STATE_STOP_COPY);
	EXPECT_GT(vf_pending(&vf), 4096 * MIB - 1);
	EXPECT_GT(vf_data_size(&vf), 0);
	vf_go(&vf, STATE_RUNNING);
}
