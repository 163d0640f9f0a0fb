/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_BITS_H
#define VFMIG_SHIM_BITS_H

#define BIT(nr)		(1UL << (nr))
#define BIT_ULL(nr)	(1ULL << (nr))

#endif /* VFMIG_SHIM_BITS_H */
