// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "iommufd.h"
#include "iommufd_uapi.h"
#include "sysfs.h"

int iommufd_node(const char *bdf, char *path, size_t room)
{
	char dir_path[SYSFS_PATH];
	struct dirent *entry;
	int ret = -ENODEV;
	DIR *dir;

	device_path(dir_path, bdf, "vfio-dev");
	dir = opendir(dir_path);
	if (!dir)
		return -errno;
	while (ret && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "vfio", 4))
			continue;
		snprintf(path, room, "/dev/vfio/devices/%.16s", entry->d_name);
		ret = 0;
	}
	closedir(dir);
	return ret;
}

int iommufd_bind(int fd, int iommufd)
{
	struct vfio_device_bind_iommufd arg = {
		.argsz = sizeof(arg),
		.iommufd = iommufd,
	};

	return ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, &arg) ? -errno : 0;
}

int iommufd_new_ioas(int iommufd, uint32_t *ioas)
{
	struct iommu_ioas_alloc arg = { .size = sizeof(arg) };

	if (ioctl(iommufd, IOMMU_IOAS_ALLOC, &arg))
		return -errno;
	*ioas = arg.out_ioas_id;
	return 0;
}

int iommufd_destroy(int iommufd, uint32_t id)
{
	struct iommu_destroy arg = { .size = sizeof(arg), .id = id };

	return ioctl(iommufd, IOMMU_DESTROY, &arg) ? -errno : 0;
}

int iommufd_attach(int fd, uint32_t *pt)
{
	struct vfio_device_attach_iommufd_pt arg = {
		.argsz = sizeof(arg),
		.pt_id = *pt,
	};

	if (ioctl(fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg))
		return -errno;
	*pt = arg.pt_id;
	return 0;
}

int iommufd_detach(int fd)
{
	struct vfio_device_detach_iommufd_pt arg = { .argsz = sizeof(arg) };

	return ioctl(fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &arg) ? -errno : 0;
}
