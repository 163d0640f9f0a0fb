// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <linux/vfio.h>

#include "iommu.h"
#include "sysfs.h"

static int prepare(struct vf *vf)
{
	char group[SYSFS_TEXT];

	vf->iommu = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (vf->iommu < 0)
		return -errno;
	device_link(vf->bdf, "iommu_group", group);
	snprintf(vf->node, sizeof(vf->node), "/dev/vfio/%.16s", group);
	vf->group = open(vf->node, O_RDWR | O_CLOEXEC);
	if (vf->group < 0 ||
	    ioctl(vf->group, VFIO_GROUP_SET_CONTAINER, &vf->iommu) ||
	    ioctl(vf->iommu, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	return 0;
}

static int open_device(const struct vf *vf)
{
	int fd = ioctl(vf->group, VFIO_GROUP_GET_DEVICE_FD, vf->bdf);

	return fd < 0 ? -errno : fd;
}

static int map(const struct vf *vf, uint64_t iova, void *mem, size_t len)
{
	struct vfio_iommu_type1_dma_map arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)mem,
		.iova = iova,
		.size = len,
	};

	return ioctl(vf->iommu, VFIO_IOMMU_MAP_DMA, &arg) ? -errno : 0;
}

static int unmap(const struct vf *vf, uint64_t iova, size_t len)
{
	struct vfio_iommu_type1_dma_unmap arg = {
		.argsz = sizeof(arg),
		.flags = len ? 0 : VFIO_DMA_UNMAP_FLAG_ALL,
		.iova = len ? iova : 0,
		.size = len,
	};

	if (ioctl(vf->iommu, VFIO_IOMMU_UNMAP_DMA, &arg))
		return -errno;
	return arg.size ? 0 : -ENOENT;
}

const struct iommu iommu_type1 = {
	.name = "type1",
	.prepare = prepare,
	.open_device = open_device,
	.map = map,
	.unmap = unmap,
};
