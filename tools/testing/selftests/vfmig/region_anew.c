// SPDX-License-Identifier: GPL-2.0-only
/*
 * A save that is left and begun anew within one stream of QEMU's: its guest is
 * paused and continued in pre-copy, reboots, or its device is reset. QEMU 7.2
 * goes on with its stream, in which a second head follows, and the destination
 * starts its load over.
 */
#include "fixture.h"

static struct bytes stream, alone;

void before_open(void)
{
	bytes_free(&stream);
	bytes_free(&alone);
	param_set("vfmig", "window", "8192");
}

/* A chunk at once, as QEMU hands it on. */
static void hand_on_chunk(void)
{
	bytes_free(&stream);
	if (save_chunk(&vf, &stream, TRAPPED_WHOLE))
		ASSERT_EQ(load_all(&other, &stream), 0, "%s",
			  core_text(other.bdf, "last_error"));
}

static void hand_on_phase(void)
{
	while (vf_pending(&vf))
		hand_on_chunk();
}

/* The source is in pre-copy and something of it has reached the destination. */
static void begin(void)
{
	vf_open(&other, vf_second());
	vf_go(&other, STATE_RESUMING);
	vf_go(&vf, STATE_PRE_COPY);
	ASSERT_GT(vf_pending(&vf), 0);
	hand_on_chunk();
}

/* The end of QEMU's migration; the destination has what the source had. */
static void finish(void)
{
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_STOP_COPY);
	hand_on_phase();
	vf_go(&vf, STATE_STOP);
	EXPECT_EQ(vf_set_state(&other, STATE_RUNNING), 0, "%s",
		  core_text(other.bdf, "last_error"));
	EXPECT_EQ(vf_state(&other), STATE_RUNNING);

	vf_go(&vf, STATE_RUNNING);
	save_stopped(&vf, &alone);
	bytes_free(&stream);
	save_stopped(&other, &stream);
	if (is_mock(vf.bdf))
		EXPECT_EQ(bytes_digest(&stream), bytes_digest(&alone));
}

TEST(paused, "paused and continued in pre-copy: 3, 2, 1, and at the end 0, 2")
{
	begin();
	vf_go(&vf, STATE_STOP_COPY);
	vf_go(&vf, STATE_RUNNING);
	finish();
}

TEST(paused_for_longer, "so long that all of the state was sent, with its end")
{
	begin();
	vf_go(&vf, STATE_STOP_COPY);
	hand_on_phase();
	vf_go(&vf, STATE_RUNNING);
	finish();
}

TEST(paused_twice, "twice, with some of it sent each time")
{
	begin();
	for (int i = 0; i < 2; i++) {
		vf_go(&vf, STATE_STOP_COPY);
		hand_on_chunk();
		vf_go(&vf, STATE_RUNNING);
	}
	finish();
}

TEST(pre_copy_again, "pre-copy left and begun again")
{
	begin();
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_PRE_COPY);
	hand_on_phase();
	finish();
}

TEST(reset, "the device is reset in pre-copy, as when its guest reboots")
{
	begin();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	finish();
}

TEST(reset_at_the_switchover, "the device is reset in stop-and-copy")
{
	begin();
	vf_go(&vf, STATE_STOP_COPY);
	hand_on_chunk();
	ASSERT_EQ(vf_reset(&vf), 0);
	finish();
}

TEST(unfit, "what comes second must fit as well")
{
	if (!is_mock(vf.bdf))
		SKIP("nothing makes another function of this one");
	begin();
	mock_setn(vf.bdf, "fact_equal", 77);
	reopen();
	bytes_free(&stream);
	save_stopped(&vf, &stream);
	EXPECT_EQ(load_all(&other, &stream), -EINVAL);
	EXPECT_EQ(vf_set_state(&other, STATE_RUNNING), -EFAULT);
	ASSERT_EQ(vf_reset(&other), 0);
}
