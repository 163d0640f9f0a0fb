// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can happen to a device that is bound by iommufd, at any moment of a
 * transfer: its address space is taken from it, changed or destroyed, its
 * iommufd closed, itself closed while the iommufd stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"
#include "iommu.h"
#include "iommufd.h"
#include "race.h"
#include "race_moment.h"
#include "v2.h"

static void __attribute__((constructor)) by_iommufd(void)
{
	setenv("VFMIG_IOMMU", iommu_iommufd.name, 1);
}

void before_open(void)
{
	moments_forget();
}

TEST(closed, "closed at any moment, its iommufd open: nothing is left, and it is bound as new")
{
	moments_prepare();
	for (unsigned int i = 0; i < nr_moments; i++) {
		moments[i].enter();
		close(vf.fd);
		vf.fd = -1;
		await_closed(vf.bdf);
		EXPECT_STREQ(core_state(vf.bdf), "running");
		EXPECT_STREQ(core_owner(vf.bdf), "none");
		EXPECT_STREQ(core_text(vf.bdf, "window"), "size 0 used 0");
		if (is_mock(vf.bdf))
			EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true,
				  "%s", moments[i].name);
		vf.fd = vf_open_device(&vf);
		ASSERT_GT(vf.fd, -1, "%s", moments[i].name);
		expect_as_new(moments[i].name);
	}
}

/* At each moment: the change leaves state and transfer as they are. */
static void expect_untouched_by(void (*change)(const char *when),
				void (*mend)(void))
{
	uint32_t state, v2;

	moments_prepare();
	for (unsigned int i = 0; i < nr_moments; i++) {
		moments[i].enter();
		state = vf_state(&vf);
		v2 = v2_state(&vf);
		change(moments[i].name);
		EXPECT_EQ(vf_state(&vf), state, "%s", moments[i].name);
		EXPECT_EQ(v2_state(&vf), v2, "%s", moments[i].name);
		ASSERT_EQ(vf_reset(&vf), 0);
		expect_as_new(moments[i].name);
		if (mend)
			mend();
	}
}

static void close_iommufd(const char *when)
{
	EXPECT_EQ(close(vf.iommu), 0, "%s", when);
	vf.iommu = -1;
}

/* What an iommufd is to the device it outlives only to make new address spaces. */
TEST(iommufd_closed, "its iommufd may be closed at any moment: device and transfer stay")
{
	expect_untouched_by(close_iommufd, reopen);
}

/* Leaves it attached to a new one, all others destroyed. */
static void change_space(const char *when)
{
	uint32_t first = vf.ioas, second, pt;

	ASSERT_EQ(iommufd_detach(vf.fd), 0, "%s", when);
	EXPECT_EQ(iommufd_detach(vf.fd), 0, "%s, twice", when);
	ASSERT_EQ(iommufd_new_ioas(vf.iommu, &second), 0);
	pt = 0;
	EXPECT_EQ(iommufd_attach(vf.fd, &pt), -ENOENT, "%s, to nothing", when);
	pt = first;
	ASSERT_EQ(iommufd_attach(vf.fd, &pt), 0, "%s", when);
	EXPECT_EQ(iommufd_destroy(vf.iommu, first), -EBUSY, "%s", when);
	pt = second;
	ASSERT_EQ(iommufd_attach(vf.fd, &pt), 0, "%s, in its place", when);
	EXPECT_EQ(iommufd_destroy(vf.iommu, first), 0, "%s", when);
	vf.ioas = second;
}

TEST(space_changed, "its address space may be taken, changed and destroyed at any moment")
{
	expect_untouched_by(change_space, NULL);
}

TEST(same_stream, "a transfer during which it is changed has the same bytes, and is loaded")
{
	struct bytes want = {}, got = {};
	uint8_t some[50];
	int fd;

	v2_save_stopped(&vf, &want);
	fd = v2_begin(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_read(fd, some, sizeof(some)), sizeof(some));
	bytes_add(&got, some, sizeof(some));
	change_space("saving");
	ASSERT_EQ(v2_drain(fd, &got, sizeof(some)), 0);
	bytes_expect_same(&got, &want, "saved by v2");
	v2_go(&vf, V2_RUNNING);
	v2_close(fd);

	bytes_free(&got);
	vf_go(&vf, STATE_STOP_COPY);
	save_chunk(&vf, &got, TRAPPED_WHOLE);
	change_space("saving");
	save_phase(&vf, &got, TRAPPED_WHOLE);
	bytes_expect_same(&got, &want, "saved by v1");
	vf_go(&vf, STATE_RUNNING);

	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_bytes(&vf, got.at, got.len / 2, TRAPPED_WHOLE), 0);
	change_space("loading");
	ASSERT_EQ(load_bytes(&vf, got.at + got.len / 2, got.len - got.len / 2,
			     TRAPPED_WHOLE), 0);
	vf_go(&vf, STATE_RUNNING);
	need_whole_transfer();
	bytes_free(&want);
	bytes_free(&got);
}

TEST(without_space, "a device that is attached to nothing can do a whole transfer, and be reset")
{
	ASSERT_EQ(iommufd_detach(vf.fd), 0);
	need_whole_transfer();
	v2_need_whole_transfer();
	for (unsigned int i = 0; i < nr_resets; i++)
		EXPECT_EQ(resets[i].now(&vf), 0, "%s", resets[i].name);
	expect_as_new("detached");
}

TEST(resets_all, "each kind of reset, at each kind of moment, and what it is attached to stays")
{
	moments_prepare();
	for (unsigned int r = 0; r < nr_resets; r++) {
		for (unsigned int i = 0; i < nr_few_moments; i++) {
			few_moments[i].enter();
			ASSERT_EQ(resets[r].now(&vf), 0, "%s, %s",
				  resets[r].name, few_moments[i].name);
			expect_as_new(few_moments[i].name);
		}
		EXPECT_EQ(iommufd_destroy(vf.iommu, vf.ioas), -EBUSY, "%s",
			  resets[r].name);
	}
}

/* Neither read nor written, and no harm to what comes after it. */
TEST(data_fds_outlive, "data fds outlive device and iommufd, and a new session is not theirs")
{
	struct bytes stream = {};
	int save, load;
	uint8_t byte;

	v2_save_stopped(&vf, &stream);
	save = v2_begin(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_read(save, &byte, 1), 1);
	close(vf.fd);
	vf.fd = -1;
	v2_expect_ended(save, "closed, its iommufd open");
	vf.fd = vf_open_device(&vf);
	ASSERT_GT(vf.fd, -1);
	v2_expect_ended(save, "bound again");

	load = v2_begin(&vf, V2_RESUMING);
	ASSERT_EQ(v2_fill(load, stream.at, stream.len / 2, AT_ONCE), 0);
	v2_expect_ended(save, "another session");
	vf_close(&vf);
	v2_expect_ended(load, "closed with its iommufd");
	vf_open(&vf, vf_first());
	v2_load(&vf, &stream);
	v2_expect_ended(save, "after it all");
	v2_expect_ended(load, "after it all");
	bytes_free(&stream);
}
