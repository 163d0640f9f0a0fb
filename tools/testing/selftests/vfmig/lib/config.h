/* SPDX-License-Identifier: GPL-2.0-only */
/* A VF's config space, as its guest has it. */
#ifndef VFMIG_CONFIG_H
#define VFMIG_CONFIG_H

#include "vf.h"

/* Its offset, or 0 where the device has it not or does not say. */
uint8_t config_capability(struct vf *vf, uint8_t id);
/* As a guest resets its function. Returns 0 or a negative errno. */
int config_reset(struct vf *vf);

#endif /* VFMIG_CONFIG_H */
