/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_ARC_H
#define VFMIG_ARC_H

#include "device.h"

/**
 * enum vfmig_outcome - what has become of an arc
 * @VFMIG_ARC_TAKEN: the device is where the arc leads
 * @VFMIG_ARC_UNDONE: it failed, and the device is where it was, or was reset
 * @VFMIG_ARC_LOST: it failed and so did undoing it; the device's state is
 *	unknown
 */
enum vfmig_outcome {
	VFMIG_ARC_TAKEN,
	VFMIG_ARC_UNDONE,
	VFMIG_ARC_LOST,
};

enum vfmig_outcome vfmig_take_arc(struct vfmig_device *vm,
				  const struct vfmig_plan *plan, u32 to,
				  struct vfmig_window *win);
void vfmig_end_session(struct vfmig_device *vm);

#endif /* VFMIG_ARC_H */
