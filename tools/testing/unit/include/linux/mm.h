/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_UNIT_MM_H
#define VFMIG_UNIT_MM_H

#include <linux/slab.h>

#define PAGE_ALIGN(x)	(((x) + 4095) & ~4095ULL)

#endif /* VFMIG_UNIT_MM_H */
