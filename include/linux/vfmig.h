/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfmig - live migration of passed-through PCI functions
 *
 * What a backend must say and do, and what the core gives it. A vfio-pci
 * variant driver includes this header and no other one of the project.
 *
 * A backend knows one kind of device and nothing of the protocol: it is told
 * to stop and to start the device, to put its state into records and to take
 * checked records back. The core owns the device_state register, the stream,
 * the window that userspace maps, and every check of what userspace does.
 *
 * Order of the calls, one device, one at a time::
 *
 *	open to close	->open()	->identity()	...	->close()
 *	running falls	->quiesce()	->freeze()
 *	running rises	->thaw()	->run()
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
 * commit. Everything but ->reset() may sleep. All calls come under the engine's
 * lock, so a backend needs no lock of its own against itself.
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

/**
 * enum vfmig_phase - what part of a save is under way
 * @VFMIG_PRE_COPY: the device runs, or is quiesced, and goes on changing what
 *	it said
 * @VFMIG_STOP_COPY: the device is frozen; what is said now is final
 */
enum vfmig_phase {
	VFMIG_PRE_COPY,
	VFMIG_STOP_COPY,
};

/**
 * enum vfmig_fact_rule - how a fact of the source binds the destination
 * @VFMIG_FACT_EQUAL: both sides have the same value
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
 * struct vfmig_fact - something that must hold for a destination to be fit
 * @id: which fact, VFMIG_FACT_BACKEND or above for a backend's own; once
 *	given a meaning, an id keeps it for ever
 * @rule: how the destination's value is held against the source's, one of
 *	&enum vfmig_fact_rule; the source's word counts
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
/* The payload carries no CRC: for bulk, which the device checks itself. */
#define VFMIG_RECORD_NO_CRC	BIT(1)

/* No record's payload is larger than this, in bytes. */
#define VFMIG_RECORD_MAX	0x100000

/**
 * struct vfmig_record - one piece of a device's state, as a backend sees it
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

/* Bytes of a record of bulk that come in one piece at the most. */
#define VFMIG_BULK_HEAD_MAX	512

/**
 * struct vfmig_piece - some of the payload of a record of bulk
 * @at: bytes of the payload before it
 * @len: its bytes
 * @data: where they are; of any alignment. Userspace may be writing there:
 *	read each byte once, and trust none that was not checked after that
 */
struct vfmig_piece {
	u32 at;
	u32 len;
	const void *data;
};

/**
 * struct vfmig_backend_ops - what a backend can do
 *
 * A device whose state is one record needs no more than @quiesce, @run,
 * @freeze, @save, @load and @load_commit.
 *
 * @name: names the backend in the stream and in messages, at most 15 bytes
 * @stream_version: version of the backend's records; a destination takes only
 *	its own version
 * @min_record: bytes of room that one ->save() needs at the most, at least 1
 *	and at most VFMIG_RECORD_MAX; the window is made large enough
 * @bulk_head: with @load_piece only: bytes from the start of a payload that it
 *	wants in one piece, at most VFMIG_BULK_HEAD_MAX
 * @timeout_ms: how long one access of userspace may keep the backend busy in
 *	all, milliseconds; 0 for VFMIG_TIMEOUT_MS. See vfmig_must_stop()
 * @needs_bars: @quiesce, @run, @freeze, @thaw and @load_commit access the BARs.
 *	The core wakes the device, switches decoding on and keeps resets and the
 *	guest's config accesses out around each of them. A device that the guest
 *	has put into a low power state (D3) is taken for quiescent: the calls are
 *	left out, and made up for when it is awake and its state is wanted. Other
 *	calls use vfmig_bars_begin(), these must not
 *
 * @open: optional, with @close. The device is being opened: gets what the
 *	other calls need. Comes before all of them.
 * @close: undoes @open; no call but @reset comes after it. The device is still
 *	enabled.
 *
 * @identity: optional. Fills @facts with at most @max facts about the device
 *	beyond vendor, device and revision, which the core adds. Returns their
 *	number or a negative errno. Must say the same as long as a device is
 *	open.
 *
 * @quiesce: starts no more DMA and no more interrupts, and waits for what is
 *	under way. On error the device runs as before.
 * @run: undoes @quiesce. Must not fail for a device that a load has just been
 *	committed to: its caller can no longer fail the migration.
 * @freeze: from here on nothing of the device's state changes. On error the
 *	device is quiesced as before.
 * @thaw: optional. Undoes @freeze; the same promise as @run.
 *	Where the device has no power each of these four, and @load_commit, may
 *	return -EHOSTDOWN, which is what the core makes of D3 with @needs_bars.
 *	One of the four that fails and cannot keep its promise, so that the device
 *	is in neither state, returns -ENOTRECOVERABLE: the core undoes nothing, the
 *	migration state is ERROR, and only a reset leads out of it.
 *
 * @save_begin: optional. A save starts, or goes from pre-copy to stop-and-copy.
 *	In VFMIG_STOP_COPY the device is frozen. On error the save is where it
 *	was.
 * @save_left: bytes of payload that ->save() has yet to say in this phase; an
 *	estimate, but 0 exactly when ->save() would say nothing. Where it rises by
 *	itself in pre-copy, the backend calls vfmig_more(). Optional: without
 *	it the state is one record, said in stop-and-copy; the core asks for it
 *	once, and refuses a stream with none or with a second one.
 * @save: fills @rec with the next record. Returns 0, or a negative errno, and
 *	the save has failed. A record with a len of 0 says that there is
 *	nothing more in this phase, whatever @save_left says; in pre-copy, until
 *	vfmig_more().
 * @save_size: optional. Bytes of payload that a stop-and-copy begun now would
 *	say, or of one that follows on the pre-copy under way; an estimate. Asked
 *	in every state but stop-and-copy, and only while the device is open.
 *	Without it @min_record is taken for the answer.
 * @save_end: optional. The save is over, complete or not; frees what it used.
 *	Run control may come before it: a device is started again, and only when
 *	that has worked is the save given up.
 *
 * @load_begin: optional. A load starts; the device is frozen and is not touched.
 *	It may start over before it is committed and after, without a reset in
 *	between: the source has begun its save anew. ->load_end() comes before.
 * @load: takes one record whose CRC holds; checks every byte it uses. The
 *	record's memory is the core's. The device is not touched before
 *	@load_commit, unless its state is too large to be kept aside. Returns
 *	-EOPNOTSUPP for a record type it does not know: the core skips the
 *	record if it is optional and refuses the stream if it is not.
 * @load_piece: optional. Takes a record without a CRC instead of @load, as it
 *	comes and without a copy: one that is large costs neither memory nor
 *	time. @rec says what record it is; its data are the first @bulk_head
 *	bytes of it, private, or all of it if it is shorter. The rest comes as
 *	@piece, in order and without a gap, once at least: the last one ends
 *	where the record does. Pieces are cut anywhere. Returns what @load does;
 *	after -EOPNOTSUPP for a record that is optional the rest of it does not
 *	come.
 * @load_commit: the stream was whole and in order. Puts the state into the
 *	frozen device and verifies it. PCI memory decoding and bus mastering
 *	may be off, and what is in config space and MSI-X comes later.
 * @load_end: optional. The load is over, committed or not; frees what it used.
 *
 * @reset: optional. The device was reset under us: forget, nothing else. Called under
 *	locks of the PCI core and of vfio, so it must neither touch the device
 *	nor wait. What is begun has been ended before with ->save_end() or
 *	->load_end(), which therefore must not touch the device either.
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
void vfmig_reset_done(struct vfmig_device *vm);

/* BARs as a driver's vfio_device_ops tell of them. */
int vfmig_bar_info(struct vfio_pci_core_device *core,
		   struct vfio_region_info *info, struct vfio_info_cap *caps,
		   u64 from);
int vfmig_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
		      struct vfio_info_cap *caps);
long vfmig_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);

/* What a backend may ask of the core from inside its calls. */
int vfmig_must_stop(struct vfmig_device *vm);
__printf(3, 4)
int vfmig_fail(struct vfmig_device *vm, int err, const char *fmt, ...);
struct dentry *vfmig_debugfs(struct vfmig_device *vm);

/* What it may say at any time, from any context. */
void vfmig_more(struct vfmig_device *vm);

int vfmig_bars_begin(struct vfmig_device *vm);
void vfmig_bars_end(struct vfmig_device *vm);

/**
 * struct vfmig_pci_device - what each variant driver has of a function
 * @core: vfio's part
 * @vm: the core's; NULL for a function that is served as vfio-pci would
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
void vfmig_pci_remove(struct pci_dev *pdev);
int vfmig_pci_open_device(struct vfio_device *vdev);
void vfmig_pci_close_device(struct vfio_device *vdev);
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
