// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "iommu.h"
#include "iommufd.h"
#include "iommufd_uapi.h"

/* Asked of the kernel: while nothing is bound there is no device's file. */
static bool has_device_files(void)
{
	FILE *devices = fopen("/proc/devices", "re");
	char name[64];
	bool has = false;

	while (devices && !has && fscanf(devices, "%63s", name) == 1)
		has = !strcmp(name, "vfio-dev");
	if (devices)
		fclose(devices);
	return has;
}

static const char *missing(void)
{
	if (access("/dev/iommu", F_OK))
		return "no /dev/iommu: a kernel without IOMMUFD, or iommufd is not loaded";
	if (!has_device_files())
		return "no /dev/vfio/devices: a kernel without VFIO_DEVICE_CDEV";
	return NULL;
}

static int prepare(struct vf *vf)
{
	vf->iommu = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (vf->iommu < 0)
		return -errno;
	return iommufd_new_ioas(vf->iommu, &vf->ioas) ?:
	       iommufd_node(vf->bdf, vf->node, sizeof(vf->node));
}

static int open_device(const struct vf *vf)
{
	int fd = open(vf->node, O_RDWR | O_CLOEXEC);
	uint32_t pt = vf->ioas;
	int ret;

	if (fd < 0)
		return -errno;
	ret = iommufd_bind(fd, vf->iommu) ?: iommufd_attach(fd, &pt);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

static int map(const struct vf *vf, uint64_t iova, void *mem, size_t len)
{
	struct iommu_ioas_map arg = {
		.size = sizeof(arg),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = vf->ioas,
		.user_va = (uintptr_t)mem,
		.length = len,
		.iova = iova,
	};

	return ioctl(vf->iommu, IOMMU_IOAS_MAP, &arg) ? -errno : 0;
}

static int unmap(const struct vf *vf, uint64_t iova, size_t len)
{
	struct iommu_ioas_unmap arg = {
		.size = sizeof(arg),
		.ioas_id = vf->ioas,
		.iova = len ? iova : 0,
		.length = len ?: ~0ULL,
	};

	if (ioctl(vf->iommu, IOMMU_IOAS_UNMAP, &arg))
		return -errno;
	return arg.length ? 0 : -ENOENT;
}

const struct iommu iommu_iommufd = {
	.name = "iommufd",
	.missing = missing,
	.prepare = prepare,
	.open_device = open_device,
	.map = map,
	.unmap = unmap,
};
