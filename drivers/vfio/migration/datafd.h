/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_DATAFD_H
#define VFMIG_DATAFD_H

#include <linux/types.h>

struct file;
struct vfmig_device;
struct vfmig_window;

struct file *vfmig_datafd_new(struct vfmig_device *vm, bool resuming);
struct vfmig_window *vfmig_datafd_window(const struct file *file);
void vfmig_datafd_begin(struct vfmig_device *vm, struct file *file);

#endif /* VFMIG_DATAFD_H */
