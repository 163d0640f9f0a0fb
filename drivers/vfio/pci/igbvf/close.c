// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user has gone: the PF is to deliver nothing of this guest's to whoever is
 * the next to have the function, and to keep no filter for it.
 */
#include <linux/pci.h>

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
 * Context: as a backend's ->close().
 */
void igbvf_close_pf(struct igbvf_device *vf)
{
	if (!igbvf_is_left(vf) || vfmig_bars_begin(vf->vpci.vm))
		return;
	igbvf_pf_take_back(vf);
	vfmig_bars_end(vf->vpci.vm);
}
