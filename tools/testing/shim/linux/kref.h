/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_KREF_H
#define VFMIG_SHIM_KREF_H

struct kref {
	int unused;
};

#endif /* VFMIG_SHIM_KREF_H */
