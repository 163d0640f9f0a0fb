// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page 0 of BAR 0 where userspace reaches it without the driver: by a mapping
 * or by a dma-buf.
 *
 * Both are granted, as vfio-pci grants them. What the guest asks of its PF in
 * that way is not seen, so the function is not saved before it has been reset,
 * from the reset's beginning to its end without such a mapping: then the PF has
 * forgotten what was asked, and no one can ask anew unseen.
 *
 * Of a dma-buf nobody tells the driver when it is gone. It counts as there until
 * the device is closed; then vfio revokes it.
 */
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/pci.h>

#include "igbvf.h"

/* vfio's own operations on a mapping of a BAR, the same for all. */
static const struct vm_operations_struct *igbvf_vfio_vm_ops;

static void igbvf_expose(struct igbvf_device *vf)
{
	struct igbvf_exposure *exposure;

	spin_lock(&vf->lock);
	exposure = &vf->guest->exposure;
	exposure->mappings++;
	exposure->unseen = true;
	exposure->reset_clean = false;
	/* What may have been asked then is to be taken back at the close. */
	vf->left = true;
	spin_unlock(&vf->lock);
}

/* By fork(), and where a mapping is split or moved. */
static void igbvf_vma_open(struct vm_area_struct *vma)
{
	igbvf_expose(container_of(vma->vm_private_data, struct igbvf_device,
				  vpci.core));
	if (igbvf_vfio_vm_ops->open)
		igbvf_vfio_vm_ops->open(vma);
}

/* Its pages are unmapped already. */
static void igbvf_vma_close(struct vm_area_struct *vma)
{
	struct igbvf_device *vf = container_of(vma->vm_private_data,
					       struct igbvf_device, vpci.core);

	if (igbvf_vfio_vm_ops->close)
		igbvf_vfio_vm_ops->close(vma);
	spin_lock(&vf->lock);
	vf->guest->exposure.mappings--;
	spin_unlock(&vf->lock);
}

static vm_fault_t igbvf_vma_fault(struct vm_fault *vmf)
{
	return igbvf_vfio_vm_ops->fault(vmf);
}

/* Not larger pages, which vfio has for larger BARs. */
static const struct vm_operations_struct igbvf_vm_ops = {
	.open	= igbvf_vma_open,
	.close	= igbvf_vma_close,
	.fault	= igbvf_vma_fault,
};

/**
 * igbvf_mmap - vfio_pci_core_mmap(), and notes a mapping of page 0 of BAR 0
 * @vdev: the function
 * @vma: where to
 *
 * For struct vfio_device_ops.
 *
 * Return: 0 or a negative errno.
 */
int igbvf_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct igbvf_device *vf = igbvf_from_vdev(vdev);
	u64 pos = (u64)vma->vm_pgoff << PAGE_SHIFT;
	int ret;

	ret = vfio_pci_core_mmap(vdev, vma);
	if (ret || !igbvf_in_page0(vf, pos, 1))
		return ret;

	/* Nobody uses the mapping before this returns. */
	igbvf_expose(vf);
	igbvf_vfio_vm_ops = vma->vm_ops;
	vma->vm_ops = &igbvf_vm_ops;
	return 0;
}

#ifdef VFMIG_HAVE_GET_DMABUF_PHYS
static int igbvf_get_dmabuf_phys(struct vfio_pci_core_device *core,
				 struct p2pdma_provider **provider,
				 unsigned int index, struct phys_vec *phys_vec,
				 struct vfio_region_dma_range *ranges,
				 size_t nr)
{
	struct igbvf_device *vf = container_of(core, struct igbvf_device, vpci.core);
	size_t i;
	int ret;

	ret = vfio_pci_core_get_dmabuf_phys(core, provider, index, phys_vec,
					    ranges, nr);
	if (ret)
		return ret;
	for (i = 0; i < nr; i++)
		if (igbvf_in_page0(vf, VFIO_PCI_INDEX_TO_OFFSET(index) +
				   ranges[i].offset, 1)) {
			igbvf_expose(vf);
			break;
		}
	return 0;
}

static const struct vfio_pci_device_ops igbvf_pci_ops = {
	.get_dmabuf_phys = igbvf_get_dmabuf_phys,
};
#endif

/**
 * igbvf_offer_dmabuf - let BARs be exported as dma-bufs, where the kernel can
 * @vf: the function, not yet registered with vfio
 */
void igbvf_offer_dmabuf(struct igbvf_device *vf)
{
#ifdef VFMIG_HAVE_GET_DMABUF_PHYS
	vf->vpci.core.pci_ops = &igbvf_pci_ops;
#endif
}

/**
 * igbvf_exposure_reset_begins - the function is about to be reset
 * @vf: the function
 */
void igbvf_exposure_reset_begins(struct igbvf_device *vf)
{
	spin_lock(&vf->lock);
	if (vf->guest)
		vf->guest->exposure.reset_clean =
			!vf->guest->exposure.mappings;
	spin_unlock(&vf->lock);
}

/**
 * igbvf_exposure_reset_ends - the function has been reset
 * @vf: the function, open
 */
void igbvf_exposure_reset_ends(struct igbvf_device *vf)
{
	struct igbvf_exposure *exposure = &vf->guest->exposure;

	lockdep_assert_held(&vf->lock);
	if (exposure->reset_clean)
		exposure->unseen = false;
	exposure->reset_clean = false;
}

/**
 * igbvf_exposure_check - has all of the guest's talk with its PF been seen?
 * @vf: the function, open
 *
 * Context: from a backend's call.
 * Return: 0, or -EBUSY and the reason has been given.
 */
int igbvf_exposure_check(struct igbvf_device *vf)
{
	bool unseen, mapped;

	spin_lock(&vf->lock);
	unseen = vf->guest->exposure.unseen;
	mapped = vf->guest->exposure.mappings;
	spin_unlock(&vf->lock);

	if (!unseen)
		return 0;
	if (mapped)
		return vfmig_fail(vf->vpci.vm, -EBUSY,
				  "page 0 of BAR 0 is mapped or exported as a dma-buf, so the mailbox cannot be watched: unmap it and reset the function, or close the device");
	return vfmig_fail(vf->vpci.vm, -EBUSY,
			  "page 0 of BAR 0 was mapped since the last reset, so mailbox messages may have been missed: reset the function");
}
