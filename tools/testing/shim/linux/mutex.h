/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_MUTEX_H
#define VFMIG_SHIM_MUTEX_H

#include <linux/lockdep.h>

#define mutex	shim_lock

#endif /* VFMIG_SHIM_MUTEX_H */
