/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_KERNEL_H
#define VFMIG_SHIM_KERNEL_H

#include <linux/minmax.h>

#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define container_of(ptr, type, member)					\
	((type *)((char *)(ptr) - offsetof(type, member)))

#endif /* VFMIG_SHIM_KERNEL_H */
