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

/**
 * struct opinion - what else there is to say of a stream
 * @verdict: of the stream that began last
 * @records: how many records a backend is to be given, in all
 * @head: where the stream that began last begins
 * @after_end: it began after the end of another one
 */
struct opinion {
	enum verdict verdict;
	u32 records;
	size_t head;
	bool after_end;
};

struct opinion judge_stream(const u8 *s, size_t len);
bool judge_identity(const struct vfmig_identity *source,
		    const struct vfmig_identity *here);

#endif /* VFMIG_FUZZ_ORACLE_H */
