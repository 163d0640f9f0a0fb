/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_VFIO_PCI_CORE_H
#define VFMIG_SHIM_VFIO_PCI_CORE_H

#include <asm/byteorder.h>
#include <linux/errno.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/vfio.h>

struct vm_area_struct;

struct vfio_pci_core_device {
	struct vfio_device vdev;
	struct pci_dev *pdev;
};

#endif /* VFMIG_SHIM_VFIO_PCI_CORE_H */
