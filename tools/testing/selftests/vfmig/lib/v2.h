/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The v2 protocol: states by VFIO_DEVICE_FEATURE, streams through data fds.
 *
 * As in vf.h, what returns int returns 0 or a negative errno and leaves the
 * verdict to the test; what returns a value fails the test where it gets none.
 * A data fd that a test leaves open is closed after it.
 */
#ifndef VFMIG_V2_H
#define VFMIG_V2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "transfer.h"
#include "v2_uapi.h"
#include "vf.h"

enum {
	V2_ERROR = VFIO_DEVICE_STATE_ERROR,
	V2_STOP = VFIO_DEVICE_STATE_STOP,
	V2_RUNNING = VFIO_DEVICE_STATE_RUNNING,
	V2_STOP_COPY = VFIO_DEVICE_STATE_STOP_COPY,
	V2_RESUMING = VFIO_DEVICE_STATE_RESUMING,
	V2_RUNNING_P2P = VFIO_DEVICE_STATE_RUNNING_P2P,
	V2_PRE_COPY = VFIO_DEVICE_STATE_PRE_COPY,
	V2_PRE_COPY_P2P = VFIO_DEVICE_STATE_PRE_COPY_P2P,
	V2_NR_STATES,
};

/* No fd: none was handed out, or there is none to be looked at. */
#define NO_FD	-1

/* As many bytes at once as there may be. */
#define AT_ONCE	((size_t)1 << 20)

const char *v2_name(uint32_t state);

/* VFIO_DEVICE_FEATURE as it is: @flags with the feature, @len bytes of @data. */
int v2_feature(struct vf *vf, uint32_t flags, void *data, size_t len);

uint64_t v2_flags(struct vf *vf);
bool v2_can(struct vf *vf, uint32_t state);
void v2_need_pre_copy(struct vf *vf);

int v2_get_state(struct vf *vf, uint32_t *state);
uint32_t v2_state(struct vf *vf);

/* Sets *@fd to what the kernel has put there, also where the call has failed. */
int v2_set_state(struct vf *vf, uint32_t to, int *fd);
int v2_try(struct vf *vf, uint32_t to);
/* The same for threads: the fd is the caller's to close. */
int v2_order(struct vf *vf, uint32_t to, int *fd);

/* To where no test doubts that one can go; returns the fd or NO_FD. */
int v2_go(struct vf *vf, uint32_t to);
/* The same for a state that begins a transfer. */
int v2_begin(struct vf *vf, uint32_t to);
/* To RUNNING: by a reset where RESUMING cannot be left, for want of a stream. */
void v2_go_back(struct vf *vf);
/* From RUNNING to where every way is open: in RESUMING with a stream loaded. */
int v2_enter(struct vf *vf, uint32_t state);

void v2_close(int fd);
void v2_close_all(void);

int v2_precopy_info(int fd, struct vfio_precopy_info *info);
int v2_data_size(struct vf *vf, uint64_t *bytes);
/* Skips where the kernel has no such feature. */
uint64_t v2_need_data_size(struct vf *vf);

/* Bytes, or a negative errno. */
ssize_t v2_read(int fd, void *to, size_t len);
ssize_t v2_write(int fd, const void *from, size_t len);
short v2_poll(int fd);

/* Until the end: 0, or the errno of the read that fails, -ENOMSG for one. */
int v2_drain(int fd, struct bytes *to, size_t piece);
/* Until all is written. */
int v2_fill(int fd, const void *from, size_t len, size_t piece);

/* A stream of a stopped device, which then runs again; and such a one loaded. */
void v2_save_stopped(struct vf *vf, struct bytes *to);
void v2_load(struct vf *vf, const struct bytes *from);
void v2_need_whole_transfer(void);

/* What the backend was told, where it can be asked, agrees with the state. */
void v2_expect_agreement(const char *when);
void v2_expect_ended(int fd, const char *when);
void bytes_expect_same(const struct bytes *got, const struct bytes *want,
		       const char *what);

#endif /* VFMIG_V2_H */
