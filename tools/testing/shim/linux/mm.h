/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_MM_H
#define VFMIG_SHIM_MM_H

#include <linux/slab.h>

#define PAGE_SIZE		4096UL
#define PAGE_ALIGN(x)		(((x) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1))
#define offset_in_page(x)	((unsigned long)(x) & (PAGE_SIZE - 1))

#endif /* VFMIG_SHIM_MM_H */
