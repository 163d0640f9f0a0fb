/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_LOCKDEP_H
#define VFMIG_SHIM_LOCKDEP_H

#include <linux/types.h>

struct shim_lock {
	bool held;
};

#define lockdep_assert_held(lock)	assert((lock)->held)

#endif /* VFMIG_SHIM_LOCKDEP_H */
