/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_IO_H
#define VFMIG_SHIM_IO_H

#include <linux/types.h>

/* The test's: what a device is like. */
u32 ioread32(const void *at);
void iowrite32(u32 val, void *at);

#endif /* VFMIG_SHIM_IO_H */
