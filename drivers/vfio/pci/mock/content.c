// SPDX-License-Identifier: GPL-2.0-only
/*
 * mock-vfio-pci - the made-up state
 *
 * The state is not kept: every 64-bit word of it is a function of a seed, of
 * its place, and of how often its block has changed. A state of 4 GiB so costs
 * 256 KiB, and what comes in can still be checked to the last byte.
 *
 *	word(offset) = scramble(basis(seed, generation of the block) + offset)
 */
#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/compiler.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "mock.h"

/* Odd, so that a multiplication loses nothing. */
#define MOCK_MULTIPLIER	0xd1342543de82ef95ULL

static u64 mock_scramble(u64 x)
{
	x *= MOCK_MULTIPLIER;
	x ^= x >> 32;
	return x;
}

static u64 mock_basis(u64 seed, u32 generation)
{
	return mock_scramble(mock_scramble(seed) + generation) << 32;
}

unsigned int mock_block_shift(u64 size)
{
	unsigned int bits = order_base_2(size);
	unsigned int most = ilog2(MOCK_MAX_BLOCKS);

	return max(bits, most + MOCK_MIN_BLOCK_SHIFT) - most;
}

bool mock_size_is_valid(u64 size)
{
	return size >= MOCK_SIZE_MIN && size <= MOCK_SIZE_MAX &&
	       !(size % sizeof(u64));
}

unsigned long mock_blocks(const struct mock_content *content)
{
	return DIV_ROUND_UP_ULL(content->size, BIT_ULL(content->block_shift));
}

static u64 mock_block_start(const struct mock_content *content,
			    unsigned long block)
{
	return (u64)block << content->block_shift;
}

/* The last block may be shorter. */
u32 mock_block_len(const struct mock_content *content, unsigned long block)
{
	return min_t(u64, BIT_ULL(content->block_shift),
		     content->size - mock_block_start(content, block));
}

/* Whether a stretch, as somebody else states it, is one of this content. */
bool mock_covers(const struct mock_content *content,
		 const struct mock_extent *extent)
{
	return extent->len && !(extent->len % sizeof(u64)) &&
	       !(extent->offset % sizeof(u64)) &&
	       extent->offset < content->size &&
	       extent->len <= content->size - extent->offset;
}

/* Called with mock->lock held. */
u64 mock_content_digest(const struct mock_content *content)
{
	u64 digest = mock_scramble(content->seed) + content->size;
	unsigned long block;

	for (block = 0; block < mock_blocks(content); block++)
		digest = mock_scramble(digest + content->generation[block]);
	return digest;
}

void mock_content_fill(const struct mock_content *content,
		       const struct mock_extent *extent, void *to)
{
	u64 word = mock_basis(content->seed, extent->generation) +
		   extent->offset;
	__le64 *p = to;
	u32 i;

	for (i = 0; i < extent->len / sizeof(*p); i++, word += sizeof(*p))
		p[i] = cpu_to_le64(mock_scramble(word));
}

/* The same of a stretch that begins and ends within a word. Reads it once. */
static bool mock_ends_match(u64 basis, u64 offset, u32 len, const u8 *from)
{
	u32 done, n;

	for (done = 0; done < len; done += n, offset += n) {
		u32 skip = offset % sizeof(u64);
		__le64 word = cpu_to_le64(mock_scramble(basis + offset - skip));

		n = min_t(u32, len - done, sizeof(word) - skip);
		if (memcmp(from + done, (u8 *)&word + skip, n))
			return false;
	}
	return true;
}

bool mock_content_matches(const struct mock_content *content,
			  const struct mock_extent *extent, const void *from)
{
	u64 basis = mock_basis(content->seed, extent->generation);
	u64 word = basis + extent->offset;
	const __le64 *p = from;
	u32 i;

	if (extent->offset % sizeof(*p) || extent->len % sizeof(*p) ||
	    !IS_ALIGNED((unsigned long)from, sizeof(*p)))
		return mock_ends_match(basis, extent->offset, extent->len,
				       from);
	for (i = 0; i < extent->len / sizeof(*p); i++, word += sizeof(*p))
		if (READ_ONCE(p[i]) != cpu_to_le64(mock_scramble(word)))
			return false;
	return true;
}

void mock_dirty_all(struct mock_device *mock)
{
	bitmap_set(mock->dirty, 0, mock_blocks(&mock->content));
	mock->left = mock->content.size;
	mock->cursor = 0;
	mock->done = 0;
}

/* How many blocks change in a round: as the knob says, at least one. */
static u64 changed_blocks(const struct mock_device *mock)
{
	u64 blocks = mock_blocks(&mock->content);

	if (!mock->knobs.dirty_permille)
		return 0;
	return max_t(u64, 1, div_u64(blocks * mock->knobs.dirty_permille,
				     1000));
}

/* The bytes of them, at the most. */
u64 mock_churn(const struct mock_device *mock)
{
	const struct mock_content *content = &mock->content;

	return min(changed_blocks(mock) << content->block_shift, content->size);
}

/*
 * The running device changes a run of blocks, from a place that differs from
 * round to round.
 */
void mock_dirty_some(struct mock_device *mock)
{
	struct mock_content *content = &mock->content;
	unsigned long blocks = mock_blocks(content);
	unsigned long block;
	u64 count = changed_blocks(mock);

	if (!count)
		return;
	block = mock_scramble(content->seed + mock->rounds) % blocks;

	spin_lock(&mock->lock);
	for (; count; count--, block = (block + 1) % blocks) {
		content->generation[block]++;
		if (!__test_and_set_bit(block, mock->dirty)) {
			mock->left += mock_block_len(content, block);
		} else if (block == mock->cursor) {
			mock->left += mock->done;
			mock->done = 0;
		}
	}
	spin_unlock(&mock->lock);
}

/**
 * mock_next_dirty - takes the next stretch of dirty bytes
 * @mock: the device
 * @room: no more bytes than that, at least 8
 * @extent: where the stretch is
 *
 * A stretch ends where the generation changes, so that one number describes
 * it. Returns false when nothing is dirty.
 */
bool mock_next_dirty(struct mock_device *mock, u32 room,
		     struct mock_extent *extent)
{
	const struct mock_content *content = &mock->content;
	unsigned long blocks = mock_blocks(content);
	unsigned long block;
	u32 step;

	block = find_next_bit(mock->dirty, blocks, mock->cursor);
	if (block >= blocks)
		block = find_first_bit(mock->dirty, blocks);
	if (block >= blocks)
		return false;

	extent->offset = mock_block_start(content, block) + mock->done;
	extent->generation = content->generation[block];
	extent->len = 0;
	room = round_down(room, sizeof(u64));

	while (room && block < blocks && test_bit(block, mock->dirty) &&
	       content->generation[block] == extent->generation) {
		step = min(room, mock_block_len(content, block) - mock->done);
		extent->len += step;
		room -= step;
		mock->done += step;
		if (mock->done < mock_block_len(content, block))
			break;
		__clear_bit(block, mock->dirty);
		mock->done = 0;
		block++;
	}
	mock->cursor = block;
	mock->left -= extent->len;
	return true;
}

/**
 * mock_arrive - takes note of a stretch that came in
 * @mock: the device, a load is under way
 * @extent: the stretch, its content already checked
 *
 * A block counts once all of it has come, in order and in one generation. It
 * may come again: then the later one counts, and it must not be the older one.
 */
int mock_arrive(struct mock_device *mock, const struct mock_extent *extent)
{
	struct mock_content *content = &mock->incoming;
	u64 offset = extent->offset;
	u32 rest = extent->len;
	unsigned long block;
	u32 within;
	u32 step;

	while (rest) {
		block = offset >> content->block_shift;
		within = offset - mock_block_start(content, block);
		step = min(rest, mock_block_len(content, block) - within);

		if (within && (block != mock->partial ||
			       within != mock->partial_len ||
			       extent->generation != content->generation[block]))
			return -EINVAL;
		if (extent->generation < content->generation[block])
			return -EINVAL;

		content->generation[block] = extent->generation;
		if (within + step == mock_block_len(content, block)) {
			__set_bit(block, mock->arrived);
			mock->partial_len = 0;
		} else {
			__clear_bit(block, mock->arrived);
			mock->partial = block;
			mock->partial_len = within + step;
		}
		offset += step;
		rest -= step;
	}
	return 0;
}

bool mock_all_arrived(const struct mock_device *mock)
{
	return bitmap_full(mock->arrived, mock_blocks(&mock->incoming));
}
