/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second opinion on streams: written from the format's description, over the
 * whole of the bytes at once, without a state and without the core's structs.
 */
#ifndef VFMIG_FUZZ_ORACLE_H
#define VFMIG_FUZZ_ORACLE_H

#include <linux/types.h>
#include <linux/vfmig.h>

struct vfmig_identity;

enum verdict {
	VERDICT_SHORT,	/* not wrong, as far as it goes */
	VERDICT_WHOLE,
	VERDICT_WRONG,
};

/* How many records a backend is to be given, whatever the verdict. */
enum verdict judge_stream(const u8 *s, size_t len, u32 *records);
bool judge_identity(const struct vfmig_identity *source,
		    const struct vfmig_identity *here);

#endif /* VFMIG_FUZZ_ORACLE_H */
