/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_UNIT_IO_H
#define VFMIG_UNIT_IO_H

#include <linux/types.h>

/* The test's: what a device is like. */
u32 ioread32(const void *at);
void iowrite32(u32 val, void *at);

#endif /* VFMIG_UNIT_IO_H */
