/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-adm-vfio-pci - a variant driver that makes virtio's virtual functions
 * migratable, through their owner
 *
 * Who does what:
 *
 *	main.c		binds, opens and resets; finds out which of the designs it is
 *	due.c		what a reset or an abort leaves to be done, and looking out
 *			for changes: at another time than the core's calls
 *	command.c		a command to the owner, and words for one that fails
 *	backend.c	what both backends do alike: open, close, stop, run
 *	ctx.c		backend of the draft: modes, identity, reset
 *	ctx_save.c	its context read
 *	ctx_load.c	its context written
 *	parts.c		backend of virtio 1.4: stopping, objects, identity, reset
 *	parts_save.c	the set of parts read, and what has changed of it
 *	parts_load.c	the set of parts kept, and written when it is whole
 *	parts_by_owner.c	commands for parts, by virtio-adm-owner
 *	parts_by_virtio_pci.c	the same by the kernel's virtio-pci
 *	ctx_format.c, parts_format.c	check the bytes that travel; pure
 *	parts_change.c	what differs between two sets; pure
 *
 * The guest may do to its function what it likes: no call here touches it. It may
 * be asleep or without memory decoding, and none of that matters to the owner.
 *
 * Everything that sends a command holds @lock, which is inside of the core's engine
 * lock. ->reset(), ->save_end() and ->load_end() must not sleep: they leave notes
 * (&enum admvf_due), which are worked off by a work, and by whatever sends the
 * next command before it does so.
 *
 * A function that is closed stays stopped until vfio has reset it: with what its guest
 * has set up it would do DMA, and write to a disk whose guest runs elsewhere by now.
 */
#ifndef ADMVF_H
#define ADMVF_H

#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/vfmig.h>
#include <linux/workqueue.h>

#include "adm.h"
#include "ctx_format.h"
#include "owner.h"
#include "parts_format.h"

#define ADMVF_FACT_VECTORS	(VFMIG_FACT_BACKEND + 0)

/* The least room that a save is worth while in, in bytes. */
#define ADMVF_MIN_RECORD	SZ_4K

/* The words for a command that has failed. */
#define ADMVF_WHY		160

/* Between two attempts at what is due. */
#define ADMVF_RETRY_MS		1000

/**
 * enum admvf_due - bits of what is left to be done
 * @ADMVF_DUE_ABORT: a save or a load is over: discard what it has left
 * @ADMVF_DUE_RUN: the function was reset, but its owner still has it stopped
 * @ADMVF_DUE_NOW: whoever has caused the reset is to wait for both
 */
enum admvf_due {
	ADMVF_DUE_ABORT,
	ADMVF_DUE_RUN,
	ADMVF_DUE_NOW,
};

/**
 * struct admvf_ctx - the draft: what is known of a function
 * @mode: what it was last told to be in
 * @reading: some of its context was read, so that the next read is not the whole
 * @writing: some was written that has not taken effect
 * @saving: a save is under way
 * @dry: the device has said that there is no more
 * @torn: errno of why it cannot go on, or 0
 * @torn_by: the same in words
 * @phase: of the save
 * @ahead: what was read ahead
 * @ahead_len: its length
 * @ahead_at: how much of it was sent
 * @announced: bytes that the device has announced and not yet given
 * @round: bytes left of what there was when the round of pre-copy began
 * @limit: bytes that a frozen device may still give
 * @fields: what the device has
 * @saved: where in the context the save is
 * @loaded: where in the context the load is
 */
struct admvf_ctx {
	u8 mode;
	bool reading;
	bool writing;
	bool saving;
	bool dry;
	int torn;
	char torn_by[ADMVF_WHY];
	enum vfmig_phase phase;
	u8 *ahead;
	u32 ahead_len;
	u32 ahead_at;
	u64 announced;
	u64 round;
	u64 limit;
	struct admvf_ctx_fields fields;
	struct admvf_ctx_reader saved;
	struct admvf_ctx_reader loaded;
};

/* A set of parts in memory: what DEV_PARTS_SET takes, its object before it. */
struct admvf_set {
	struct parts_obj *message;
	u32 len;	/* of the parts alone */
};

/**
 * struct admvf_object - an object of the device's, to read or to write parts
 * @id: its number
 * @exists: it has to be destroyed
 */
struct admvf_object {
	u32 id;
	bool exists;
};

/**
 * struct admvf_parts - virtio 1.4: what is known of a function
 * @by: who sends the commands
 * @stopped: it was last told to stop
 * @saving: a save is under way
 * @torn: it cannot go on
 * @phase: of the save
 * @get: object of the save
 * @set: object of the load
 * @sent: the set that is being sent, or was
 * @sent_at: how much of it was
 * @known: where that is another than what was sent before, which is this: only
 *	what has changed of it is sent
 * @change_at: the next change
 * @change_len: its length
 * @incoming: the set that is coming, in a load
 * @incoming_at: how much of it has come
 * @low: what has changed of it since it was written begins here
 * @high: and ends here; 0 if nothing has
 * @here: what the device is like, for the identity
 * @here_is_known: it was read, then, at an open before, or when it was first migrated
 */
struct admvf_parts {
	const struct admvf_parts_by *by;
	bool stopped;
	bool saving;
	bool torn;
	enum vfmig_phase phase;
	struct admvf_object get;
	struct admvf_object set;
	struct admvf_set sent;
	u32 sent_at;
	struct admvf_set known;
	u32 change_at;
	u32 change_len;
	struct admvf_set incoming;
	u32 incoming_at;
	u32 low;
	u32 high;
	struct admvf_parts_sum here;
	bool here_is_known;
};

/**
 * struct admvf - one virtual function
 * @vpci: vfio's part and the core's
 * @design: what its owner speaks
 * @owner: the way to virtio-adm-owner; NULL where virtio-pci is asked
 * @lock: a command is under way; protects all that follows but @due
 * @why: the last command that has failed, or was not sent, in words
 * @refused: it was the device that has refused it, and nothing was done
 * @unsure: the owner is another than the one that knew the function's mode
 * @in_work: nobody waits for the commands, and no call of the core's is under way
 * @is_open: between open and close
 * @complained: the log has it that what is due cannot be done
 * @ctx: of the draft
 * @parts: of virtio 1.4
 * @due: bits of &enum admvf_due, set in any process context
 * @settling: works off @due
 * @watching: looks out for changes in pre-copy
 * @look_took: jiffies that this took the last time
 */
struct admvf {
	struct vfmig_pci_device vpci;
	const struct admvf_design *design;
	struct adm_member *owner;

	struct mutex lock; /* see above */
	char why[ADMVF_WHY];
	bool refused;
	bool unsure;
	bool in_work;
	bool is_open;
	bool complained;
	union {
		struct admvf_ctx ctx;
		struct admvf_parts parts;
	};

	unsigned long due;
	struct delayed_work settling;
	struct delayed_work watching;
	unsigned long look_took;
};

/* To a save or a load that was begun before. */
#define ADMVF_OWNER_LOST \
	"the owner's queue was reset meanwhile, start the migration again"

/**
 * struct admvf_design - what backend.c and due.c need of a backend
 * @ops: what the core gets
 * @watch_ms: how often to look for changes in pre-copy
 * @begin: finds out what the function is like, and has it run, when it is opened
 * @forget: frees what a save or a load has in memory
 * @abort: discards what a save or a load has left, and frees it
 * @is_stopped: it was told to stop, and not to run since
 * @stop: has it start no DMA any more
 * @wake: lets the function run
 * @repeat: tells it again what it was told: to stop
 * @look: has a running function changed since all was sent?
 * @lost: the owner was found anew: nothing that was begun can go on
 *
 * All of these hold the lock.
 */
struct admvf_design {
	const struct vfmig_backend_ops *ops;
	unsigned int watch_ms;
	int (*begin)(struct admvf *vf);
	void (*forget)(struct admvf *vf);
	int (*abort)(struct admvf *vf);
	bool (*is_stopped)(const struct admvf *vf);
	int (*stop)(struct admvf *vf);
	int (*wake)(struct admvf *vf);
	int (*repeat)(struct admvf *vf);
	bool (*look)(struct admvf *vf);
	void (*lost)(struct admvf *vf);
};

/**
 * struct admvf_parts_by - who sends the commands for device parts
 * @mode: stops the function, or lets it run
 * @create: makes an object and sets its id
 * @destroy: and destroys it
 * @size: of all parts, at most
 * @get: reads all parts, at most @room bytes; what does not fit is cut
 * @put: writes @len bytes of whole parts that lie behind @message, a struct parts_obj
 *
 * All of these hold the lock.
 */
struct admvf_parts_by {
	int (*mode)(struct admvf *vf, u8 flags);
	int (*create)(struct admvf *vf, enum parts_obj_type type, u32 *id);
	int (*destroy)(struct admvf *vf, u32 id);
	int (*size)(struct admvf *vf, u32 id, u32 *size);
	int (*get)(struct admvf *vf, u32 id, void *to, u32 room, u32 *len);
	int (*put)(struct admvf *vf, void *message, u32 len);
};

/* command.c */
int admvf_ask(struct admvf *vf, struct adm_request *request);
__printf(3, 4)
int admvf_say(struct admvf *vf, int err, const char *fmt, ...);
__printf(3, 4)
int admvf_fail(struct admvf *vf, int err, const char *fmt, ...);
int admvf_find_owner(struct admvf *vf);
bool admvf_owner_is_dead(struct admvf *vf);
void admvf_drop_owner(struct admvf *vf);
int admvf_must_stop(struct admvf *vf);
unsigned int admvf_vectors_fact(struct admvf *vf, struct vfmig_fact *fact);

/* backend.c */
int admvf_open(void *backend);
void admvf_close(void *backend);
int admvf_quiesce(void *backend);
int admvf_run(void *backend);

/* due.c */
void admvf_due_init(struct admvf *vf);
void admvf_due(struct admvf *vf, enum admvf_due what);
void admvf_was_reset(struct admvf *vf, bool has_begun);
void admvf_closed(struct admvf *vf);
void admvf_reset_closed(struct admvf *vf);
int admvf_settle(struct admvf *vf);
int admvf_settle_first(struct admvf *vf);
void admvf_settle_now(struct admvf *vf);
void admvf_watch(struct admvf *vf);
void admvf_stop_works(struct admvf *vf);

/* ctx.c */
extern const struct admvf_design admvf_ctx_design;
int admvf_ctx_set_mode(struct admvf *vf, enum ctx_mode mode);
void admvf_ctx_tear(struct admvf *vf, int err, const char *why);

/* ctx_save.c */
int admvf_ctx_save_begin(void *backend, enum vfmig_phase phase);
u64 admvf_ctx_save_left(void *backend);
int admvf_ctx_save(void *backend, struct vfmig_record *rec);
u64 admvf_ctx_save_size(void *backend);
void admvf_ctx_save_end(void *backend);
bool admvf_ctx_look(struct admvf *vf);

/* ctx_load.c */
int admvf_ctx_load_begin(void *backend);
int admvf_ctx_load(void *backend, const struct vfmig_record *rec);
int admvf_ctx_load_commit(void *backend);
void admvf_ctx_load_end(void *backend);

/* parts.c */
extern const struct admvf_design admvf_parts_design;
int admvf_parts_create(struct admvf *vf, struct admvf_object *object,
		       enum parts_obj_type type);
int admvf_parts_destroy(struct admvf *vf, struct admvf_object *object);
int admvf_set_alloc(struct admvf_set *set, u32 len);
void admvf_set_free(struct admvf_set *set);
void *admvf_set_bytes(const struct admvf_set *set);
int admvf_parts_read(struct admvf *vf, u32 id, struct admvf_set *set);
int admvf_parts_fail_create(struct admvf *vf, int err);
void admvf_parts_know(struct admvf *vf, const struct admvf_set *set);
int admvf_parts_find_out(struct admvf *vf);
void admvf_parts_give_back(struct admvf *vf);
int admvf_parts_fail_read(struct admvf *vf, int err);
int admvf_parts_judge(struct admvf *vf, const struct admvf_set *set,
		      const char *whose);

/* parts_save.c */
int admvf_parts_save_begin(void *backend, enum vfmig_phase phase);
u64 admvf_parts_save_left(void *backend);
int admvf_parts_save(void *backend, struct vfmig_record *rec);
u64 admvf_parts_save_size(void *backend);
void admvf_parts_save_end(void *backend);
bool admvf_parts_look(struct admvf *vf);

/* parts_load.c */
int admvf_parts_load_begin(void *backend);
int admvf_parts_load(void *backend, const struct vfmig_record *rec);
int admvf_parts_load_commit(void *backend);
void admvf_parts_load_end(void *backend);

/* parts_by_owner.c, parts_by_virtio_pci.c */
extern const struct admvf_parts_by admvf_parts_by_owner;
const struct admvf_parts_by *admvf_parts_by_virtio_pci(struct admvf *vf);

#endif /* ADMVF_H */
