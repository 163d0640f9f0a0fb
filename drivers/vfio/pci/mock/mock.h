/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mock-vfio-pci - a variant driver with made-up state, for tests
 *
 * Who does what:
 *
 *	main.c		binds, opens, closes; knows VFIO, no migration
 *	backend.c	the backend: identity, run control, reset
 *	save.c, load.c	records out of the content and back into it
 *	content.c	the made-up state: what is where, what is dirty
 *	plain.c		content that costs no more than a copy, or nothing
 *	knobs.c		module parameters and debugfs
 *	trouble.c	every call passes here: log, contract checks, faults, delay
 */
#ifndef MOCK_VFIO_PCI_H
#define MOCK_VFIO_PCI_H

#include <linux/bitmap.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/vfmig.h>

#define MOCK_SIZE_MIN		8
#define MOCK_SIZE_MAX		SZ_4G
#define MOCK_MAX_BLOCKS		65536
#define MOCK_MIN_BLOCK_SHIFT	12

/**
 * struct mock_knobs - what can be turned, see Documentation/mock.rst
 * @size: bytes of state, a multiple of 8
 * @seed: what the state is made of
 * @record: bytes of state in one record, a multiple of 8
 * @rounds: rounds of pre-copy; 0 for a device that says nothing in it
 * @dirty_permille: thousandths of the state that change in a round
 * @slow_record_us: microseconds that a record takes
 * @slow_step_us: microseconds that any other call takes
 * @no_crc: records of state carry no CRC
 * @plain: how bytes of state are come by, one of &enum mock_plain
 * @extra_optional: an optional record that no destination knows
 * @extra_mandatory: a mandatory one
 * @overstate: 8 bytes more are left than there are
 * @fact_equal: identity: the destination has the same
 * @fact_at_least: identity: the destination has as much
 * @fact_superset: identity: the destination has every bit
 * @timeout_ms: limit of one access
 * @stream_version: version of the records
 *
 * All of one type, so that one table serves parameters, files and limits.
 */
struct mock_knobs {
	unsigned long long size;
	unsigned long long seed;
	unsigned long long record;
	unsigned long long rounds;
	unsigned long long dirty_permille;
	unsigned long long slow_record_us;
	unsigned long long slow_step_us;
	unsigned long long no_crc;
	unsigned long long plain;
	unsigned long long extra_optional;
	unsigned long long extra_mandatory;
	unsigned long long overstate;
	unsigned long long fact_equal;
	unsigned long long fact_at_least;
	unsigned long long fact_superset;
	/* The rest is read when a device is bound, and has no file. */
	unsigned long long timeout_ms;
	unsigned long long stream_version;
};

#define MOCK_NR_KNOBS	(sizeof(struct mock_knobs) / sizeof(long long))

/**
 * enum mock_plain - what it takes to have the bytes of a record, or to take them
 * @MOCK_MADE_UP: they are made up word by word, and checked
 * @MOCK_COPIED: a page is copied, again and again; nothing is checked
 * @MOCK_IN_PLACE: nothing: they are what happens to be there
 */
enum mock_plain {
	MOCK_MADE_UP,
	MOCK_COPIED,
	MOCK_IN_PLACE,
};

struct mock_knob;
struct mock_device;

/* What a knob's file needs to know. */
struct mock_knob_file {
	struct mock_device *mock;
	const struct mock_knob *knob;
};

/**
 * struct mock_content - made-up state: seed, size and generations say it all
 * @seed: what the bytes are made of
 * @size: bytes, a multiple of 8
 * @block_shift: a block is what becomes dirty together; grows with @size so
 *	that %MOCK_MAX_BLOCKS are always enough
 * @generation: per block, how often it has changed
 */
struct mock_content {
	u64 seed;
	u64 size;
	unsigned int block_shift;
	u32 *generation;
};

/* A stretch of bytes, all of one generation. */
struct mock_extent {
	u64 offset;
	u32 len;
	u32 generation;
};

enum mock_call {
	MOCK_IDENTITY,
	MOCK_QUIESCE,
	MOCK_RUN,
	MOCK_FREEZE,
	MOCK_THAW,
	MOCK_SAVE_BEGIN,
	MOCK_SAVE_LEFT,
	MOCK_SAVE,
	MOCK_SAVE_SIZE,
	MOCK_SAVE_END,
	MOCK_LOAD_BEGIN,
	MOCK_LOAD,
	MOCK_LOAD_PIECE,
	MOCK_LOAD_COMMIT,
	MOCK_LOAD_END,
	MOCK_RESET,
	MOCK_NR_CALLS,
};

/* Why a call goes wrong: at the @nth call from now, once or from then on. */
struct mock_fault {
	unsigned int nth;
	int err;
	bool always;
	bool hang;
};

struct mock_log_entry {
	u8 call;
	u8 phase;
	int ret;
	unsigned int repeats;
};

#define MOCK_LOG_SIZE		256
#define MOCK_COMPLAINTS		8

struct mock_trouble {
	struct mock_fault fault[MOCK_NR_CALLS];
	struct mock_log_entry log[MOCK_LOG_SIZE];
	unsigned int logged;
	unsigned long count[MOCK_NR_CALLS];
	const char *complaint[MOCK_COMPLAINTS];
	unsigned int violations;
};

enum mock_run_state {
	MOCK_RUNNING,
	MOCK_QUIESCED,
	MOCK_FROZEN,
};

enum mock_session {
	MOCK_IDLE,
	MOCK_SAVING_PRE_COPY,
	MOCK_SAVING_STOP_COPY,
	MOCK_LOADING,
	MOCK_LOADED,
};

/**
 * struct mock_device - one function bound to mock-vfio-pci
 * @vpci: vfio's part and the core's
 * @ops: this device's own copy, since name, version and timeout are knobs
 * @name: the name in @ops
 * @knobs: as set through debugfs
 * @identity: the facts as they were when the device was opened
 * @knob_file: what the knobs' files refer to
 * @lock: protects everything below against debugfs; the engine's lock
 *	already keeps the backend's calls apart
 * @busy: a call is under way
 * @opened: userspace has the device open
 * @run: what the device would be doing
 * @session: what transfer is under way
 * @trouble: log, faults, and what the core did against the contract
 * @content: the device's state
 * @dirty: blocks yet to be saved in this phase
 * @left: bytes in @dirty, less @done
 * @cursor: the save has come to this block
 * @done: bytes of block @cursor already saved
 * @rounds: pre-copy rounds to come after this one
 * @changed: the device has changed since the backend was asked last
 * @said_shape: the first record of this save is out
 * @said_extra: the unknown records of this save are out, how many
 * @page: where plain content comes from, or goes to
 * @incoming: content being loaded, of no effect before the commit
 * @arrived: blocks of @incoming that are complete
 * @partial: the block of @incoming that has begun to arrive
 * @partial_len: bytes of it that have, 0 for none
 * @piece_due: where in its record the next piece should begin
 */
struct mock_device {
	struct vfmig_pci_device vpci;
	struct vfmig_backend_ops ops;
	char name[16];
	struct mock_knobs knobs;
	struct mock_knobs identity;
	struct mock_knob_file knob_file[MOCK_NR_KNOBS];

	/* Protects all below against debugfs. */
	spinlock_t lock;
	bool busy;
	bool opened;
	enum mock_run_state run;
	enum mock_session session;
	struct mock_trouble trouble;
	struct mock_content content;

	unsigned long *dirty;
	u64 left;
	unsigned long cursor;
	u32 done;
	u32 rounds;
	bool changed;
	bool said_shape;
	unsigned int said_extra;
	u8 *page;

	struct mock_content incoming;
	unsigned long *arrived;
	unsigned long partial;
	u32 partial_len;
	u32 piece_due;
};

/* The records, as they are in the stream. */
#define MOCK_RECORD_SHAPE	(VFMIG_RECORD_BACKEND + 0)
#define MOCK_RECORD_BYTES	(VFMIG_RECORD_BACKEND + 1)
#define MOCK_RECORD_UNKNOWN	(VFMIG_RECORD_BACKEND + 0xff)

struct mock_shape {
	__le64 seed;
	__le64 size;
};

struct mock_bytes {
	__le64 offset;
	__le32 generation;
	__le32 reserved;
	u8 content[];
};

#define MOCK_MIN_RECORD		(sizeof(struct mock_bytes) + sizeof(u64))
#define MOCK_MAX_CONTENT	(VFMIG_RECORD_MAX - sizeof(struct mock_bytes))

static inline bool mock_saving(const struct mock_device *mock)
{
	return mock->session == MOCK_SAVING_PRE_COPY ||
	       mock->session == MOCK_SAVING_STOP_COPY;
}

static inline bool mock_loading(const struct mock_device *mock)
{
	return mock->session == MOCK_LOADING || mock->session == MOCK_LOADED;
}

/* backend.c */
extern const struct vfmig_backend_ops mock_backend_ops;
void mock_power_on(struct mock_device *mock);

/* save.c */
int mock_save_begin(void *backend, enum vfmig_phase phase);
u64 mock_save_left(void *backend);
int mock_save(void *backend, struct vfmig_record *rec);
void mock_next_round(struct mock_device *mock);
int mock_change(struct mock_device *mock, const char *unused);
u64 mock_save_size(void *backend);
void mock_save_end(void *backend);

/* load.c */
int mock_load_begin(void *backend);
int mock_load(void *backend, const struct vfmig_record *rec);
int mock_load_piece(void *backend, const struct vfmig_record *rec,
		    const struct vfmig_piece *piece);
int mock_load_commit(void *backend);
void mock_load_end(void *backend);

/* content.c */
bool mock_size_is_valid(u64 size);
bool mock_covers(const struct mock_content *content,
		 const struct mock_extent *extent);
unsigned int mock_block_shift(u64 size);
unsigned long mock_blocks(const struct mock_content *content);
u32 mock_block_len(const struct mock_content *content, unsigned long block);
u64 mock_content_digest(const struct mock_content *content);
void mock_content_fill(const struct mock_content *content,
		       const struct mock_extent *extent, void *to);
bool mock_content_matches(const struct mock_content *content,
			  const struct mock_extent *extent, const void *from);
void mock_dirty_all(struct mock_device *mock);
void mock_dirty_some(struct mock_device *mock);
u64 mock_churn(const struct mock_device *mock);
bool mock_next_dirty(struct mock_device *mock, u32 room,
		     struct mock_extent *extent);
int mock_arrive(struct mock_device *mock, const struct mock_extent *extent);
bool mock_all_arrived(const struct mock_device *mock);

/* plain.c */
void mock_plain_begin(struct mock_device *mock);
void mock_put_content(struct mock_device *mock,
		      const struct mock_extent *extent, void *to);
bool mock_take_content(struct mock_device *mock,
		       const struct mock_extent *extent, const void *from);

/* knobs.c */
int mock_knobs_default(struct mock_device *mock);
void mock_debugfs_add(struct mock_device *mock);

/* trouble.c */
void mock_enter(struct mock_device *mock, enum mock_call call);
int mock_leave(struct mock_device *mock, enum mock_call call, u8 phase,
	       int ret);
int mock_trouble(struct mock_device *mock, enum mock_call call);
void mock_expect(struct mock_device *mock, bool kept, const char *rule);
void mock_expect_now(struct mock_device *mock, bool kept, const char *rule);
int mock_fault_set(struct mock_device *mock, char *text);
int mock_calls_clear(struct mock_device *mock, const char *unused);
int mock_violations_clear(struct mock_device *mock, const char *unused);
void mock_trouble_faults(struct mock_device *mock, struct seq_file *seq);
void mock_trouble_calls(struct mock_device *mock, struct seq_file *seq);
void mock_trouble_counts(struct mock_device *mock, struct seq_file *seq);
void mock_trouble_violations(struct mock_device *mock, struct seq_file *seq);

#endif /* MOCK_VFIO_PCI_H */
