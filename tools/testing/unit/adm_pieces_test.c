// SPDX-License-Identifier: GPL-2.0-only
/* Memory in pieces: how many, what is copied to and fro, and what the device is told. */
#include <stdlib.h>
#include <string.h>

#include "virtio/adm_pieces.c"
#include "tap.h"

#define PAGE		4096
#define MIB		1048576UL
#define MOST_PIECES	8
#define RANDOM_SIZES	100000
#define RANDOM_COPIES	2000
/* Whatever is not the right one. */
#define POISON		0xaa

static unsigned int pieces(size_t size, unsigned int most)
{
	return DIV_ROUND_UP(size, adm_piece_size(size, most, PAGE));
}

static void pieces_are_as_small_as_may_be(void)
{
	ok(adm_piece_size(1, 2, PAGE) == PAGE, "one byte takes a page");
	ok(adm_piece_size(PAGE + 1, 2, PAGE) == 2 * PAGE,
	   "a page and a byte take one piece of two");
	ok(adm_piece_size(ADM_PIECE_MIN, 127, PAGE) == ADM_PIECE_MIN,
	   "what fits in a block is one piece");
	ok(adm_piece_size(MIB + 8, 127, PAGE) == ADM_PIECE_MIN,
	   "1 MiB and a status are blocks");
	ok(adm_piece_size(64 * MIB + 8, 127, PAGE) == MIB,
	   "64 MiB and a status are blocks of 1 MiB in a queue of 128");
	ok(adm_piece_size(128 * MIB + 8, 127, PAGE) == 2 * MIB,
	   "128 MiB are blocks of 2");
	ok(adm_piece_size(64 * MIB, 1, PAGE) == 64 * MIB,
	   "where there can be but one piece it is one");
}

static void there_are_never_too_many(void)
{
	unsigned int i, most;
	size_t size;

	for (i = 0; i < RANDOM_SIZES; i++) {
		size = 1 + random() % (136 * MIB);
		most = 1 + random() % 256;
		if (pieces(size, most) > most ||
		    pieces(size, most) * adm_piece_size(size, most, PAGE) < size)
			break;
	}
	ok(i == RANDOM_SIZES, "there is room for all, in as many pieces as there may be");
}

static void a_page_leaves_the_other_descriptors(void)
{
	ok(adm_in_most(128, 40 * MIB, 8, PAGE) == 127,
	   "data get all descriptors but one of a result that is small");
	ok(adm_in_most(128, 40, MIB, PAGE) == 1,
	   "small data leave all others to a result");
	ok(adm_in_most(128, MIB, MIB, PAGE) == 64, "else each gets half");
	ok(adm_in_most(2, MIB, MIB, PAGE) == 1 && adm_in_most(2, 8, 8, PAGE) == 1,
	   "of two each gets one");
}

static struct adm_buffer buffer_of(size_t piece_size, u64 dma)
{
	struct adm_buffer buffer = {
		.piece = calloc(MOST_PIECES, sizeof(struct adm_piece)),
		.piece_size = piece_size,
	};

	while (buffer.nr < MOST_PIECES) {
		struct adm_piece *piece = &buffer.piece[buffer.nr];

		piece->mem = malloc(piece_size);
		memset(piece->mem, POISON, piece_size);
		/* Neither in order nor adjacent. */
		piece->dma = dma - buffer.nr++ * 2 * piece_size;
	}
	return buffer;
}

static void buffer_free(struct adm_buffer *buffer)
{
	while (buffer->nr)
		free(buffer->piece[--buffer->nr].mem);
	free(buffer->piece);
}

static bool is_poison(const u8 *bytes, size_t len)
{
	while (len && *bytes++ == POISON)
		len--;
	return !len;
}

/* The whole buffer holds @bytes at @at, and nothing else was touched. */
static bool holds(const struct adm_buffer *buffer, size_t at, const u8 *bytes,
		  size_t len)
{
	size_t size = buffer->nr * buffer->piece_size;
	u8 *all = malloc(size);
	unsigned int i;
	bool good;

	for (i = 0; i < buffer->nr; i++)
		memcpy(all + i * buffer->piece_size, buffer->piece[i].mem,
		       buffer->piece_size);
	good = is_poison(all, at) && !memcmp(all + at, bytes, len) &&
	       is_poison(all + at + len, size - at - len);
	free(all);
	return good;
}

static bool copies(size_t piece_size, size_t at, size_t len)
{
	struct adm_buffer buffer = buffer_of(piece_size, 0);
	u8 *from = malloc(len + 1), *to = malloc(len + 1);
	bool good;
	size_t i;

	for (i = 0; i < len; i++)
		from[i] = random();
	to[len] = POISON;
	adm_buffer_put(&buffer, at, from, len);
	good = holds(&buffer, at, from, len);
	adm_buffer_get(&buffer, at, to, len);
	good = good && !memcmp(from, to, len) && to[len] == POISON;
	free(from);
	free(to);
	buffer_free(&buffer);
	return good;
}

static void what_is_put_is_got(void)
{
	const size_t size = 64, all = MOST_PIECES * size;
	size_t at, i;

	ok(copies(size, 0, 0), "nothing");
	ok(copies(size, 0, all), "all of a buffer");
	ok(copies(size, 24, all - 24), "behind a head, to the end");
	ok(copies(size, size - 1, 2), "across the end of a piece");
	ok(copies(size, size, size), "a piece");
	for (i = 0; i < RANDOM_COPIES; i++) {
		at = random() % all;
		if (!copies(size, at, random() % (all - at + 1)))
			break;
	}
	ok(i == RANDOM_COPIES, "any place and any length");
}

static void what_was_there_is_cleared(void)
{
	static const u8 zero[PAGE];
	struct adm_buffer buffer = buffer_of(PAGE, 0);

	adm_buffer_clear(&buffer, PAGE + 1);
	ok(!memcmp(buffer.piece[0].mem, zero, PAGE) &&
	   !*(u8 *)buffer.piece[1].mem, "as far as the device may write");
	ok(((u8 *)buffer.piece[1].mem)[1] == POISON, "and no further");
	buffer.is_clear = true;
	memset(buffer.piece[0].mem, POISON, PAGE);
	adm_buffer_clear(&buffer, PAGE);
	ok(*(u8 *)buffer.piece[0].mem == POISON, "what is new is so already");
	adm_buffer_clear(&buffer, PAGE);
	ok(!memcmp(buffer.piece[0].mem, zero, PAGE), "and is not the next time");
	buffer_free(&buffer);
}

static struct adm_desc table[2 * MOST_PIECES + 1];

static bool is_desc(unsigned int i, u64 addr, u32 len, u16 flags, u16 next)
{
	const struct adm_desc *desc = &table[i];

	return le64_to_cpu(desc->addr) == addr && le32_to_cpu(desc->len) == len &&
	       le16_to_cpu(desc->flags) == flags && le16_to_cpu(desc->next) == next;
}

static void a_chain_tells_of_each_piece(void)
{
	struct adm_buffer in = buffer_of(PAGE, 0x100000);
	struct adm_buffer out = buffer_of(PAGE, 0x900000);
	unsigned int nr;

	memset(table, POISON, sizeof(table));
	nr = adm_chain(table, 0, &in, 24, &out, 8);
	ok(nr == 2 && is_desc(0, 0x100000, 24, ADM_DESC_NEXT, 1) &&
	   is_desc(1, 0x900000, 8, ADM_DESC_WRITE, 0),
	   "a small command is two descriptors");

	nr = adm_chain(table, 32, &in, 2 * PAGE + 1, &out, PAGE + 8);
	ok(nr == 5, "each piece that is used has a descriptor");
	ok(is_desc(0, 0x100000, PAGE, ADM_DESC_NEXT, 33) &&
	   is_desc(1, 0x100000 - 2 * PAGE, PAGE, ADM_DESC_NEXT, 34) &&
	   is_desc(2, 0x100000 - 4 * PAGE, 1, ADM_DESC_NEXT, 35),
	   "what is read comes first, the last piece cut to what there is");
	ok(is_desc(3, 0x900000, PAGE, ADM_DESC_NEXT | ADM_DESC_WRITE, 36) &&
	   is_desc(4, 0x900000 - 2 * PAGE, 8, ADM_DESC_WRITE, 0),
	   "then what is written, and the last one ends the chain");

	nr = adm_chain(table, 0, &in, MOST_PIECES * PAGE, &out, MOST_PIECES * PAGE);
	ok(nr == 2 * MOST_PIECES && table[nr].addr == 0xaaaaaaaaaaaaaaaaULL,
	   "full pieces take no descriptor more");
	buffer_free(&in);
	buffer_free(&out);
}

int main(void)
{
	pieces_are_as_small_as_may_be();
	there_are_never_too_many();
	a_page_leaves_the_other_descriptors();
	what_is_put_is_got();
	what_was_there_is_cleared();
	a_chain_tells_of_each_piece();
	return tap_end();
}
