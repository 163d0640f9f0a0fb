// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layout of the region: who may access what, at what width.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

static const struct {
	uint64_t at;
	size_t width;
	bool written;
} fields[] = {
	{ REG_DEVICE_STATE, 4, true },
	{ REG_PENDING_BYTES, 8, false },
	{ REG_DATA_OFFSET, 8, false },
	{ REG_DATA_SIZE, 8, true },
};

static const size_t widths[] = { 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 40 };

#define FOR_EACH(item, array) \
	for (size_t item = 0; item < ARRAY_SIZE(array); item++)

static bool is_field(uint64_t at, size_t width, bool write)
{
	FOR_EACH(i, fields)
		if (fields[i].at == at && fields[i].width == width)
			return !write || fields[i].written;
	return false;
}

TEST(one_area, "one page aligned mappable area, never at 0, up to the end of the region")
{
	EXPECT_EQ(vf.areas, 1);
	EXPECT_NE(vf.area, 0);
	EXPECT_EQ(vf.area % getpagesize(), 0);
	EXPECT_EQ(vf.area_len % getpagesize(), 0);
	EXPECT_EQ(vf.area + vf.area_len, vf.size);
	EXPECT_EQ(vf_data_offset(&vf), vf.area);
}

TEST(reads, "a field is read at its own width and alignment or the read fails with EINVAL")
{
	uint8_t buf[64];

	for (uint64_t at = 0; at < REG_END; at++)
		FOR_EACH(w, widths)
			EXPECT_EQ(vf_read(&vf, at, buf, widths[w]),
				  is_field(at, widths[w], false) ? 0 : -EINVAL,
				  "%zu at %zu", widths[w], (size_t)at);
}

TEST(writes, "a write of another width, to a read-only field or the reserved word: EINVAL")
{
	uint8_t buf[64] = {};

	for (uint64_t at = 0; at < REG_END; at++) {
		FOR_EACH(w, widths) {
			if (is_field(at, widths[w], true))
				continue;
			EXPECT_EQ(vf_write(&vf, at, buf, widths[w]), -EINVAL,
				  "%zu at %zu", widths[w], (size_t)at);
		}
	}
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
}

TEST(hole, "nothing can be accessed between the fields and the data section")
{
	uint8_t buf[16] = {};
	const uint64_t places[] = {
		REG_END, REG_END + 8, REG_END + 9, vf.area / 2, vf.area - 8,
		vf.area - 4, vf.area - 1,
	};

	FOR_EACH(p, places) {
		FOR_EACH(w, widths) {
			if (widths[w] > sizeof(buf))
				continue;
			EXPECT_EQ(vf_read(&vf, places[p], buf, widths[w]),
				  -EINVAL, "%zu at %zu", widths[w],
				  (size_t)places[p]);
			EXPECT_EQ(vf_write(&vf, places[p], buf, widths[w]),
				  -EINVAL, "%zu at %zu", widths[w],
				  (size_t)places[p]);
		}
	}
}

TEST(past_the_end, "an access that runs past the end fails with EINVAL as a whole")
{
	static uint8_t buf[8192];
	const uint64_t beyond[] = {
		vf.size - 1, vf.size - 7, vf.size, vf.size + 8,
		vf.size + (1 << 20), (1ULL << 40) - 8,
	};

	EXPECT_EQ(vf_read(&vf, vf.size - 1, buf, 1), 0);
	EXPECT_EQ(vf_read(&vf, vf.size - 8, buf, 8), 0);
	EXPECT_EQ(vf_write(&vf, vf.size - 1, buf, 1), 0);
	FOR_EACH(i, beyond) {
		EXPECT_EQ(vf_read(&vf, beyond[i], buf, 8), -EINVAL, "at %zu",
			  (size_t)beyond[i]);
		EXPECT_EQ(vf_write(&vf, beyond[i], buf, 8), -EINVAL, "at %zu",
			  (size_t)beyond[i]);
	}
	EXPECT_EQ(vf_read(&vf, vf.size - 4096, buf, 4097), -EINVAL);
	EXPECT_EQ(vf_write(&vf, vf.size - 4096, buf, 4097), -EINVAL);
}

static int try_mmap(uint64_t at, size_t len, int prot, int flags)
{
	void *map = mmap(NULL, len, prot, flags, vf.fd, vf.base + at);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, len);
	return 0;
}

TEST(mapping, "the data section can be mapped in whole or in part, and nothing else can")
{
	const int both = PROT_READ | PROT_WRITE;
	size_t page = getpagesize();

	EXPECT_EQ(try_mmap(vf.area, vf.area_len, both, MAP_SHARED), 0);
	EXPECT_EQ(try_mmap(vf.area, page, PROT_READ, MAP_SHARED), 0);
	EXPECT_EQ(try_mmap(vf.size - page, page, both, MAP_SHARED), 0);
	EXPECT_EQ(try_mmap(0, page, both, MAP_SHARED), -EINVAL);
	EXPECT_EQ(try_mmap(0, vf.size, both, MAP_SHARED), -EINVAL);
	EXPECT_EQ(try_mmap(vf.area, vf.area_len + page, both, MAP_SHARED),
		  -EINVAL);
	EXPECT_EQ(try_mmap(vf.size - page, 2 * page, both, MAP_SHARED),
		  -EINVAL);
	EXPECT_EQ(try_mmap(vf.size, page, both, MAP_SHARED), -EINVAL);
}

static bool all_zero(const uint8_t *p, size_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

TEST(zero_pages, "pages of the section read as zeros before anybody has used them, in every state")
{
	static const uint32_t states[] = {
		STATE_STOP, STATE_RUNNING, STATE_PRE_COPY, STATE_STOP_COPY,
		STATE_RUNNING, STATE_RESUMING,
	};
	static uint8_t buf[65536];
	size_t len = vf.area_len < sizeof(buf) ? vf.area_len : sizeof(buf);

	FOR_EACH(i, states) {
		vf_go(&vf, states[i]);
		memset(buf, 0xff, len);
		EXPECT_EQ(vf_read(&vf, vf.area, buf, len), 0);
		EXPECT_EQ(all_zero(buf, len), true, "state %u", states[i]);
		vf_map(&vf);
		EXPECT_EQ(all_zero(vf.map, len), true, "mapped, state %u",
			  states[i]);
		vf_unmap(&vf);
	}
}

TEST(no_memory, "no memory is spent on the section before a transfer or a fault")
{
	uint8_t buf[4096];

	EXPECT_EQ(core_number(vf.bdf, "window", "size"), vf.area_len);
	EXPECT_EQ(core_number(vf.bdf, "window", "used"), 0);
	vf_map(&vf);
	EXPECT_EQ(core_number(vf.bdf, "window", "used"), 0);
	EXPECT_EQ(vf_read(&vf, vf.area, buf, sizeof(buf)), 0);
	EXPECT_EQ(core_number(vf.bdf, "window", "used"), 0, "after a read");
	EXPECT_EQ(vf.map[vf.area_len - 1], 0);
	EXPECT_EQ(core_number(vf.bdf, "window", "used"), getpagesize(),
		  "after a fault");
	vf_unmap(&vf);
	reopen();
	EXPECT_EQ(core_number(vf.bdf, "window", "used"), 0, "opened again");
}

TEST(zero_after_close, "what one user wrote into the section is not there for the next one")
{
	static uint8_t buf[4096];

	memset(buf, 0xa5, sizeof(buf));
	ASSERT_EQ(vf_write(&vf, vf.area, buf, sizeof(buf)), 0);
	reopen();
	ASSERT_EQ(vf_read(&vf, vf.area, buf, sizeof(buf)), 0);
	EXPECT_EQ(all_zero(buf, sizeof(buf)), true);
}
