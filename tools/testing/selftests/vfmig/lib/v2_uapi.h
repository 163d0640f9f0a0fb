/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What <linux/vfio.h> has learnt of migration since 6.1. The header says what
 * these programs were built with; what a device can do it says itself.
 */
#ifndef VFMIG_V2_UAPI_H
#define VFMIG_V2_UAPI_H

#include <linux/types.h>
#include <linux/vfio.h>

/* 6.2. Enumerators cannot be asked for; they came with this flag. */
#ifndef VFIO_MIGRATION_PRE_COPY
#define VFIO_MIGRATION_PRE_COPY		4
#define VFIO_DEVICE_STATE_PRE_COPY	6
#define VFIO_DEVICE_STATE_PRE_COPY_P2P	7

struct vfio_precopy_info {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 initial_bytes;
	__aligned_u64 dirty_bytes;
};
#endif

#ifndef VFIO_MIG_GET_PRECOPY_INFO
#define VFIO_MIG_GET_PRECOPY_INFO	_IO(VFIO_TYPE, VFIO_BASE + 21)
#endif

#ifndef VFIO_DEVICE_FEATURE_MIG_DATA_SIZE
#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE	9

struct vfio_device_feature_mig_data_size {
	__aligned_u64 stop_copy_length;
};
#endif

/* VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2, 7.2. */
#define FEATURE_PRECOPY_INFO_V2	12

#endif /* VFMIG_V2_UAPI_H */
