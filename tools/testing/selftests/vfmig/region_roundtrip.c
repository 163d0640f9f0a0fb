// SPDX-License-Identifier: GPL-2.0-only
/*
 * State in, state out: what was loaded is what is saved.
 */
#include <string.h>

#include "fixture.h"

static struct bytes first, again;

void before_open(void)
{
	bytes_free(&first);
	bytes_free(&again);
}

static void expect_same(void)
{
	ASSERT_EQ(again.len, first.len);
	for (size_t i = 0; i < first.len; i++)
		if (again.at[i] != first.at[i])
			ASSERT_EQ(again.at[i], first.at[i], "byte %zu", i);
}

TEST(load_then_save, "RESUMING to STOP-COPY: a stream loaded and saved without running is the same")
{
	save_stopped(&vf, &first);
	change_device();
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &first), 0);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &again, TRAPPED_WHOLE);
	expect_same();
}

TEST(over_stop, "the same by way of STOP")
{
	save_stopped(&vf, &first);
	change_device();
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &first), 0);
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &again, TRAPPED_WHOLE);
	expect_same();
}

TEST(other_device, "the same on another device")
{
	const char *there = vf_second();

	if (is_mock(there))
		mock_setn(there, "seed", 7);
	vf_open(&other, there);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &first, TRAPPED_WHOLE);
	vf_go(&other, STATE_RESUMING);
	ASSERT_EQ(load_all(&other, &first), 0);
	vf_go(&other, STATE_STOP_COPY);
	save_phase(&other, &again, TRAPPED_WHOLE);
	expect_same();
}

TEST(chained, "ten times from one device to the other and back nothing is lost or added")
{
	const char *there = vf_second();

	vf_open(&other, there);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &first, TRAPPED_WHOLE);
	vf_go(&vf, STATE_STOP);
	bytes_add(&again, first.at, first.len);
	for (int i = 0; i < 10; i++) {
		struct vf *to = i % 2 ? &vf : &other;

		vf_go(to, STATE_RESUMING);
		ASSERT_EQ(load_all(to, &again), 0);
		vf_go(to, STATE_STOP_COPY);
		bytes_free(&again);
		save_phase(to, &again, TRAPPED_WHOLE);
		vf_go(to, STATE_STOP);
	}
	expect_same();
}
