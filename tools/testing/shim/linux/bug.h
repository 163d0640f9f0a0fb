/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_BUG_H
#define VFMIG_SHIM_BUG_H

#include <assert.h>
#include <stdbool.h>

/* What the kernel would go on after is the end here. */
static inline bool WARN_ON_ONCE(bool cond)
{
	assert(!cond);
	return cond;
}

#endif /* VFMIG_SHIM_BUG_H */
