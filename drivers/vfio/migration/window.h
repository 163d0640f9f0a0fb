/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_WINDOW_H
#define VFMIG_WINDOW_H

#include <linux/types.h>
#include <linux/vfmig.h>

struct vm_area_struct;
struct vfmig_window;

struct vfmig_window *vfmig_window_create(size_t size);
size_t vfmig_window_used(const struct vfmig_window *win);
void *vfmig_window_map(struct vfmig_window *win, size_t len);
int vfmig_window_mmap(struct vfmig_window *win, struct vm_area_struct *vma,
		      unsigned long first);
int vfmig_window_read(struct vfmig_window *win, size_t pos,
		      char __user *buf, size_t count);
int vfmig_window_write(struct vfmig_window *win, size_t pos,
		       const char __user *buf, size_t count);

#endif /* VFMIG_WINDOW_H */
