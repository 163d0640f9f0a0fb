// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory in pieces: how large they are, what is copied to and fro, and the chain of
 * descriptors that tells the device of them.
 */
#include <asm/byteorder.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "adm_pieces.h"

/**
 * adm_piece_size - how large pieces have to be
 * @size: bytes that are to have room in all of them
 * @most: pieces that there may be
 * @page: bytes of the smallest piece, a power of two
 *
 * Return: a power of two. What fits in ADM_PIECE_MIN is one piece.
 */
size_t adm_piece_size(size_t size, unsigned int most, size_t page)
{
	size_t each = DIV_ROUND_UP(size, most);

	if (size > ADM_PIECE_MIN)
		each = max_t(size_t, each, ADM_PIECE_MIN);
	else
		each = size;
	return max(page, roundup_pow_of_two(each));
}

/**
 * adm_in_most - the share of a chain that is for what the device reads
 * @most: descriptors of the chain, 2 or more
 * @in_len: bytes that the device reads
 * @out_len: bytes that it may write
 * @page: bytes of the smallest piece
 *
 * What fits in a page takes one descriptor, and leaves the others.
 *
 * Return: from 1 to @most - 1.
 */
unsigned int adm_in_most(unsigned int most, size_t in_len, size_t out_len,
			 size_t page)
{
	if (out_len <= page)
		return most - 1;
	return in_len <= page ? 1 : most / 2;
}

/**
 * adm_pieces_of - how many pieces some bytes take
 * @buffer: that has room for them
 * @len: the bytes
 *
 * Return: their number, 1 for no bytes.
 */
unsigned int adm_pieces_of(const struct adm_buffer *buffer, size_t len)
{
	return len ? DIV_ROUND_UP(len, buffer->piece_size) : 1;
}

/* Bytes of a piece from @at on, and where they are. */
static void *adm_buffer_at(const struct adm_buffer *buffer, size_t at,
			   size_t *there)
{
	size_t in_piece = at % buffer->piece_size;

	*there = buffer->piece_size - in_piece;
	return buffer->piece[at / buffer->piece_size].mem + in_piece;
}

/**
 * adm_buffer_clear - have nothing in a buffer of what was in it before
 * @buffer: that the device will write to
 * @len: the bytes that it may
 */
void adm_buffer_clear(struct adm_buffer *buffer, size_t len)
{
	size_t here;
	unsigned int i;

	for (i = 0; len && !buffer->is_clear; i++, len -= here) {
		here = min(len, buffer->piece_size);
		memset(buffer->piece[i].mem, 0, here);
	}
	buffer->is_clear = false;
}

/**
 * adm_buffer_put - write to a buffer
 * @buffer: that has room for it
 * @at: from which byte on
 * @from: what is written
 * @len: its bytes
 */
void adm_buffer_put(const struct adm_buffer *buffer, size_t at,
		    const void *from, size_t len)
{
	size_t there, here;
	void *to;

	for (; len; len -= here, from += here, at += here) {
		to = adm_buffer_at(buffer, at, &there);
		here = min(there, len);
		memcpy(to, from, here);
	}
}

/**
 * adm_buffer_get - read from a buffer
 * @buffer: that has as much
 * @at: from which byte on
 * @to: where it is read to
 * @len: bytes
 */
void adm_buffer_get(const struct adm_buffer *buffer, size_t at, void *to,
		    size_t len)
{
	size_t there, here;
	const void *from;

	for (; len; len -= here, to += here, at += here) {
		from = adm_buffer_at(buffer, at, &there);
		here = min(there, len);
		memcpy(to, from, here);
	}
}

static unsigned int adm_chain_half(struct adm_desc *table, u16 first,
				   const struct adm_buffer *buffer, size_t len,
				   u16 flags)
{
	unsigned int i, nr = adm_pieces_of(buffer, len);

	for (i = 0; i < nr; i++) {
		size_t here = min(len, buffer->piece_size);

		table[i] = (struct adm_desc) {
			.addr	= cpu_to_le64(buffer->piece[i].dma),
			.len	= cpu_to_le32(here),
			.flags	= cpu_to_le16(flags | ADM_DESC_NEXT),
			.next	= cpu_to_le16(first + i + 1),
		};
		len -= here;
	}
	return nr;
}

/**
 * adm_chain - describe a command to the device
 * @table: where the chain begins, with room for all of it
 * @first: the number that the first descriptor has
 * @in: what the device reads
 * @in_len: bytes of it
 * @out: what it writes
 * @out_len: bytes it may write
 *
 * Return: the descriptors of the chain.
 */
unsigned int adm_chain(struct adm_desc *table, u16 first,
		       const struct adm_buffer *in, size_t in_len,
		       const struct adm_buffer *out, size_t out_len)
{
	unsigned int nr;

	nr = adm_chain_half(table, first, in, in_len, 0);
	nr += adm_chain_half(table + nr, first + nr, out, out_len,
			     ADM_DESC_WRITE);
	table[nr - 1].flags &= ~cpu_to_le16(ADM_DESC_NEXT);
	table[nr - 1].next = 0;
	return nr;
}
