/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SESSION_H
#define VFMIG_SESSION_H

#include <linux/types.h>
#include <linux/vfmig.h>

struct vfmig_device;
struct vfmig_save;
struct vfmig_load;
struct vfmig_window;

struct vfmig_save *vfmig_save_begin(struct vfmig_device *vm,
				    struct vfmig_window *win,
				    enum vfmig_phase phase);
int vfmig_save_last_phase(struct vfmig_save *save);
void vfmig_save_end(struct vfmig_save *save);
void vfmig_save_retire(struct vfmig_save *save);
int vfmig_save_pending(struct vfmig_save *save, u64 *bytes);
int vfmig_save_stage(struct vfmig_save *save);
int vfmig_save_offer(struct vfmig_save *save, u64 *bytes);
int vfmig_save_peek(struct vfmig_save *save, size_t *pos, size_t *len);
void vfmig_save_take(struct vfmig_save *save, size_t bytes);
int vfmig_save_split(struct vfmig_save *save, u64 *initial, u64 *dirty);
u64 vfmig_save_last_size(struct vfmig_device *vm);
const struct vfmig_window *vfmig_save_window(const struct vfmig_save *save);

struct vfmig_load *vfmig_load_begin(struct vfmig_device *vm,
				    struct vfmig_window *win);
int vfmig_load_consume(struct vfmig_load *load, size_t bytes);
bool vfmig_load_may_leave(const struct vfmig_load *load);
bool vfmig_load_whole(const struct vfmig_load *load);
bool vfmig_load_failed(const struct vfmig_load *load);
void vfmig_load_end(struct vfmig_load *load);
const struct vfmig_window *vfmig_load_window(const struct vfmig_load *load);

#endif /* VFMIG_SESSION_H */
