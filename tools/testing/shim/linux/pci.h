/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_PCI_H
#define VFMIG_SHIM_PCI_H

#include <linux/types.h>

struct pci_dev {
	u16 vendor;
	u16 device;
	u8 revision;
};

static inline const char *pci_name(const struct pci_dev *pdev)
{
	return "shim";
}

/* As of an 82576 virtual function, which does what it is told at once. */
static inline int pci_msix_vec_count(const struct pci_dev *pdev)
{
	return 3;
}

static inline u64 pci_resource_len(const struct pci_dev *pdev, int bar)
{
	return 0x4000;
}

static inline bool pci_wait_for_pending_transaction(struct pci_dev *pdev)
{
	return true;
}

#endif /* VFMIG_SHIM_PCI_H */
