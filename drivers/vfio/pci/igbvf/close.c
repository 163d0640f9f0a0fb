// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user has gone: the PF is to deliver nothing of this guest's to whoever is
 * the next to have the function, and to keep no filter for it.
 */
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include "igbvf.h"

/* What the guest has asked and nobody has seen the answer to counts, too. */
static bool igbvf_is_left(struct igbvf_device *vf)
{
	bool left;

	spin_lock(&vf->lock);
	left = vf->left || vf->guest->mailbox.pending;
	spin_unlock(&vf->lock);
	return left;
}

/**
 * igbvf_close_pf - take back what was asked of the PF, by the guest or for it
 * @vf: the function
 *
 * A guest that has asked for nothing that igb keeps costs nothing; a PF that
 * does not answer half a second.
 *
 * Context: after vfmig_close() and before vfio resets the function.
 */
void igbvf_close_pf(struct igbvf_device *vf)
{
	struct vfio_pci_core_device *core = &vf->core;
	struct pci_dev *pdev = core->pdev;
	u16 command;

	if (!igbvf_is_left(vf) || pm_runtime_resume_and_get(&pdev->dev) < 0)
		return;

	/* Not vfmig_mmio_begin(): there is no engine any more to be asked. */
	down_write(&core->memory_lock);
	if (pdev->current_state != PCI_D0)
		goto out;
	/* vfio writes this word anew before the reset. */
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (!(command & PCI_COMMAND_MEMORY))
		pci_write_config_word(pdev, PCI_COMMAND,
				      command | PCI_COMMAND_MEMORY);
	vf->closing = true;
	igbvf_pf_take_back(vf);
	vf->closing = false;
out:
	up_write(&core->memory_lock);
	pm_runtime_put(&pdev->dev);
}
