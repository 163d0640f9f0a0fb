/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's driver of a virtio-blk VF that makes one request: by BAR 0 of the
 * emulated owner's VFs, and memory that both VFs of a move can have mapped.
 */
#ifndef VFMIG_VIRTIO_BLK_H
#define VFMIG_VIRTIO_BLK_H

#include "vf.h"

/* The device may do DMA to the guest's memory. */
void blk_map(struct vf *vf);
/* Resets the device by its status, and sets up queue 0. */
void blk_begin(struct vf *vf);
/* What the device offers. */
uint64_t blk_features(struct vf *vf);
unsigned int blk_queues(struct vf *vf);
/* A write of a sector is the device's from now on. */
void blk_submit_write(struct vf *vf);
/* What the device has given back, in requests. */
unsigned int blk_used(void);

#endif /* VFMIG_VIRTIO_BLK_H */
