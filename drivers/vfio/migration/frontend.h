/* SPDX-License-Identifier: GPL-2.0-only */
/* What drives or shows the engine: known to main.c only, which attaches it. */
#ifndef VFMIG_FRONTEND_H
#define VFMIG_FRONTEND_H

struct vfmig_device;

/* region.c: v1 */
int vfmig_region_register(struct vfmig_device *vm);

/* feature.c: v2 */
void vfmig_feature_init(struct vfmig_device *vm);

/* debugfs.c */
void vfmig_debugfs_init(void);
void vfmig_debugfs_exit(void);
void vfmig_debugfs_add(struct vfmig_device *vm);
void vfmig_debugfs_remove(struct vfmig_device *vm);

#endif /* VFMIG_FRONTEND_H */
