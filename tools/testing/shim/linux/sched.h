/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_SCHED_H
#define VFMIG_SHIM_SCHED_H

static inline void cond_resched(void)
{
}

#endif /* VFMIG_SHIM_SCHED_H */
