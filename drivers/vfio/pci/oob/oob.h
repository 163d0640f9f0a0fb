/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * oob-vfio-pci: functions whose state an agent in userspace saves and restores
 *
 *	main.c		probe and remove of a function
 *	bound.c		which functions are bound
 *	channel.c	/dev/vfmig-agent: attach
 *	file.c		the file of an agent: read, write, poll
 *	map.c		its mappings of the window
 *	agent.c		the life of an agent, from attach to detach
 *	ask.c		what it is asked, and what it answers
 *	reply.c		what a reply may be: pure functions, also for the fuzzer
 *	session.c	a migration, or a pause, as an agent sees it
 *	hold.c		whether a function that was stopped is to stay so
 *	transfer.c	the requests that move state
 *	backend.c	the core's calls, as sessions
 *	debugfs.c	what an operator can see
 *
 * Locks: the core's engine lock is outside of oob_lock, under which nobody sleeps.
 */
#ifndef OOB_H
#define OOB_H

#include <linux/kref.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/vfmig.h>
#include <linux/wait.h>

#include <uapi/linux/vfmig_agent.h>

#include "reply.h"

#define OOB_WHY_LEN	128
#define OOB_NR_TYPES	(VFMIG_AGENT_ABORT + 1)

struct file;
struct oob_device;
struct vm_area_struct;

/*
 * Protects which function has which agent, all that agents are sent and say, and what is
 * known of it.
 */
extern spinlock_t oob_lock;

/**
 * struct oob_agent - one agent, from attach to its last close
 * @kref: the file has one, the device while it is attached, and a migration
 * @generation: of the agents of @device, from 1
 * @device: whose agent it is; NULL once it is detached
 * @why: it was detached, for whoever waited for it
 * @readers: woken when there is something to read, when it has answered, and at the end
 * @queue: what it was asked and has not answered
 * @turned: id of the last request to stop the function or to have it run
 * @answered: the reply to what is waited for has come
 * @reply: that reply
 * @window: that it may map now, held; NULL outside of a migration
 * @control: of /dev/vfmig-agent, held; by it its mappings are found
 * @pages: where these begin there
 *
 * All but @kref, @generation, @readers, @control and @pages under oob_lock.
 */
struct oob_agent {
	struct kref kref;
	u64 generation;
	struct oob_device *device;
	char why[OOB_WHY_LEN];
	wait_queue_head_t readers;
	struct oob_queue queue;
	u64 turned;
	bool answered;
	struct vfmig_agent_reply reply;
	struct vfmig_window *window;
	struct file *control;
	unsigned long pages;
};

/**
 * struct oob_tally - requests of one type
 * @asked: so many
 * @failed: so many have had no reply, or one with a status
 * @longest_ns: until a reply
 */
struct oob_tally {
	u64 asked;
	u64 failed;
	u64 longest_ns;
};

/**
 * struct oob_known - what is known of a function and its agents; under oob_lock
 * @generation: of the last agent
 * @may_be_stopped: an agent was told to stop the function, and none has said since that
 *	it runs
 * @is_stopped: an agent has stopped it, and since then nobody was to have it run
 * @is_held: the core has stopped the function, whether or not an agent knows, and nobody
 *	may have it run before it lets go
 * @hello: what the agent of the last migration has said of itself
 * @state: of the function, as that was told last
 * @saved: bytes saved, of all migrations
 * @loaded: bytes loaded
 * @tally: by type of the request
 * @why: the last failure of an agent
 */
struct oob_known {
	u64 generation;
	bool may_be_stopped;
	bool is_stopped;
	bool is_held;
	struct vfmig_agent_hello hello;
	u32 state;
	u64 saved;
	u64 loaded;
	struct oob_tally tally[OOB_NR_TYPES];
	char why[OOB_WHY_LEN];
};

/**
 * struct oob_device - a function
 * @vpci: vfio's and the core's part
 * @ops: the backend, with the limit in time as it was when the function was bound
 * @bound: among all that are bound; see bound.c
 * @agent: its agent, or NULL; under oob_lock
 * @known: see there
 * @session: the agent of the session under way, held; under the engine lock, as
 *	is what follows
 * @window: the data section of that, held; NULL where it only stops the function
 * @state: what it was told last: VFMIG_AGENT_RUNNING and so on
 * @transfer_max: bytes that it takes at once
 * @stop_failed: the agent has not stopped the function when it was to
 * @is_open: the function has a user
 * @is_saving: the core has begun a save, and not ended it
 * @phase: of that save
 * @is_over: all was saved
 * @is_loaded: all was loaded
 * @may_be_elsewhere: all of its state was saved, or some was loaded, and since then it
 *	neither ran nor was reset
 * @save_err: the save has failed; what is left of it is met as a failure
 * @pending: bytes that it has yet to save in this phase, as it said last
 * @moved: bytes that were saved or loaded in this session
 */
struct oob_device {
	struct vfmig_pci_device vpci;
	struct vfmig_backend_ops ops;
	struct list_head bound;
	struct oob_agent *agent;
	struct oob_known known;

	struct oob_agent *session;
	struct vfmig_window *window;
	u32 state;
	u64 transfer_max;
	bool stop_failed;
	bool is_open;
	bool is_saving;
	enum vfmig_phase phase;
	bool is_over;
	bool is_loaded;
	bool may_be_elsewhere;
	int save_err;
	u64 pending;
	u64 moved;
};

/* bound.c */
void oob_bound_add(struct oob_device *device);
void oob_bound_remove(struct oob_device *device);
struct oob_device *oob_bound_lock_at(unsigned int domain, unsigned int bus,
				     unsigned int devfn);
void oob_bound_unlock(void);

/* channel.c */
int oob_channel_init(void);
void oob_channel_exit(void);

/* file.c */
struct file *oob_file_new(struct oob_agent *agent);

/* map.c */
void oob_map_init(struct oob_agent *agent, struct file *control);
void oob_map_exit(struct oob_agent *agent);
int oob_map(struct oob_agent *agent, struct vm_area_struct *vma);
void oob_map_show(struct oob_agent *agent, struct vfmig_window *window);

/* agent.c */
struct oob_agent *oob_agent_attach(struct oob_device *device, struct file *control);
void oob_agent_put(struct oob_agent *agent);
struct oob_agent *oob_agent_of(struct oob_device *device);
__printf(2, 3)
void oob_agent_detach(struct oob_agent *agent, const char *fmt, ...);
bool oob_agent_is_detached(struct oob_agent *agent);

/* ask.c */
const char *oob_request_name(u32 type);
int oob_agent_ask(struct oob_device *device, struct oob_agent *agent,
		  struct vfmig_agent_request *request,
		  struct vfmig_agent_reply *reply);
int oob_agent_settle(struct oob_device *device, struct oob_agent *agent);
void oob_agent_drain(struct oob_agent *agent, unsigned int ms);
void oob_agent_post(struct oob_agent *agent, u32 type, u64 arg);
int oob_post(struct oob_agent *agent, u32 type, u64 arg);
bool oob_agent_will_run(struct oob_agent *agent);
bool oob_agent_has_request(struct oob_agent *agent);
int oob_agent_take_request(struct oob_agent *agent,
			   struct vfmig_agent_request *request);
int oob_agent_put_reply(struct oob_agent *agent,
			const struct vfmig_agent_reply *reply);

/* session.c */
int oob_ask(struct oob_device *device, struct vfmig_agent_request *request,
	    struct vfmig_agent_reply *reply);
int oob_set_state(struct oob_device *device, u32 state, u32 flags);
int oob_abort(struct oob_device *device, struct oob_agent *agent);
int oob_cancel(struct oob_device *device, struct oob_agent *agent);
int oob_begin(struct oob_device *device, u32 state);
void oob_stop(struct oob_device *device);
bool oob_has_stopped(const struct oob_device *device);
int oob_save_stopped(struct oob_device *device);
void oob_leave(struct oob_device *device, u32 type);
void oob_end_session(struct oob_device *device);

/* hold.c */
void oob_hold(struct oob_device *device);
bool oob_is_held(struct oob_device *device);
bool oob_may_be_stopped(struct oob_device *device);
bool oob_stays_stopped(struct oob_device *device);
void oob_let_go(struct oob_device *device);
int oob_let_run(struct oob_device *device);

/* transfer.c: the one type of records has bytes that only agents know. */
#define OOB_RECORD_STATE	VFMIG_RECORD_BACKEND
#define OOB_MIN_RECORD		SZ_4K

u64 oob_save_left(void *backend);
int oob_save(void *backend, struct vfmig_record *rec);
int oob_load(void *backend, const struct vfmig_record *rec);
int oob_load_piece(void *backend, const struct vfmig_record *rec,
		   const struct vfmig_piece *piece);
int oob_loaded(struct oob_device *device);

/* backend.c */
extern const struct vfmig_backend_ops oob_backend_ops;

/* debugfs.c */
void oob_debugfs_add(struct oob_device *device);

#endif /* OOB_H */
