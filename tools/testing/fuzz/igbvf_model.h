/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An 82576 virtual function with its PF, as far as a state is put into it and
 * taken out again: registers that keep what is written to them, a mailbox, and
 * a PF that mostly agrees.
 */
#ifndef VFMIG_FUZZ_IGBVF_MODEL_H
#define VFMIG_FUZZ_IGBVF_MODEL_H

#include <linux/types.h>

/* What a PF does with a request; any other mood: it agrees. */
#define MOOD_REFUSES	0xee
#define MOOD_SILENT	0xdd
#define MOOD_CONFUSED	0xcc

struct input;

void *model_reset(const struct input *in, bool link);
bool model_agreed(void);

#endif /* VFMIG_FUZZ_IGBVF_MODEL_H */
