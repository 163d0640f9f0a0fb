/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What <linux/vfio.h> has of device files since 6.6, and instead of
 * <linux/iommufd.h>, which came with 6.2, what is used of it here.
 */
#ifndef VFMIG_IOMMUFD_UAPI_H
#define VFMIG_IOMMUFD_UAPI_H

#include <linux/types.h>
#include <linux/vfio.h>

#ifndef VFIO_DEVICE_BIND_IOMMUFD
struct vfio_device_bind_iommufd {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
};

#define VFIO_DEVICE_BIND_IOMMUFD	_IO(VFIO_TYPE, VFIO_BASE + 18)

struct vfio_device_attach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
	__u32 pt_id;
};

#define VFIO_DEVICE_ATTACH_IOMMUFD_PT	_IO(VFIO_TYPE, VFIO_BASE + 19)

struct vfio_device_detach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
};

#define VFIO_DEVICE_DETACH_IOMMUFD_PT	_IO(VFIO_TYPE, VFIO_BASE + 20)
#endif

#define IOMMUFD_TYPE			(';')
#define IOMMU_DESTROY			_IO(IOMMUFD_TYPE, 0x80)
#define IOMMU_IOAS_ALLOC		_IO(IOMMUFD_TYPE, 0x81)
#define IOMMU_IOAS_MAP			_IO(IOMMUFD_TYPE, 0x85)
#define IOMMU_IOAS_UNMAP		_IO(IOMMUFD_TYPE, 0x86)

#define IOMMU_IOAS_MAP_FIXED_IOVA	1
#define IOMMU_IOAS_MAP_WRITEABLE	2
#define IOMMU_IOAS_MAP_READABLE		4

struct iommu_destroy {
	__u32 size;
	__u32 id;
};

struct iommu_ioas_alloc {
	__u32 size;
	__u32 flags;
	__u32 out_ioas_id;
};

struct iommu_ioas_map {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__u32 __reserved;
	__aligned_u64 user_va;
	__aligned_u64 length;
	__aligned_u64 iova;
};

struct iommu_ioas_unmap {
	__u32 size;
	__u32 ioas_id;
	__aligned_u64 iova;
	__aligned_u64 length;
};

#endif /* VFMIG_IOMMUFD_UAPI_H */
