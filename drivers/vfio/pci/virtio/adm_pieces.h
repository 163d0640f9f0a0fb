/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory in pieces: what a command carries may be 128 MiB, and memory that is
 * contiguous to a device comes in much smaller blocks. Nothing here talks to a device,
 * so it is compiled into userspace tests, too.
 */
#ifndef VIRTIO_ADM_PIECES_H
#define VIRTIO_ADM_PIECES_H

#include <linux/types.h>

/* Blocks that are larger are only taken where the pieces would be too many. */
#define ADM_PIECE_MIN		(64U << 10)

#define ADM_DESC_NEXT		1
#define ADM_DESC_WRITE		2
#define ADM_DESC_INDIRECT	4

/* As the ring has it. */
struct adm_desc {
	__le64 addr;
	__le32 len;
	__le16 flags;
	__le16 next;
};

struct adm_piece {
	void *mem;
	dma_addr_t dma;
};

/**
 * struct adm_buffer - memory that the device reads or writes
 * @piece: all of one size
 * @nr: how many; 0 is an empty buffer
 * @piece_size: bytes of each
 * @is_clear: nobody has written to it yet
 */
struct adm_buffer {
	struct adm_piece *piece;
	unsigned int nr;
	size_t piece_size;
	bool is_clear;
};

size_t adm_piece_size(size_t size, unsigned int most, size_t page);
unsigned int adm_in_most(unsigned int most, size_t in_len, size_t out_len,
			 size_t page);
unsigned int adm_pieces_of(const struct adm_buffer *buffer, size_t len);
void adm_buffer_clear(struct adm_buffer *buffer, size_t len);
void adm_buffer_put(const struct adm_buffer *buffer, size_t at,
		    const void *from, size_t len);
void adm_buffer_get(const struct adm_buffer *buffer, size_t at, void *to,
		    size_t len);
unsigned int adm_chain(struct adm_desc *table, u16 first,
		       const struct adm_buffer *in, size_t in_len,
		       const struct adm_buffer *out, size_t out_len);

#endif
