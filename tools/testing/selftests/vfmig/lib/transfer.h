/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Streams moved through the region, in the order in which QEMU 7.2 does it.
 */
#ifndef VFMIG_TRANSFER_H
#define VFMIG_TRANSFER_H

#include "vf.h"

/* What came out of a device. */
struct bytes {
	uint8_t *at;
	size_t len;
	size_t room;
};

/**
 * struct way - how the data section is accessed
 * @width: bytes of one trapped access; 0 for a mapped section, ~0 for one
 *	access a chunk
 * @piece: bytes given to one write of data_size on the destination at the
 *	most; 0 for as many as the section takes
 */
struct way {
	size_t width;
	size_t piece;
};

#define MAPPED		((struct way){ 0, 0 })
#define TRAPPED(w)	((struct way){ w, 0 })
#define TRAPPED_WHOLE	((struct way){ ~(size_t)0, 0 })

void bytes_add(struct bytes *bytes, const void *from, size_t len);
void bytes_free(struct bytes *bytes);
uint64_t bytes_digest(const struct bytes *bytes);

int section_read(struct vf *vf, uint64_t at, void *to, size_t len, struct way way);
int section_write(struct vf *vf, uint64_t at, const void *from, size_t len,
		  struct way way);

size_t save_chunk(struct vf *vf, struct bytes *to, struct way way);
/* 0, or the errno of the register that cannot be read. */
int drain_phase(struct vf *vf, struct bytes *to, struct way way);
void save_phase(struct vf *vf, struct bytes *to, struct way way);
void save_stopped(struct vf *vf, struct bytes *to);
int load_bytes(struct vf *vf, const void *from, size_t len, struct way way);
int load_all(struct vf *vf, const struct bytes *from);

#endif /* VFMIG_TRANSFER_H */
