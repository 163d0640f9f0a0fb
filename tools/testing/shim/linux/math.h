/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_MATH_H
#define VFMIG_SHIM_MATH_H

#include <linux/math64.h>

#endif /* VFMIG_SHIM_MATH_H */
