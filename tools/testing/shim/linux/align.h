/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_ALIGN_H
#define VFMIG_SHIM_ALIGN_H

#define IS_ALIGNED(x, a)	(!((x) & ((typeof(x))(a) - 1)))

#endif /* VFMIG_SHIM_ALIGN_H */
