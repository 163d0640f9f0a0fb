// SPDX-License-Identifier: GPL-2.0-only
/*
 * One hostile user alone, so that it is known at any time what each byte of the
 * section has to be: what was put there last, by the user or as a chunk, and
 * zero where nothing was. A byte of anything else is a leak.
 *
 * VFMIG_SECONDS and VFMIG_SEED as in hostile_region; a sixth of the time.
 */
#include <stdlib.h>
#include <string.h>

#include "asked.h"
#include "crowd.h"
#include "fixture.h"
#include "usable.h"

#define MAX_STRETCH	20000

static struct random dice;
static struct bytes stream;
static uint8_t *expected;
static uint8_t buf[MAX_STRETCH];
static unsigned long chunks, loads, stretches;

static void compare(const uint8_t *got, size_t at, size_t len)
{
	size_t i;

	if (!memcmp(got, expected + at, len))
		return;
	for (i = 0; got[i] == expected[at + i]; i++)
		;
	ASSERT_EQ(got[i], expected[at + i], "byte %zu of the section", at + i);
}

static void open_anew(void)
{
	static const char * const windows[] = {
		"8192", "12345", "65536", "1048576",
	};

	param_set("vfmig", "window", RANDOM_OF(&dice, windows));
	reopen();
	need_new();
	vf_map(&vf);
	free(expected);
	expected = calloc(1, vf.area_len);
	ASSERT_NE(expected, NULL);
}

static size_t pick(size_t *len)
{
	size_t at = random_below(&dice, random_one_in(&dice, 2) ?
					vf.area_len : 5000);

	*len = 1 + random_below(&dice, random_one_in(&dice, 2) ? 16 :
						     MAX_STRETCH);
	if (*len > vf.area_len - at)
		*len = vf.area_len - at;
	stretches++;
	return at;
}

static struct way any_way(void)
{
	return random_one_in(&dice, 2) ? MAPPED : TRAPPED_WHOLE;
}

static void write_stretch(void)
{
	size_t len, at = pick(&len);

	random_fill(&dice, expected + at, len);
	ASSERT_EQ(section_write(&vf, vf.area + at, expected + at, len,
				any_way()), 0);
}

static void read_stretch(void)
{
	size_t len, at = pick(&len);

	ASSERT_EQ(section_read(&vf, vf.area + at, buf, len, any_way()), 0);
	compare(buf, at, len);
}

static void read_all(void)
{
	compare(vf.map, 0, vf.area_len);
}

/* Of the section, it changes the bytes of the chunk and none else. */
static void take_chunk(void)
{
	uint64_t size = 0;

	if (vf_read64(&vf, REG_DATA_SIZE, &size))
		return;
	ASSERT_LE(size, vf.area_len);
	memcpy(expected, vf.map, size);
	chunks += size > 0;
	read_all();
	if (random_one_in(&dice, 2))
		vf_read64(&vf, REG_PENDING_BYTES, &size);
}

static void put_bytes(void)
{
	size_t len = 1 + random_below(&dice, vf.area_len);
	size_t from = random_one_in(&dice, 4) ?
		      random_below(&dice, stream.len) : 0;

	if (len > stream.len - from)
		len = stream.len - from;
	if (random_one_in(&dice, 2))
		vf_set_state(&vf, STATE_RESUMING);
	memcpy(expected, stream.at + from, len);
	ASSERT_EQ(section_write(&vf, vf.area, expected, len, any_way()), 0);
	if (!vf_put_data_size(&vf, len))
		loads++;
	read_all();
}

static void move_on(void)
{
	uint32_t to = random_below(&dice, 5);

	/* Out of a load that has failed leads only this. */
	if (vf_set_state(&vf, to) == -EFAULT)
		ASSERT_EQ(vf_reset(&vf), 0);
	read_all();
}

static void one_action(void)
{
	switch (random_below(&dice, 8)) {
	case 0:
	case 1:
		write_stretch();
		break;
	case 2:
	case 3:
		read_stretch();
		break;
	case 4:
	case 5:
		take_chunk();
		break;
	case 6:
		put_bytes();
		break;
	case 7:
		move_on();
		break;
	}
}

TEST(alone, "of the section only what was put there can be read, whatever the device does")
{
	uint64_t ms = part_of_time(16), end = now_ms() + ms;
	unsigned long actions = 0, opens = 0;

	announce("alone", ms);
	dice = random_of(asked_seed(), 99, 0);
	bytes_free(&stream);
	save_stopped(&vf, &stream);
	while (now_ms() < end || opens < 2 || !chunks || !loads) {
		if (!(actions++ % 200)) {
			open_anew();
			opens++;
		}
		one_action();
	}
	tap_note("%lu actions, %lu opens, %lu chunks, %lu loads, %lu stretches",
		 actions, opens, chunks, loads, stretches);
	EXPECT_GT(opens, 1);
	EXPECT_GT(chunks, 0);
	EXPECT_GT(loads, 0);
	need_usable();
}
