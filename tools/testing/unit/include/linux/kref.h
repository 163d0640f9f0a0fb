/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_UNIT_KREF_H
#define VFMIG_UNIT_KREF_H

struct kref {
	int unused;
};

#endif /* VFMIG_UNIT_KREF_H */
