/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfmig - what differs among kernels, all of it, in the newest one's terms
 *
 * VFMIG_HAVE_* come from the compiler's command line: the top Kbuild finds
 * them in the kernel's headers.
 */
#ifndef _LINUX_VFMIG_COMPAT_H
#define _LINUX_VFMIG_COMPAT_H

#include <linux/mm.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>
#include <linux/virtio_config.h>

#ifndef VFMIG_HAVE_VM_FLAGS_SET
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#ifndef VIRTIO_F_ADMIN_VQ
#define VIRTIO_F_ADMIN_VQ	41
#endif

#ifdef VFMIG_HAVE_ASSIGN_STR_OF_TWO
#define vfmig_assign_str(dst, src)	__assign_str(dst, src)
#else
#define vfmig_assign_str(dst, src)	__assign_str(dst)
#endif

/*
 * VFMIG_PCI_DEVICE_OPS - for a driver's struct vfio_device_ops: what a variant
 * driver takes from vfio-pci as it is, as far as the kernel has it.
 */
#ifdef VFMIG_HAVE_BIND_IOMMUFD
#define VFMIG_BIND_IOMMUFD						\
	.bind_iommufd	= vfio_iommufd_physical_bind,			\
	.unbind_iommufd	= vfio_iommufd_physical_unbind,			\
	.attach_ioas	= vfio_iommufd_physical_attach_ioas,
#else
#define VFMIG_BIND_IOMMUFD
#endif

#ifdef VFMIG_HAVE_DETACH_IOAS
#define VFMIG_DETACH_IOAS						\
	.detach_ioas	= vfio_iommufd_physical_detach_ioas,
#else
#define VFMIG_DETACH_IOAS
#endif

#ifdef VFMIG_HAVE_PASID_ATTACH_IOAS
#define VFMIG_PASID_ATTACH_IOAS						\
	.pasid_attach_ioas = vfio_iommufd_physical_pasid_attach_ioas,	\
	.pasid_detach_ioas = vfio_iommufd_physical_pasid_detach_ioas,
#else
#define VFMIG_PASID_ATTACH_IOAS
#endif

#ifdef VFMIG_HAVE_MATCH_TOKEN_UUID
#define VFMIG_MATCH_TOKEN_UUID						\
	.match_token_uuid = vfio_pci_core_match_token_uuid,
#else
#define VFMIG_MATCH_TOKEN_UUID
#endif

#define VFMIG_PCI_DEVICE_OPS						\
	.request	= vfio_pci_core_request,			\
	.match		= vfio_pci_core_match,				\
	VFMIG_BIND_IOMMUFD						\
	VFMIG_DETACH_IOAS						\
	VFMIG_PASID_ATTACH_IOAS						\
	VFMIG_MATCH_TOKEN_UUID

/*
 * VFMIG_REGION_INFO_OPS(op) - VFIO_DEVICE_GET_REGION_INFO is answered by @op,
 * of the type of vfio_device_ops.get_region_info_caps. What is not the
 * driver's own goes to vfmig_pci_region_info(). Where the kernel has no such
 * op, .ioctl calls vfmig_region_info_ioctl().
 *
 * vfmig_pci_offer_dmabuf(core) - before the device is registered: its BARs can
 * be exported as dma-bufs, where the kernel has that, as vfio-pci has it unless
 * the driver has operations of its own.
 */
#ifdef VFMIG_HAVE_GET_REGION_INFO_CAPS
#define VFMIG_REGION_INFO_OPS(op)	.get_region_info_caps = op,
#else
#define VFMIG_REGION_INFO_OPS(op)
#endif

static inline int vfmig_pci_region_info(struct vfio_device *vdev,
					struct vfio_region_info *info,
					struct vfio_info_cap *caps)
{
#ifdef VFMIG_HAVE_GET_REGION_INFO_CAPS
	return vfio_pci_ioctl_get_region_info(vdev, info, caps);
#else
	return -ENOTTY;
#endif
}

static inline void vfmig_pci_offer_dmabuf(struct vfio_pci_core_device *core)
{
#ifdef VFMIG_HAVE_GET_DMABUF_PHYS
	static const struct vfio_pci_device_ops ops = {
		.get_dmabuf_phys = vfio_pci_core_get_dmabuf_phys,
	};

	if (!core->pci_ops)
		core->pci_ops = &ops;
#endif
}

static inline long
vfmig_region_info_ioctl(struct vfio_device *vdev, unsigned long arg,
			int (*op)(struct vfio_device *vdev,
				  struct vfio_region_info *info,
				  struct vfio_info_cap *caps))
{
	unsigned long minsz = offsetofend(struct vfio_region_info, offset);
	void __user *user = (void __user *)arg;
	struct vfio_info_cap caps = {};
	struct vfio_region_info info;
	long ret;

	if (copy_from_user(&info, user, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	info.cap_offset = 0;
	ret = op(vdev, &info, &caps);
	if (ret == -ENOTTY)
		return vfio_pci_core_ioctl(vdev, VFIO_DEVICE_GET_REGION_INFO,
					   arg);
	if (ret)
		goto out;

	if (caps.size)
		info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
	if (caps.size && info.argsz < sizeof(info) + caps.size) {
		info.argsz = sizeof(info) + caps.size;
	} else if (caps.size) {
		vfio_info_cap_shift(&caps, sizeof(info));
		ret = -EFAULT;
		if (copy_to_user(user + sizeof(info), caps.buf, caps.size))
			goto out;
		info.cap_offset = sizeof(info);
	}
	ret = copy_to_user(user, &info, minsz) ? -EFAULT : 0;
out:
	kfree(caps.buf);
	return ret;
}

/*
 * The migration protocol, version 2. A kernel that does not know a state never
 * asks for it: what is missing is given its name and its number, and is not
 * offered.
 */
#ifdef VFIO_MIGRATION_PRE_COPY
#define VFMIG_MIGRATION_PRE_COPY	VFIO_MIGRATION_PRE_COPY
#else
#define VFMIG_MIGRATION_PRE_COPY	0
#define VFIO_DEVICE_STATE_PRE_COPY	6
#define VFIO_DEVICE_STATE_PRE_COPY_P2P	7

struct vfio_precopy_info {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 initial_bytes;
	__aligned_u64 dirty_bytes;
};

#define VFIO_MIG_GET_PRECOPY_INFO	_IO(VFIO_TYPE, VFIO_BASE + 21)
#endif

/*
 * VFMIG_DATA_SIZE_OPS(op) - for a struct vfio_migration_ops: what
 * VFIO_DEVICE_FEATURE_MIG_DATA_SIZE asks. @op is __maybe_unused.
 */
#ifdef VFMIG_HAVE_MIGRATION_DATA_SIZE
#define VFMIG_DATA_SIZE_OPS(op)		.migration_get_data_size = op,
#else
#define VFMIG_DATA_SIZE_OPS(op)
#endif

#endif /* _LINUX_VFMIG_COMPAT_H */
