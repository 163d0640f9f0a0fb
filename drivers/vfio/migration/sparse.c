// SPDX-License-Identifier: GPL-2.0-only
/*
 * BARs that can be mapped whole, and of which not all is offered to be mapped.
 *
 * Who maps what the sparse mmap capability offers, as QEMU does, leaves the rest
 * to read() and write(). Who maps a BAR as a whole, as with vfio-pci, can.
 */
#include <linux/export.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>
#include <linux/vfmig.h>

/**
 * vfmig_bar_info - region info of a BAR whose first pages are not offered
 * @core: the device
 * @info: filled; its index is that of a BAR that can be mapped
 * @caps: gets the sparse mmap capability
 * @from: where the part that is offered starts, a multiple of PAGE_SIZE; the
 *	BAR's size or more where none is
 *
 * Return: 0 or -ENOMEM.
 */
int vfmig_bar_info(struct vfio_pci_core_device *core,
		   struct vfio_region_info *info, struct vfio_info_cap *caps,
		   u64 from)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	size_t len;
	u32 nr;
	int ret;

	info->offset = VFIO_PCI_INDEX_TO_OFFSET(info->index);
	info->size = pci_resource_len(core->pdev, info->index);
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		      VFIO_REGION_INFO_FLAG_MMAP;

	nr = from < info->size;
	len = struct_size(sparse, areas, nr);
	sparse = kzalloc(len, GFP_KERNEL_ACCOUNT);
	if (!sparse)
		return -ENOMEM;
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = nr;
	if (nr) {
		sparse->areas[0].offset = from;
		sparse->areas[0].size = info->size - from;
	}
	ret = vfio_info_add_capability(caps, &sparse->header, len);
	kfree(sparse);
	return ret;
}
EXPORT_SYMBOL_GPL(vfmig_bar_info);

/**
 * vfmig_region_info - for a driver's VFMIG_REGION_INFO_OPS()
 * @vdev: the device, a struct vfio_pci_core_device
 * @info: what is asked and answered
 * @caps: gets the capabilities
 *
 * As vfio-pci has it, but that nothing of the BAR of the MSI-X table is
 * offered: QEMU 10 fails a migration over a mapped one whose rest, around table
 * and pending bits, is not a whole number of pages.
 *
 * Return: 0, a negative errno, or -ENOTTY where vfio_pci_core_ioctl() answers.
 */
int vfmig_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
		      struct vfio_info_cap *caps)
{
	struct vfio_pci_core_device *core =
		container_of(vdev, struct vfio_pci_core_device, vdev);

	if (info->index == core->msix_bar && info->index < PCI_STD_NUM_BARS &&
	    core->bar_mmap_supported[info->index])
		return vfmig_bar_info(core, info, caps,
				      pci_resource_len(core->pdev, info->index));
	return vfmig_pci_region_info(vdev, info, caps);
}
EXPORT_SYMBOL_GPL(vfmig_region_info);

/**
 * vfmig_ioctl - for a driver's &vfio_device_ops.ioctl
 * @vdev: the device, a struct vfio_pci_core_device
 * @cmd: the command
 * @arg: its argument
 *
 * vfio_pci_core_ioctl() with vfmig_region_info().
 *
 * Return: what the command does.
 */
long vfmig_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	if (cmd == VFIO_DEVICE_GET_REGION_INFO)
		return vfmig_region_info_ioctl(vdev, arg, vfmig_region_info);
	return vfio_pci_core_ioctl(vdev, cmd, arg);
}
EXPORT_SYMBOL_GPL(vfmig_ioctl);
