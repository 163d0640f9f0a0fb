/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_MINMAX_H
#define VFMIG_SHIM_MINMAX_H

#define min_t(type, a, b) ({						\
	type min_a = (a);						\
	type min_b = (b);						\
									\
	min_a < min_b ? min_a : min_b; })

#define max_t(type, a, b) ({						\
	type max_a = (a);						\
	type max_b = (b);						\
									\
	max_a > max_b ? max_a : max_b; })

#define min(a, b)	min_t(typeof(a), a, b)
#define max(a, b)	max_t(typeof(a), a, b)

#define swap(a, b) do {							\
	typeof(a) swap_a = (a);						\
									\
	(a) = (b);							\
	(b) = swap_a;							\
} while (0)

#endif /* VFMIG_SHIM_MINMAX_H */
