/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_DEVICE_H
#define VFMIG_DEVICE_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/vfio.h>
#include <linux/vfmig.h>
#include <linux/wait.h>

#include "stream.h"
#include "transition.h"

struct vfmig_load;
struct vfmig_save;
struct vfmig_window;

#define VFMIG_WHY_LEN	256

/* The front ends. */
enum vfmig_protocol {
	VFMIG_NOBODY,
	VFMIG_V1,
	VFMIG_V2,
};

/* The parts of a transfer that are counted apart. */
enum vfmig_part {
	VFMIG_PART_PRE_COPY,
	VFMIG_PART_STOP_COPY,
	VFMIG_PART_RESUMING,
	VFMIG_NR_PARTS,
};

/* What the last transfer took; for people to read. */
struct vfmig_part_stats {
	u64 bytes;
	u64 chunks;
	u64 records;
	u64 busy_ns;	/* in the backend and in the stream */
	u64 wall_ns;	/* from entering the state to leaving it */
};

struct vfmig_stats {
	struct vfmig_part_stats part[VFMIG_NR_PARTS];
	u64 step_ns[VFMIG_NR_STEPS];
	u64 commit_ns;
};

struct vfmig_device {
	struct vfio_pci_core_device *core;
	const struct vfmig_backend_ops *ops;
	void *backend;
	struct dentry *debugfs;
	/* By its address the v2 front end finds the rest. */
	struct vfio_migration_ops mig_ops;
	/* The driver has one, and each data fd, which may outlive the driver. */
	struct kref ref;
	/* How long one access may take, in jiffies. */
	unsigned long patience;

	/*
	 * Protects all below but where it says otherwise, and serialises the
	 * calls of the backend. Outside of the memory_lock of vfio.
	 */
	struct mutex lock;
	/* Written under @lock; read without. */
	enum vfmig_state state;
	/* Who has led the device out of RUNNING. */
	enum vfmig_protocol owner;
	/* A step is being undone: it is not to be cut short by a signal. */
	bool undoing;
	/*
	 * What is under way is being ended, but the device was not reset. Written by
	 * the close alone, and set without @lock.
	 */
	bool closing;
	/* What the backend has done, and not undone: see backend.c. */
	bool quiesced;
	bool frozen;
	/*
	 * Bits of PCI_COMMAND, from vfmig_bars_begin() to vfmig_bars_end() or the
	 * beginning of a reset; and whether one is under way. Protected by the
	 * irqlock of vfio.
	 */
	u16 switched_on;
	bool resetting;
	/* When the access under way has to give up, in jiffies. */
	unsigned long deadline;
	struct vfmig_save *save;
	struct vfmig_load *load;
	/*
	 * The number of the session under way, or of the next one. Whoever has
	 * begun one keeps its number, and has lost it when this is another.
	 */
	unsigned long session;
	/*
	 * Woken when a session is over, when the state has changed, and when a
	 * backend has more to say.
	 */
	wait_queue_head_t wait;
	/*
	 * Where a backend waits for somebody else. Apart from @wait: a poll() that has
	 * the backend ask would be woken by the answer, and ask again for ever.
	 */
	wait_queue_head_t backend_wait;
	/* It has said so since this was looked at last; any context. */
	int more;
	/*
	 * That of the region, from open to close; the pointer is stable while
	 * the device is open. A session may go through another one.
	 */
	struct vfmig_window *window;
	/* That of the session that a backend begins; NULL outside of those calls. */
	struct vfmig_window *beginning;
	/* Of the device as it was opened; not there while it is closed. */
	struct vfmig_identity *identity;

	struct vfmig_stats stats;
	ktime_t entered;
	u64 resets;
	/* Bytes of data sections that were copied for userspace; without @lock. */
	atomic64_t copied;
	/* Why the access under way fails, innermost reason last. */
	char why[VFMIG_WHY_LEN];
	int why_err;
	/* The same of the last access that failed. */
	u64 errors;
	char last_error[VFMIG_WHY_LEN];

	/*
	 * Protects @reset_pending, and makes the release of @lock and a look
	 * at @reset_pending one step. Innermost.
	 */
	spinlock_t reset_lock;
	bool reset_pending;
};

/* A reset has arrived in the access under way. */
static inline bool vfmig_was_reset(const struct vfmig_device *vm)
{
	return READ_ONCE(vm->reset_pending);
}

/* bars.c */
void vfmig_bars_reset_begins(struct vfmig_device *vm);
void vfmig_bars_reset_ends(struct vfmig_device *vm);

/* access.c: of the access under way, for whoever does a part of its work */
void vfmig_access_start_clock(struct vfmig_device *vm);
bool vfmig_access_half_over(const struct vfmig_device *vm);
struct vfmig_part_stats *vfmig_access_part(struct vfmig_device *vm);
int vfmig_part_of(enum vfmig_state state);

#endif /* VFMIG_DEVICE_H */
