/* SPDX-License-Identifier: GPL-2.0-only */
/* Nothing of a kernel's differences reaches what is compiled in userspace. */
#ifndef SHIM_LINUX_VFMIG_COMPAT_H
#define SHIM_LINUX_VFMIG_COMPAT_H
#endif
