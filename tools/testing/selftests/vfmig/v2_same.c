// SPDX-License-Identifier: GPL-2.0-only
/*
 * One stream: the same bytes through either protocol, and what left through one
 * arrives through the other. With large states: mock_v2_same.c.
 */
#include <stdio.h>

#include "fixture.h"
#include "v2.h"
#include "ways.h"

static struct bytes by_v1, by_v2;

void before_open(void)
{
	bytes_free(&by_v1);
	bytes_free(&by_v2);
}

static void set_window(const char *bytes)
{
	vf_close(&vf);
	param_set("vfmig", "window", bytes);
	vf_open(&vf, vf_first());
}

TEST(paused, "a device that is paused says the same through v1 and through v2, byte for byte")
{
	static const char * const windows[] = { "4096", "8192", "1048576" };
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		set_window(windows[i]);
		bytes_free(&by_v1);
		bytes_free(&by_v2);
		vf_go(&vf, STATE_STOP);
		vf_go(&vf, STATE_STOP_COPY);
		save_phase(&vf, &by_v1, TRAPPED_WHOLE);
		vf_go(&vf, STATE_RUNNING);
		v2_go(&vf, V2_STOP);
		fd = v2_begin(&vf, V2_STOP_COPY);
		ASSERT_EQ(v2_drain(fd, &by_v2, 777), 0);
		bytes_expect_same(&by_v2, &by_v1, windows[i]);
		v2_go(&vf, V2_RUNNING);
	}
}

TEST(from_running, "and so does one that is stopped and saved in one go")
{
	save_stopped(&vf, &by_v1);
	v2_save_stopped(&vf, &by_v2);
	bytes_expect_same(&by_v2, &by_v1, "from RUNNING");
	bytes_free(&by_v1);
	save_stopped(&vf, &by_v1);
	bytes_expect_same(&by_v1, &by_v2, "v1 after v2");
}

TEST(pre_copied, "and one that is saved while it runs, and then stopped")
{
	int fd;

	v2_need_pre_copy(&vf);
	ASSERT_EQ(vf_reset(&vf), 0);
	vf_go(&vf, STATE_PRE_COPY);
	save_phase(&vf, &by_v1, TRAPPED_WHOLE);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &by_v1, TRAPPED_WHOLE);
	ASSERT_EQ(vf_reset(&vf), 0);
	fd = v2_begin(&vf, V2_PRE_COPY);
	ASSERT_EQ(v2_drain(fd, &by_v2, 501), -ENOMSG);
	v2_go(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_drain(fd, &by_v2, 502), 0);
	bytes_expect_same(&by_v2, &by_v1, "with pre-copy");
}

static void four_ways(struct vf *to)
{
	for (size_t out = 0; out < nr_ways; out++) {
		for (size_t in = 0; in < nr_ways; in++) {
			char what[32];

			snprintf(what, sizeof(what), "%s to %s",
				 ways[out].name, ways[in].name);
			move_and_compare(&vf, to, &ways[out], &ways[in], what);
		}
	}
}

TEST(to_itself, "saved through one, loaded through the other: the same state, all four ways")
{
	four_ways(&vf);
}

TEST(elsewhere, "the same to another device with a window of another size")
{
	const char *there = vf_second();

	set_window("4096");
	param_set("vfmig", "window", "65536");
	if (is_mock(there))
		mock_setn(there, "seed", 7);
	vf_open(&other, there);
	four_ways(&other);
}
