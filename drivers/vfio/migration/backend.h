/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_BACKEND_H
#define VFMIG_BACKEND_H

#include <linux/types.h>
#include <linux/vfmig.h>

bool vfmig_backend_complete(const struct vfmig_backend_ops *ops);

int vfmig_backend_open(struct vfmig_device *vm);
void vfmig_backend_close(struct vfmig_device *vm);
int vfmig_backend_identify(struct vfmig_device *vm);

int vfmig_backend_quiesce(struct vfmig_device *vm);
int vfmig_backend_run(struct vfmig_device *vm);
int vfmig_backend_freeze(struct vfmig_device *vm);
int vfmig_backend_thaw(struct vfmig_device *vm);

bool vfmig_backend_one_record(const struct vfmig_device *vm);
int vfmig_backend_save_begin(struct vfmig_device *vm, enum vfmig_phase phase,
			     struct vfmig_window *win);
u64 vfmig_backend_save_left(struct vfmig_device *vm);
int vfmig_backend_save(struct vfmig_device *vm, struct vfmig_record *rec);
u64 vfmig_backend_save_size(struct vfmig_device *vm);
void vfmig_backend_save_end(struct vfmig_device *vm);

int vfmig_backend_load_begin(struct vfmig_device *vm, struct vfmig_window *win);
int vfmig_backend_load(struct vfmig_device *vm, const struct vfmig_record *rec);
int vfmig_backend_load_piece(struct vfmig_device *vm,
			     const struct vfmig_record *rec,
			     const struct vfmig_piece *piece);
int vfmig_backend_load_commit(struct vfmig_device *vm);
void vfmig_backend_load_end(struct vfmig_device *vm);

void vfmig_backend_reset(struct vfmig_device *vm);

#endif /* VFMIG_BACKEND_H */
