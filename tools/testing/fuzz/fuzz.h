/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a target is: fuzz_one(), which takes any bytes and returns, or dies by
 * must() or by a sanitizer. With fuzz_change() it says how its inputs are
 * changed; the replay of known inputs needs no more than fuzz_one().
 *
 * An input begins with INPUT_HEAD bytes that say how the rest is handed over.
 */
#ifndef VFMIG_FUZZ_H
#define VFMIG_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <linux/types.h>

/* libFuzzer's names. */
int fuzz_one(const u8 *data, size_t size) __asm__("LLVMFuzzerTestOneInput");
size_t fuzz_change(u8 *data, size_t size, size_t room,
		   unsigned int seed) __asm__("LLVMFuzzerCustomMutator");
size_t fuzz_join(const u8 *one, size_t one_size, const u8 *other,
		 size_t other_size, u8 *to, size_t room,
		 unsigned int seed) __asm__("LLVMFuzzerCustomCrossOver");
size_t fuzz_mutate(u8 *data, size_t size,
		   size_t room) __asm__("LLVMFuzzerMutate");

#define INPUT_HEAD	8
#define INPUT_CUTS	7
#define FAULT_STOP	0x80

/**
 * struct input - an input taken apart
 * @cut: INPUT_CUTS sizes of pieces, over and over; see input_piece()
 * @fault: below FAULT_STOP which allocation fails, 0 for none; from there on
 *	at which of its questions the backend is told to stop
 * @bytes: the rest
 * @len: its length
 */
struct input {
	const u8 *cut;
	u8 fault;
	const u8 *bytes;
	size_t len;
};

/* Small pieces one by one, large ones in steps. */
static inline size_t input_piece(const struct input *in, size_t nr)
{
	u8 cut = in->cut[nr % INPUT_CUTS];

	return cut < 0xc0 ? cut + 1 : (cut - 0xbfU) * 256;
}

static inline bool input_split(struct input *in, const u8 *data, size_t size)
{
	if (size < INPUT_HEAD)
		return false;
	in->cut = data;
	in->fault = data[INPUT_CUTS];
	in->bytes = data + INPUT_HEAD;
	in->len = size - INPUT_HEAD;
	return true;
}

/* A rule of the code under test; the fuzzer keeps an input that breaks it. */
#define must(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__,	\
			__LINE__, #cond);				\
		abort();						\
	}								\
} while (0)

#endif /* VFMIG_FUZZ_H */
