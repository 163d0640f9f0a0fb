/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_VFIO_H
#define VFMIG_SHIM_VFIO_H

struct vfio_info_cap;
struct vfio_region_info;

struct vfio_device {
	int unused;
};

struct vfio_migration_ops {
	int unused;
};

#endif /* VFMIG_SHIM_VFIO_H */
