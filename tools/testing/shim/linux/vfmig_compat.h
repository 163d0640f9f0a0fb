/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_VFMIG_COMPAT_H
#define VFMIG_SHIM_VFMIG_COMPAT_H

/* This is no kernel, so there is nothing that differs. */

#endif /* VFMIG_SHIM_VFMIG_COMPAT_H */
