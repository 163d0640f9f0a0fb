// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device by its own file: what can be done with it before it is bound to an
 * iommufd, by a file that cannot be bound, and after a bind that has failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"
#include "iommu.h"
#include "iommufd.h"
#include "iommufd_uapi.h"
#include "race.h"
#include "v2.h"

static void __attribute__((constructor)) by_iommufd(void)
{
	setenv("VFMIG_IOMMU", iommu_iommufd.name, 1);
}

/* A file of the open device that is not bound, and the region where it is. */
static struct vf unbound_file(void)
{
	struct vf file = vf;

	file.fd = open(vf.node, O_RDWR | O_CLOEXEC);
	ASSERT_GT(file.fd, -1, "%s", vf.node);
	return file;
}

/* No device is behind it yet, whichever way one asks. */
static void expect_useless(struct vf *file, const char *when)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info region = {
		.argsz = sizeof(region),
		.index = file->index,
	};
	uint32_t state = STATE_STOP, pt = file->ioas;
	uint64_t value = 0;
	int fd;

	EXPECT_EQ(v2_get_state(file, &state), -EINVAL, "%s", when);
	for (state = V2_ERROR; state < V2_NR_STATES; state++)
		EXPECT_EQ(v2_order(file, state, &fd), -EINVAL, "%s", when);
	EXPECT_EQ(v2_data_size(file, &value), -EINVAL, "%s", when);

	state = STATE_STOP;
	EXPECT_EQ(vf_read(file, REG_DEVICE_STATE, &state, sizeof(state)),
		  -EINVAL, "%s", when);
	EXPECT_EQ(vf_read64(file, REG_DATA_SIZE, &value), -EINVAL, "%s", when);
	EXPECT_EQ(vf_set_state(file, STATE_STOP), -EINVAL, "%s", when);
	EXPECT_EQ(vf_put_data_size(file, 1), -EINVAL, "%s", when);
	EXPECT_EQ(vf_write(file, file->area, &value, sizeof(value)), -EINVAL,
		  "%s", when);
	EXPECT_EQ(mmap(NULL, file->area_len, PROT_READ, MAP_SHARED, file->fd,
		       file->base + file->area), MAP_FAILED, "%s", when);

	EXPECT_EQ(vf_reset(file), -EINVAL, "%s", when);
	EXPECT_EQ(ioctl(file->fd, VFIO_DEVICE_GET_INFO, &info), -1, "%s", when);
	EXPECT_EQ(ioctl(file->fd, VFIO_DEVICE_GET_REGION_INFO, &region), -1,
		  "%s", when);
	EXPECT_EQ(iommufd_attach(file->fd, &pt), -EINVAL, "%s", when);
	EXPECT_EQ(iommufd_detach(file->fd), -EINVAL, "%s", when);
}

TEST(not_bound_yet, "a file that is not bound does nothing, and the driver hears nothing of it")
{
	struct vf file;

	close(vf.fd);
	vf.fd = -1;
	await_closed(vf.bdf);
	file = unbound_file();
	if (is_mock(vf.bdf))
		mock_set(vf.bdf, "calls", "");
	expect_useless(&file, "not bound yet");
	EXPECT_EQ(is_open(vf.bdf), false);
	EXPECT_STREQ(core_state(vf.bdf), "running");
	EXPECT_STREQ(core_owner(vf.bdf), "none");
	if (is_mock(vf.bdf))
		EXPECT_STREQ(mock_text(vf.bdf, "calls"), "");

	vf.fd = file.fd;
	ASSERT_EQ(iommufd_bind(vf.fd, vf.iommu), 0);
	need_whole_transfer();
	v2_need_whole_transfer();
}

TEST(second_file, "of a device in use a further file is good for nothing: its transfer goes on")
{
	struct bytes whole = {}, some = {};
	struct vf file;

	save_stopped(&vf, &whole);
	vf_go(&vf, STATE_STOP_COPY);
	save_chunk(&vf, &some, TRAPPED_WHOLE);
	file = unbound_file();
	expect_useless(&file, "in use");
	EXPECT_EQ(iommufd_bind(file.fd, vf.iommu), -EINVAL);
	expect_useless(&file, "bind refused");
	close(file.fd);
	EXPECT_EQ(vf_state(&vf), STATE_STOP_COPY);
	save_phase(&vf, &some, TRAPPED_WHOLE);
	bytes_expect_same(&some, &whole, "saved beside it");
	vf_go(&vf, STATE_RUNNING);
	bytes_free(&whole);
	bytes_free(&some);
}

TEST(bound_once, "a bound file is not bound again, to whatever: its transfer goes on")
{
	struct bytes stream = {}, some = {};
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	int iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	int fd;

	v2_save_stopped(&vf, &stream);
	fd = v2_begin(&vf, V2_STOP_COPY);
	EXPECT_EQ(iommufd_bind(vf.fd, vf.iommu), -EINVAL);
	EXPECT_EQ(iommufd_bind(vf.fd, iommufd), -EINVAL);
	EXPECT_EQ(iommufd_bind(vf.fd, nothing), -EINVAL);
	ASSERT_EQ(v2_drain(fd, &some, AT_ONCE), 0);
	bytes_expect_same(&some, &stream, "saved beside it");
	v2_go(&vf, V2_RUNNING);
	close(iommufd);
	close(nothing);
	bytes_free(&stream);
	bytes_free(&some);
}

TEST(bind_fails, "a bind that fails leaves the file unbound and nothing behind; it can be bound")
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct vf file;

	close(vf.fd);
	vf.fd = -1;
	await_closed(vf.bdf);
	file = unbound_file();
	EXPECT_NE(iommufd_bind(file.fd, nothing), 0);
	close(nothing);
	EXPECT_NE(iommufd_bind(file.fd, 1 << 20), 0);
	expect_useless(&file, "bound to nothing");
	if (is_mock(vf.bdf)) {
		mock_set(vf.bdf, "fault", "identity 1 5");
		EXPECT_EQ(iommufd_bind(file.fd, vf.iommu), -EIO);
		expect_useless(&file, "the driver has failed");
	}
	EXPECT_EQ(is_open(vf.bdf), false);
	EXPECT_STREQ(core_text(vf.bdf, "window"), "size 0 used 0");
	vf.fd = file.fd;
	ASSERT_EQ(iommufd_bind(vf.fd, vf.iommu), 0);
	need_whole_transfer();
}

TEST(not_by_group, "what is bound by its own file cannot be had by its group as well")
{
	struct vf by_group = { .bdf = vf.bdf, .group = -1, .fd = -1 };

	vf_go(&vf, STATE_PRE_COPY);
	EXPECT_EQ(iommu_type1.prepare(&by_group), -EBUSY);
	vf_close(&by_group);
	EXPECT_EQ(vf_state(&vf), STATE_PRE_COPY);
	vf_go(&vf, STATE_RUNNING);
	need_whole_transfer();
}

/* Both in one iommufd, and in one address space of it. */
static void open_beside(struct vf *vf, const struct vf *first, const char *bdf)
{
	*vf = (struct vf){
		.bdf = bdf,
		.iommu = dup(first->iommu),
		.group = -1,
		.ioas = first->ioas,
	};
	ASSERT_EQ(iommufd_node(bdf, vf->node, sizeof(vf->node)), 0);
	vf->fd = vf_open_device(vf);
	ASSERT_GT(vf->fd, -1, "%s", bdf);
	vf_find_region(vf);
}

TEST(two_in_one, "two devices in one iommufd: a stream goes from one to the other, by v1 and v2")
{
	struct bytes stream = {}, again = {};

	open_beside(&other, &vf, vf_second());
	save_stopped(&vf, &stream);
	vf_go(&other, STATE_RESUMING);
	ASSERT_EQ(load_all(&other, &stream), 0);
	vf_go(&other, STATE_RUNNING);
	v2_save_stopped(&other, &again);
	bytes_expect_same(&again, &stream, "what came back");
	v2_load(&vf, &again);
	bytes_free(&stream);
	bytes_free(&again);
}

TEST(two_apart, "of two devices in one iommufd one can be closed: the other's transfer goes on")
{
	struct bytes whole = {}, some = {};
	int fd;

	open_beside(&other, &vf, vf_second());
	save_stopped(&other, &whole);
	fd = v2_begin(&vf, V2_STOP_COPY);
	vf_go(&other, STATE_STOP_COPY);
	save_chunk(&other, &some, TRAPPED_WHOLE);
	vf_close(&vf);
	v2_expect_ended(fd, "closed");
	EXPECT_EQ(vf_state(&other), STATE_STOP_COPY);
	save_phase(&other, &some, TRAPPED_WHOLE);
	bytes_expect_same(&some, &whole, "of the other");
	vf_go(&other, STATE_RUNNING);
	reopen();
	need_whole_transfer();
	bytes_free(&whole);
	bytes_free(&some);
}
