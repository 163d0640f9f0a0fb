/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_COMPILER_H
#define VFMIG_SHIM_COMPILER_H

/* One thread: a value is what it is. */
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, val)	((x) = (val))
/* Nor is there an order to keep. */
#define smp_load_acquire(p)	(*(p))

#define __user
#define __iomem

#endif /* VFMIG_SHIM_COMPILER_H */
