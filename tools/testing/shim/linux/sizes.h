/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_SIZES_H
#define VFMIG_SHIM_SIZES_H

#define SZ_4K	0x1000
#define SZ_64K	0x10000
#define SZ_4G	0x100000000ULL

#endif /* VFMIG_SHIM_SIZES_H */
