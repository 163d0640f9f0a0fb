/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_SPINLOCK_H
#define VFMIG_SHIM_SPINLOCK_H

/* One thread: a lock only tells whether it is held, and must not be twice. */
#include <linux/lockdep.h>
#include <linux/types.h>

#define spinlock_t	struct shim_lock

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->held = false;
}

static inline void spin_lock(spinlock_t *lock)
{
	assert(!lock->held);
	lock->held = true;
}

static inline void spin_unlock(spinlock_t *lock)
{
	assert(lock->held);
	lock->held = false;
}

#endif /* VFMIG_SHIM_SPINLOCK_H */
