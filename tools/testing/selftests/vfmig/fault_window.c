// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data section where memory is short: a page that cannot be had is not had,
 * and nothing else has changed; the next try finds it, zeroed.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"
#include "fixture.h"

#define PLACES	200
#define MANY	8000

static size_t page;

void before_open(void)
{
	fault_need();
	fault_pages(true);
	page = getpagesize();
}

static uint64_t used(void)
{
	return core_number(vf.bdf, "window", "used");
}

static int map_section(void)
{
	void *map = mmap(NULL, vf.area_len, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vf.fd, vf.base + vf.area);

	if (map == MAP_FAILED)
		return -errno;
	vf.map = map;
	return 0;
}

/* A page that no turn before has touched, so that each turn needs one. */
static uint8_t *untouched(const struct sweep *sweep)
{
	size_t at = sweep->nth * page;

	ASSERT_LE(at + page, vf.area_len);
	return vf.map + at;
}

TEST(mapping, "mapping the section fails or succeeds, and takes no memory for its pages")
{
	struct sweep sweep = SWEEP("mmap", PLACES);
	int ret;

	while (sweep_next(&sweep)) {
		sweep_arm(&sweep);
		ret = map_section();
		sweep_disarm(&sweep, ret);
		if (ret)
			ASSERT_EQ(map_section(), 0, "place %u", sweep.nth);
		EXPECT_EQ(used(), 0, "place %u", sweep.nth);
		vf_unmap(&vf);
	}
	sweep_done(&sweep, 1);
	vf_map(&vf);
	EXPECT_EQ(vf.map[0], 0);
	EXPECT_EQ(used(), page);
}

/* The kernel tries again by itself: the user need not know. */
TEST(touching, "the first touch of a page finds it zeroed, if not at once then soon")
{
	struct sweep sweep = SWEEP("touch", PLACES);
	uint8_t *at;
	uint64_t before;
	uint8_t value;

	while (sweep_next(&sweep)) {
		/* Mapped anew, so that page tables are wanting as well. */
		vf_unmap(&vf);
		vf_map(&vf);
		at = untouched(&sweep);
		before = used();
		sweep_arm(&sweep);
		value = __atomic_load_n(at, __ATOMIC_RELAXED);
		sweep_disarm(&sweep, 0);
		EXPECT_EQ(value, 0, "place %u", sweep.nth);
		EXPECT_EQ(used(), before + page, "place %u", sweep.nth);
		*at = 0x5a;
	}
	sweep_done(&sweep, 1);
}

TEST(register_into_section, "a register read into the section: EFAULT, or it is all there")
{
	struct sweep sweep = SWEEP("register into the section", PLACES);
	uint64_t value;
	uint8_t *at;
	int ret;

	vf_go(&vf, STATE_STOP_COPY);
	while (sweep_next(&sweep)) {
		vf_unmap(&vf);
		vf_map(&vf);
		at = untouched(&sweep);
		sweep_arm(&sweep);
		ret = vf_read64(&vf, REG_PENDING_BYTES, (uint64_t *)at);
		sweep_disarm(&sweep, ret);
		EXPECT_NE(ret, -ENOMEM);
		if (ret)
			ASSERT_EQ(vf_read64(&vf, REG_PENDING_BYTES,
					    (uint64_t *)at), 0);
		memcpy(&value, at, sizeof(value));
		EXPECT_EQ(value, vf_pending(&vf), "place %u", sweep.nth);
		EXPECT_GT(value, 0);
	}
	sweep_done(&sweep, 1);
	vf_go(&vf, STATE_RUNNING);
}

TEST(section_was_written, "a write to the section fails, or its bytes are there")
{
	struct sweep sweep = SWEEP("section write", PLACES);
	uint64_t out = 0x0123456789abcdef, in, at;
	int ret;

	while (sweep_next(&sweep)) {
		/* Across the border of two pages, neither of them touched. */
		at = vf.area + 2 * sweep.nth * page - 4;
		ASSERT_LE(at + sizeof(out), vf.size);
		sweep_arm(&sweep);
		ret = vf_write(&vf, at, &out, sizeof(out));
		sweep_disarm(&sweep, ret);
		if (ret)
			ASSERT_EQ(vf_write(&vf, at, &out, sizeof(out)), 0);
		ASSERT_EQ(vf_read(&vf, at, &in, sizeof(in)), 0);
		EXPECT_EQ(in, out, "place %u", sweep.nth);
	}
	sweep_done(&sweep, 3);
}

TEST(section_was_read, "a read from the section fails, or has its bytes; it takes no memory")
{
	struct sweep sweep = SWEEP("section read", PLACES);
	uint64_t in[1024], out[1024] = { 1 };
	uint64_t before;
	int ret;

	memset(out + 1, 0x5a, sizeof(out) / 2 - 8);
	ASSERT_EQ(vf_write(&vf, vf.area, out, sizeof(out) / 2), 0);
	before = used();
	while (sweep_next(&sweep)) {
		memset(in, 0xff, sizeof(in));
		sweep_arm(&sweep);
		ret = vf_read(&vf, vf.area, in, sizeof(in));
		sweep_disarm(&sweep, ret);
		EXPECT_NE(ret, -ENOMEM);
		if (ret)
			ASSERT_EQ(vf_read(&vf, vf.area, in, sizeof(in)), 0);
		EXPECT_EQ(memcmp(in, out, sizeof(in)), 0, "place %u",
			  sweep.nth);
		EXPECT_EQ(used(), before);
	}
	sweep_done(&sweep, 1);
}

TEST(famine, "without any memory a section cannot grow, and later it can")
{
	struct bytes stream = {};
	uint64_t value;
	int ret;

	vf_go(&vf, STATE_STOP_COPY);
	famine_begin(FAMINE);
	ret = vf_read64(&vf, REG_DATA_OFFSET, &value);
	famine_end();
	EXPECT_EQ(ret, -ENOMEM);
	EXPECT_EQ(vf_state(&vf), STATE_STOP_COPY);
	EXPECT_EQ(used(), 0);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	EXPECT_GT(used(), 0);
	vf_go(&vf, STATE_RUNNING);
	need_whole_transfer();
	bytes_free(&stream);
}

static uint64_t free_pages(void)
{
	return sysconf(_SC_AVPHYS_PAGES);
}

/* There is memory for a page, and none to remember where it is. */
TEST(homeless_page, "a page that the window cannot keep is given back")
{
	uint64_t before, after, byte = 0;
	unsigned int failed = 0;

	/* The first page needs nothing to be remembered with. */
	ASSERT_EQ(vf_write(&vf, vf.area, &byte, 1), 0);
	before = free_pages();
	famine_begin(FAMINE_BUT_PAGES);
	for (int i = 0; i < MANY; i++)
		failed += vf_write(&vf, vf.area + page, &byte, 1) == -ENOMEM;
	famine_end();
	after = free_pages();
	EXPECT_EQ(failed, MANY);
	EXPECT_EQ(used(), page);
	/* Others in this machine take some and give some. */
	EXPECT_LE(before, after + MANY / 2);
	need_whole_transfer();
}
