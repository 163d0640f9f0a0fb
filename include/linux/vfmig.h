/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfmig - live migration of passed-through PCI functions
 *
 * What a backend must implement, and what the core gives it. A vfio-pci
 * variant driver includes this header and no other one of the project.
 *
 * A backend handles one kind of device and does not see the protocol: its calls
 * stop and start the device, put its state into records and take checked
 * records back. The core implements device_state, the migration stream, the
 * data section that userspace maps, and every check of what userspace does.
 *
 * Order of the calls, one device, one at a time::
 *
 *	open to close	->open()	->identity()	...	->close()
 *	stop		->quiesce()	->freeze()
 *	start		->thaw()	->run()
 *	peer to peer	->quiesce()	->run()
 *	save		->save_begin(PRE_COPY)	{ ->save_left() ->save() }*
 *			->save_begin(STOP_COPY)	{ ->save_left() ->save() }*
 *			->save_end()
 *	load		->load_begin()	{ ->load() | ->load_piece()* }*
 *			->load_commit()	->load_end()
 *	any moment	->reset()
 *
 * A device may stay quiesced for as long as the other devices of its VM take to
 * be quiesced too, and pre-copy may begin and go on while it is. A save may
 * begin in either phase and may end in either phase; a load may end without a
 * commit. Everything but ->reset() may sleep. All calls are made under the
 * engine lock, one at a time, so a backend needs no lock between its own calls.
 * Errors are negative errnos; vfmig_fail() adds a reason for the operator.
 */
#ifndef _LINUX_VFMIG_H
#define _LINUX_VFMIG_H

#include <linux/bits.h>
#include <linux/types.h>
#include <linux/vfio_pci_core.h>
#include <linux/vfmig_compat.h>

struct dentry;
struct pci_dev;
struct vfio_device;
struct vfio_info_cap;
struct vfio_region_info;
struct vfmig_device;
struct vfmig_window;
struct vm_fault;

/**
 * enum vfmig_phase - the phase of a save
 * @VFMIG_PRE_COPY: the device runs, or is quiesced, and may change state that
 *	was saved already
 * @VFMIG_STOP_COPY: the device is frozen; what is saved now is final
 */
enum vfmig_phase {
	VFMIG_PRE_COPY,
	VFMIG_STOP_COPY,
};

/**
 * enum vfmig_fact_rule - how a fact of source and destination are compared
 * @VFMIG_FACT_EQUAL: both have the same value
 * @VFMIG_FACT_AT_LEAST: the destination has the source's value or more
 * @VFMIG_FACT_SUPERSET: the destination has every bit that the source has
 */
enum vfmig_fact_rule {
	VFMIG_FACT_EQUAL,
	VFMIG_FACT_AT_LEAST,
	VFMIG_FACT_SUPERSET,
};

/* Facts below VFMIG_FACT_BACKEND are the core's: it fills and checks them. */
#define VFMIG_FACT_VENDOR	0x0001
#define VFMIG_FACT_DEVICE	0x0002
#define VFMIG_FACT_REVISION	0x0003
#define VFMIG_FACT_BACKEND	0x0100

#define VFMIG_MAX_FACTS		32

/**
 * struct vfmig_fact - a property that decides on compatibility (match data)
 * @id: which fact, VFMIG_FACT_BACKEND or above for a backend's own; the meaning
 *	of an id must never change
 * @rule: how the destination's value is compared with the source's, one of
 *	&enum vfmig_fact_rule; the rule in the stream, the source's, is applied
 * @value: this device's value
 * @name: for messages, static storage; not part of the stream
 */
struct vfmig_fact {
	u16 id;
	u16 rule;
	u64 value;
	const char *name;
};

/* Record types below VFMIG_RECORD_BACKEND are the core's. */
#define VFMIG_RECORD_BACKEND	0x0100

/* A destination that does not know the type skips the record. */
#define VFMIG_RECORD_OPTIONAL	BIT(0)
/* The payload has no CRC: for bulk data that the device itself checks. */
#define VFMIG_RECORD_NO_CRC	BIT(1)

/* No record's payload is larger than this, in bytes. */
#define VFMIG_RECORD_MAX	0x100000

/**
 * struct vfmig_record - a part of a device's state, as a backend sees it
 * @type: VFMIG_RECORD_BACKEND or above, the backend's to define
 * @flags: VFMIG_RECORD_OPTIONAL, VFMIG_RECORD_NO_CRC
 * @len: bytes of payload at @data, at most VFMIG_RECORD_MAX
 * @room: ->save() only: bytes that fit at @data, never less than the
 *	backend's &vfmig_backend_ops.min_record
 * @data: the payload; 8-byte aligned. In ->load() it is the kernel's private
 *	copy and has passed its CRC. In ->save() userspace may have the memory
 *	mapped: write it once, never read it back
 */
struct vfmig_record {
	u16 type;
	u16 flags;
	u32 len;
	u32 room;
	void *data;
};

/* Upper limit of &vfmig_backend_ops.bulk_head, in bytes. */
#define VFMIG_BULK_HEAD_MAX	512

/**
 * struct vfmig_piece - a fragment of the payload of a record without a CRC
 * @at: its offset in the payload, in bytes
 * @len: its length in bytes
 * @data: its address, of any alignment. Userspace may be writing there: read
 *	each byte once, and check the copy
 */
struct vfmig_piece {
	u32 at;
	u32 len;
	const void *data;
};

/**
 * struct vfmig_backend_ops - the calls and the limits of a backend
 *
 * A device whose state is one record needs no more than @quiesce, @run,
 * @freeze, @save, @load and @load_commit.
 *
 * @name: of the backend, in the stream and in messages, at most 15 bytes
 * @stream_version: version of the backend's records; a destination accepts only
 *	its own version
 * @min_record: the most bytes of payload that one @save needs room for, 1 to
 *	VFMIG_RECORD_MAX; the window is made large enough
 * @bulk_head: with @load_piece only: bytes from the start of a payload that it
 *	gets as one private copy, 0 to VFMIG_BULK_HEAD_MAX
 * @timeout_ms: time limit of all of the backend's work for one access of
 *	userspace, in milliseconds; 0 for VFMIG_TIMEOUT_MS. See vfmig_must_stop()
 * @needs_bars: @quiesce, @run, @freeze, @thaw and @load_commit access the BARs.
 *	The core wakes the device, switches decoding on, and keeps resets through
 *	vfio and accesses to config space out around each of them: they run
 *	between vfmig_bars_begin() and vfmig_bars_end(), and must not call these;
 *	other calls may. A device that the guest has put into a low power state
 *	(D3) counts as stopped: the calls are left out, and made later if its
 *	state is needed when it is in D0
 *
 * @open: optional, with @close. The device is being opened: allocates what the
 *	other calls need. It is the first call.
 * @close: undoes @open; no call but @reset follows. Sessions have been ended before.
 *	The device is still enabled and in whatever state it was: it may be stopped, and
 *	must not be started, since it is reset only after this.
 *
 * @identity: optional. Fills @facts with at most @max facts about the device
 *	beyond vendor, device and revision, which the core adds. Returns their
 *	number or a negative errno. The facts must not change while a device
 *	is open. A device whose facts cannot be told yet returns -EAGAIN when it
 *	is opened, and is asked once @save_begin or @load_begin has succeeded, in each
 *	session anew.
 *
 * @quiesce: stops the device from starting DMA and interrupts (RUNNING to
 *	RUNNING_P2P), and waits until those under way are done. On error the
 *	device runs as before.
 * @run: undoes @quiesce. Must not fail for a device that a load has just been
 *	committed to: its caller can no longer fail the migration.
 * @freeze: stops all changes of the device's state (RUNNING_P2P to STOP). On
 *	error the device is quiesced as before.
 * @thaw: optional. Undoes @freeze; must not fail where @run must not.
 *	Each of these four, and @load_commit, may return -EHOSTDOWN for a device
 *	in D3; with @needs_bars the core does.
 *	One of the four that fails and leaves the device in neither state returns
 *	-ENOTRECOVERABLE: the core undoes nothing, and the migration state is
 *	ERROR, which only a reset leads out of.
 *
 * @save_begin: optional. A save starts, or goes from pre-copy to stop-and-copy.
 *	In VFMIG_STOP_COPY the device is frozen. On error the save is where it
 *	was.
 * @save_left: returns the bytes of payload remaining in this phase; an
 *	estimate, but 0 exactly when @save would return an empty record. A
 *	backend whose remaining bytes rise from 0 in pre-copy, outside of its
 *	calls, calls vfmig_more(). Optional: without it the state is one record,
 *	saved in stop-and-copy; the core calls @save once, and refuses a stream
 *	without this record or with a second one.
 * @save: fills @rec with the next record. Returns 0, or a negative errno and
 *	the save has failed. A len of 0 ends the phase, whatever @save_left
 *	returns; in pre-copy, until vfmig_more().
 * @save_size: optional. Returns the bytes of payload that stop-and-copy would
 *	have if it began now, after the pre-copy under way if there is one; an
 *	estimate. Called in every state but stop-and-copy, while the device is
 *	open. Without it @min_record is used.
 * @save_end: optional. The save is over, complete or not; frees what it used.
 *	@thaw and @run may be called before it: a save is ended only when the
 *	device has been started again.
 *
 * @load_begin: optional. A load starts; the device is frozen and is not touched.
 *	If the source begins its save anew, @load_end and @load_begin are called
 *	again without a reset in between, before a commit or after it.
 * @load: takes one record whose CRC is right; must check every byte it uses.
 *	The record's memory is the core's. Must not touch the device, which is
 *	for @load_commit, unless its state is too large to be kept in memory,
 *	or the device keeps what it is given aside until it is started.
 *	Returns -EOPNOTSUPP for an unknown record type: the core skips the record
 *	if it is optional, and refuses the stream if it is not.
 * @load_piece: optional. Called instead of @load for a record without a CRC,
 *	with the payload as it arrives and without a copy. @rec has the record's
 *	type, flags and length; its data are the first @bulk_head bytes,
 *	private, or all of it if it is shorter. The rest comes as @piece, at
 *	least one, in order and without a gap, cut anywhere; the last one ends
 *	where the record does. Returns what @load does; after -EOPNOTSUPP for an
 *	optional record there are no more calls for it.
 * @load_commit: the stream was complete. Writes the state to the frozen device
 *	and verifies it. PCI memory decoding and bus mastering may be off;
 *	userspace restores config space and MSI-X later.
 * @load_end: optional. The load is over, committed or not; frees what it used.
 *
 * @reset: optional. The device was reset, by its user or by vfio, which does so
 *	before each @open: drops what the backend remembers of it. Called under
 *	locks of the PCI core and of vfio, so it must neither touch the device nor
 *	sleep. A session under way has been ended before by @save_end or @load_end,
 *	which therefore must not touch the device either.
 */
struct vfmig_backend_ops {
	const char *name;
	u32 stream_version;
	u32 min_record;
	u32 bulk_head;
	unsigned int timeout_ms;
	bool needs_bars;

	int (*open)(void *backend);
	void (*close)(void *backend);

	int (*identity)(void *backend, struct vfmig_fact *facts,
			unsigned int max);

	int (*quiesce)(void *backend);
	int (*run)(void *backend);
	int (*freeze)(void *backend);
	int (*thaw)(void *backend);

	int (*save_begin)(void *backend, enum vfmig_phase phase);
	u64 (*save_left)(void *backend);
	int (*save)(void *backend, struct vfmig_record *rec);
	u64 (*save_size)(void *backend);
	void (*save_end)(void *backend);

	int (*load_begin)(void *backend);
	int (*load)(void *backend, const struct vfmig_record *rec);
	int (*load_piece)(void *backend, const struct vfmig_record *rec,
			  const struct vfmig_piece *piece);
	int (*load_commit)(void *backend);
	void (*load_end)(void *backend);

	void (*reset)(void *backend);
};

#define VFMIG_TIMEOUT_MS	10000

/* Life of a device: probe, open, close, reset, remove. */
struct vfmig_device *vfmig_register(struct vfio_pci_core_device *core,
				    const struct vfmig_backend_ops *ops,
				    void *backend);
void vfmig_unregister(struct vfmig_device *vm);
int vfmig_open(struct vfmig_device *vm);
void vfmig_close(struct vfmig_device *vm);
void vfmig_reset_prepare(struct vfmig_device *vm);
void vfmig_reset_done(struct vfmig_device *vm);

/* Region info of BARs, for a driver's vfio_device_ops. */
int vfmig_bar_info(struct vfio_pci_core_device *core,
		   struct vfio_region_info *info, struct vfio_info_cap *caps,
		   u64 from);
int vfmig_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
		      struct vfio_info_cap *caps);
long vfmig_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);

/* For a backend, from inside its calls. */
int vfmig_must_stop(struct vfmig_device *vm);
__printf(3, 4)
int vfmig_fail(struct vfmig_device *vm, int err, const char *fmt, ...);
struct dentry *vfmig_debugfs(struct vfmig_device *vm);
unsigned int vfmig_time_left(struct vfmig_device *vm);
int vfmig_wait(struct vfmig_device *vm, bool (*done)(void *data), void *data);
struct vfmig_window *vfmig_session_window(struct vfmig_device *vm);
size_t vfmig_window_offset(const struct vfmig_window *win, const void *data);

/* For a backend, at any time and from any context. */
void vfmig_more(struct vfmig_device *vm);
void vfmig_wake(struct vfmig_device *vm);

/* For a backend that shares the data section with somebody else; at any time. */
struct vfmig_window *vfmig_window_get(struct vfmig_window *win);
void vfmig_window_put(struct vfmig_window *win);
vm_fault_t vfmig_window_fault(struct vfmig_window *win, struct vm_fault *vmf,
			      unsigned long page);
size_t vfmig_window_size(const struct vfmig_window *win);

int vfmig_bars_begin(struct vfmig_device *vm);
void vfmig_bars_end(struct vfmig_device *vm);

/**
 * struct vfmig_pci_device - a PCI function of a variant driver
 * @core: vfio's part
 * @vm: vfmig's part; NULL for a function without migration, as under vfio-pci
 *
 * A driver embeds it in its own structure, which vfio_alloc_device() allocates
 * by @core.vdev. Each of the functions below can be replaced by one of the
 * driver's that does the same and more.
 */
struct vfmig_pci_device {
	struct vfio_pci_core_device core;
	struct vfmig_device *vm;
};

int vfmig_pci_probe(struct vfmig_pci_device *vpci,
		    const struct vfmig_backend_ops *ops, void *backend);
void vfmig_pci_unregister(struct pci_dev *pdev);
void vfmig_pci_free(struct pci_dev *pdev);
void vfmig_pci_remove(struct pci_dev *pdev);
int vfmig_pci_open_device(struct vfio_device *vdev);
void vfmig_pci_close_device(struct vfio_device *vdev);
void vfmig_pci_reset_prepare(struct pci_dev *pdev);
void vfmig_pci_reset_done(struct pci_dev *pdev);
extern const struct pci_error_handlers vfmig_pci_err_handlers;

/*
 * VFMIG_PCI_OPS(init, release) - for the struct vfio_device_ops of a driver
 * that adds migration and no more. @init and @release are
 * vfio_pci_core_init_dev() and vfio_pci_core_release_dev(), or call them.
 * VFMIG_PCI_OPS_BUT_WRITE() is for one that sees what is written.
 */
#define VFMIG_PCI_OPS(init_op, release_op)				\
	.write		= vfio_pci_core_write,				\
	VFMIG_PCI_OPS_BUT_WRITE(init_op, release_op)

#define VFMIG_PCI_OPS_BUT_WRITE(init_op, release_op)			\
	.init		= init_op,					\
	.release	= release_op,					\
	.open_device	= vfmig_pci_open_device,			\
	.close_device	= vfmig_pci_close_device,			\
	.ioctl		= vfmig_ioctl,					\
	.device_feature	= vfio_pci_core_ioctl_feature,			\
	.read		= vfio_pci_core_read,				\
	.mmap		= vfio_pci_core_mmap,				\
	VFMIG_REGION_INFO_OPS(vfmig_region_info)			\
	VFMIG_PCI_DEVICE_OPS

#endif /* _LINUX_VFMIG_H */
