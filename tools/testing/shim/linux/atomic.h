/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_UNIT_ATOMIC_H
#define VFMIG_UNIT_ATOMIC_H

#include <linux/types.h>

/* One thread: see compiler.h. */
#define xchg(p, val)						\
	({							\
		typeof(*(p)) was = *(p);			\
								\
		*(p) = (val);					\
		was;						\
	})

#endif /* VFMIG_UNIT_ATOMIC_H */
