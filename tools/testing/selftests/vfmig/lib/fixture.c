// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "fixture.h"
#include "iommu.h"
#include "v2.h"

struct vf vf;
struct vf other;

void __attribute__((weak)) before_open(void)
{
}

void test_setup(void)
{
	iommu_need();
	before_open();
	vf_open(&vf, vf_first());
	ASSERT_EQ(vf_state(&vf), STATE_RUNNING);
}

void test_teardown(void)
{
	v2_close_all();
	vf_close(&vf);
	vf_close(&other);
	mock_restore();
	mock_judge(vf_first());
	mock_judge(getenv("VFMIG_DEV2"));
}

void reopen(void)
{
	vf_close(&vf);
	vf_open(&vf, vf_first());
	ASSERT_EQ(vf_state(&vf), STATE_RUNNING);
}

/*
 * Where it can be had, a device in another state than the one whose stream was
 * taken: or a load that does nothing would pass. Leaves it as after a reset.
 */
void change_device(void)
{
	if (is_mock(vf.bdf))
		mock_setn(vf.bdf, "seed", 2);
	ASSERT_EQ(vf_reset(&vf), 0);
}

/* The device can still, or again, give its state away and take it back. */
void need_whole_transfer(void)
{
	struct bytes stream = {};

	save_stopped(&vf, &stream);
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &stream), 0);
	vf_go(&vf, STATE_RUNNING);
	bytes_free(&stream);
}
