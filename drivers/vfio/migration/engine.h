/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_ENGINE_H
#define VFMIG_ENGINE_H

#include "device.h"

void vfmig_engine_init(struct vfmig_device *vm);
void vfmig_engine_get(struct vfmig_device *vm);
void vfmig_engine_put(struct vfmig_device *vm);
int vfmig_engine_lock(struct vfmig_device *vm);
void vfmig_engine_unlock(struct vfmig_device *vm);
int vfmig_engine_claim(struct vfmig_device *vm, enum vfmig_protocol by);
int vfmig_engine_set_state(struct vfmig_device *vm, enum vfmig_protocol by,
			   u32 to, struct vfmig_window *win);
void vfmig_engine_reset(struct vfmig_device *vm);
enum vfmig_state vfmig_engine_state(const struct vfmig_device *vm);
const char *vfmig_protocol_name(enum vfmig_protocol protocol);

#endif /* VFMIG_ENGINE_H */
