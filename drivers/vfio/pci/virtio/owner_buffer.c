// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for what a command carries, in pieces. What is small stays for the next
 * command; what is large is a user's, counted as his, and goes with the command.
 */
#include <linux/dma-mapping.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "owner_priv.h"

/* What the core moves at once fits in it. */
#define ADM_KEPT		SZ_2M

static size_t adm_buffer_size(const struct adm_buffer *buffer)
{
	return buffer->nr * buffer->piece_size;
}

/* What the device does not use any more. */
static void adm_buffer_free(struct adm_owner *owner, struct adm_buffer *buffer)
{
	struct device *dev = &owner->pdev->dev;
	unsigned int i;

	for (i = 0; i < buffer->nr; i++)
		dma_free_coherent(dev, buffer->piece_size, buffer->piece[i].mem,
				  buffer->piece[i].dma);
	kvfree(buffer->piece);
	memset(buffer, 0, sizeof(*buffer));
}

/**
 * adm_buffer_drop - the queue is no more
 * @owner: of the device
 * @buffer: empty afterwards
 * @was_reset: the device was; else it may still use what it was given, and that
 *	is not freed, but forgotten
 *
 * Return: its bytes.
 */
size_t adm_buffer_drop(struct adm_owner *owner, struct adm_buffer *buffer,
		       bool was_reset)
{
	size_t size = adm_buffer_size(buffer);

	if (!was_reset)
		buffer->nr = 0;
	adm_buffer_free(owner, buffer);
	return size;
}

/**
 * adm_buffer_trim - free what is too large to be kept
 * @owner: of the device, which is not using @buffer
 * @buffer: of a command that is over
 */
void adm_buffer_trim(struct adm_owner *owner, struct adm_buffer *buffer)
{
	if (adm_buffer_size(buffer) > ADM_KEPT)
		adm_buffer_free(owner, buffer);
}

static int adm_buffer_alloc(struct adm_owner *owner, struct adm_buffer *buffer,
			    size_t size, size_t piece_size)
{
	gfp_t gfp = (size > ADM_KEPT ? GFP_KERNEL_ACCOUNT : GFP_KERNEL) |
		    __GFP_NOWARN;
	unsigned int nr = DIV_ROUND_UP(size, piece_size);
	struct adm_piece *piece;

	buffer->piece = kvcalloc(nr, sizeof(*piece), gfp);
	if (!buffer->piece)
		return -ENOMEM;
	buffer->piece_size = piece_size;
	buffer->is_clear = true;
	while (buffer->nr < nr) {
		piece = &buffer->piece[buffer->nr];
		piece->mem = dma_alloc_coherent(&owner->pdev->dev, piece_size,
						&piece->dma, gfp);
		if (!piece->mem)
			return -ENOMEM;
		buffer->nr++;
	}
	return 0;
}

/**
 * adm_buffer_fit - have a buffer of at least some size
 * @owner: of the device, which must not be using @buffer
 * @buffer: made larger if need be; its content is lost then
 * @size: of what will be in it
 * @most: pieces that it may be in
 *
 * Return: 0, or -ENOMEM and it is empty.
 */
int adm_buffer_fit(struct adm_owner *owner, struct adm_buffer *buffer,
		   size_t size, unsigned int most)
{
	int ret;

	if (size <= adm_buffer_size(buffer) &&
	    adm_pieces_of(buffer, size) <= most)
		return 0;
	adm_buffer_free(owner, buffer);
	ret = adm_buffer_alloc(owner, buffer, size,
			       adm_piece_size(size, most, PAGE_SIZE));
	if (ret)
		adm_buffer_free(owner, buffer);
	return ret;
}
