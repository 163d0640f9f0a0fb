/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device's DMA goes through, and with it how the device is opened: by its
 * group, which is in a container of type1, or by a file of its own that is bound
 * to an iommufd. VFMIG_IOMMU names it, type1 where it does not.
 *
 * What returns int returns 0 or a negative errno.
 */
#ifndef VFMIG_IOMMU_H
#define VFMIG_IOMMU_H

#include "vf.h"

/**
 * struct iommu - one of the two
 * @name: as in VFMIG_IOMMU
 * @missing: optional; why it cannot be had here, or NULL where it can
 * @prepare: all that comes before the device: @vf's files but @fd, and its node
 * @open_device: returns a file of the device, of which DMA can be done
 * @map: memory for DMA, to be read and written
 * @unmap: what lies there, or all of it where @len is 0; -ENOENT for nothing
 */
struct iommu {
	const char *name;
	const char *(*missing)(void);
	int (*prepare)(struct vf *vf);
	int (*open_device)(const struct vf *vf);
	int (*map)(const struct vf *vf, uint64_t iova, void *mem, size_t len);
	int (*unmap)(const struct vf *vf, uint64_t iova, size_t len);
};

extern const struct iommu iommu_type1;
extern const struct iommu iommu_iommufd;

const struct iommu *iommu(void);

/* Skips the test where it cannot be had; and where it is not type1. */
void iommu_need(void);
void iommu_need_type1(const char *why);

#endif /* VFMIG_IOMMU_H */
