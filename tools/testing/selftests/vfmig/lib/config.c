// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "config.h"

/* As many as fit into 192 bytes, for a list that does not end. */
#define MANY_CAPABILITIES	48

uint8_t config_capability(struct vf *vf, uint8_t id)
{
	uint8_t at = 0, here[2];

	if (pread(vf->fd, &at, 1, VF_CONFIG + PCI_CAPABILITY_LIST) != 1)
		return 0;
	for (int i = 0; at && i < MANY_CAPABILITIES; i++) {
		if (pread(vf->fd, here, 2, VF_CONFIG + at) != 2)
			return 0;
		if (here[0] == id)
			return at;
		at = here[1];
	}
	return 0;
}

int config_reset(struct vf *vf)
{
	uint8_t express = config_capability(vf, PCI_CAP_ID_EXP);
	uint64_t at = VF_CONFIG + express + PCI_EXP_DEVCTL;
	uint16_t control = 0;

	if (!express)
		return -ENODEV;
	if (pread(vf->fd, &control, 2, at) != 2)
		return -EIO;
	control |= PCI_EXP_DEVCTL_BCR_FLR;
	return pwrite(vf->fd, &control, 2, at) == 2 ? 0 : -EIO;
}
