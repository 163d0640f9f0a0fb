// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user comes and goes. When it has gone the PF is to deliver nothing of its
 * guest's to whoever is the next to have the function, and to keep no filter
 * for it.
 */
#include <linux/pci.h>
#include <linux/slab.h>

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

/*
 * Takes back what was asked of the PF, by the guest or for it. A guest that has
 * asked for nothing that igb keeps costs nothing; one whose PF does not answer
 * costs IGBVF_PF_MS. What cannot be taken back when the user goes, because the PF
 * is down or the function in D3, is tried again when the next one comes.
 */
static void igbvf_take_back(struct igbvf_device *vf)
{
	if (!igbvf_is_left(vf) || vfmig_bars_begin(vf->vpci.vm))
		return;
	igbvf_pf_take_back(vf);
	vfmig_bars_end(vf->vpci.vm);
}

/* Returns the one before. */
static struct igbvf_guest *igbvf_set_guest(struct igbvf_device *vf,
					   struct igbvf_guest *guest)
{
	spin_lock(&vf->lock);
	swap(vf->guest, guest);
	spin_unlock(&vf->lock);
	return guest;
}

/**
 * igbvf_open - the function is being opened
 * @backend: the function
 *
 * For struct vfmig_backend_ops.
 *
 * Return: 0 or -ENOMEM.
 */
int igbvf_open(void *backend)
{
	struct igbvf_device *vf = backend;
	struct igbvf_guest *guest;

	guest = kzalloc(sizeof(*guest), GFP_KERNEL_ACCOUNT);
	if (!guest)
		return -ENOMEM;

	/* Beside vfio's own mapping, which comes and goes as userspace asks. */
	vf->regs = pci_iomap(vf->vpci.core.pdev, 0, 0);
	if (!vf->regs) {
		kfree(guest);
		return -ENOMEM;
	}
	igbvf_set_guest(vf, guest);
	igbvf_take_back(vf);
	return 0;
}

/**
 * igbvf_close - undo igbvf_open()
 * @backend: the function
 */
void igbvf_close(void *backend)
{
	struct igbvf_device *vf = backend;

	igbvf_take_back(vf);
	kfree(igbvf_set_guest(vf, NULL));
	pci_iounmap(vf->vpci.core.pdev, vf->regs);
	vf->regs = NULL;
}
