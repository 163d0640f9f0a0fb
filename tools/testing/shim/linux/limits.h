/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_UNIT_LIMITS_H
#define VFMIG_UNIT_LIMITS_H

/* Of that name there is one of the system's as well. */
#include_next <linux/limits.h>
#include <stdint.h>

#define U64_MAX		UINT64_MAX

#endif /* VFMIG_UNIT_LIMITS_H */
