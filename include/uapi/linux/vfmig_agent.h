/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The channel between oob-vfio-pci and an agent, a process that saves and restores
 * the state of a PCI function by a way of its own.
 *
 * /dev/vfmig-agent has one ioctl, VFMIG_AGENT_ATTACH, which binds a new file
 * descriptor to a function. Whoever has that is the function's agent: no other
 * privilege is needed for it, and it may be handed to another process. It ends with
 * its last close.
 *
 *	read()	takes one struct vfmig_agent_request; waits, unless O_NONBLOCK. -EINVAL
 *		for a smaller buffer
 *	write()	gives one struct vfmig_agent_reply: exactly one to each request, in any
 *		order. -EINVAL for another size, and -EFAULT: it can be given again; -ENOENT
 *		where nobody waits for it any more, which is not the agent's fault; -EPROTO
 *		for a reply that cannot be: it ends the agent
 *	poll()	POLLIN: a request is there; POLLHUP: the agent was detached, and why is
 *		in the kernel log
 *	mmap()	of offset 0, MAP_SHARED: the window of the session under way, its data
 *		section, shared with the VMM; -ENXIO before it has one. Each session may
 *		have another one, of another size: it is mapped anew when
 *		VFMIG_AGENT_SET_STATE has VFMIG_AGENT_WINDOW, which says its size. An
 *		access when the session is over is a SIGBUS
 *
 * After a detach every call fails with -ENODEV. A request that was not answered in
 * timeout_ms detaches the agent; so an agent that hosts something that may hang has a
 * shorter limit of its own. What it is told after a reset, at a close or at its attach
 * nobody waits for: it is detached for that when the next session has waited for so long.
 * Fields that are reserved are 0, in both directions.
 *
 * A session begins with a SET_STATE that has VFMIG_AGENT_NEW, and ends with one that has
 * not, of a state without SAVING and RESUMING, or with ABORT. WINDOW is where it is told:
 *
 *	save	RUNNING|SAVING, NEW, WINDOW   { PENDING SAVE* }*   SAVING   { PENDING SAVE* }*
 *	pause	0, NEW
 *		which may go on with   SAVING, WINDOW   { PENDING SAVE* }*
 *	load	RESUMING, NEW, WINDOW   LOAD*   LOADED
 *	end	RUNNING: the function runs here; 0: it stays stopped, and may have left, or
 *		its load has failed; ABORT: see there
 *
 * A function is stopped when its VM is, since what it writes to RAM after that may be lost
 * to a migration. A SET_STATE with NEW that is refused has begun no session. After 0 another
 * session may follow, of a function that is to stay stopped meanwhile: a save then begins
 * with SAVING, NEW, WINDOW. An agent that ends leaves stopped what it was told to stop: the
 * next one is told when it is to run.
 */
#ifndef _UAPI_LINUX_VFMIG_AGENT_H
#define _UAPI_LINUX_VFMIG_AGENT_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* The version of what follows; ATTACH chooses one that both sides know. */
#define VFMIG_AGENT_VERSION	1

#define VFMIG_AGENT_DEVICE_LEN	24
#define VFMIG_AGENT_NAME_LEN	32
#define VFMIG_AGENT_REASON_LEN	64

/* Most bytes that are saved or loaded by one request. */
#define VFMIG_AGENT_TRANSFER_MAX	(1 << 20)
/* Most bytes of a state: an agent that says that it has more is detached. */
#define VFMIG_AGENT_STATE_MAX		(64ULL << 30)

/**
 * struct vfmig_agent_attach - to become the agent of a function
 * @argsz: in: size of this structure
 * @flags: in: 0
 * @min_version: in: the oldest version that the agent knows
 * @max_version: in: the newest one
 * @version: out: the one that is spoken
 * @fd: out: the channel, close-on-exec
 * @generation: out: counts the agents of this function
 * @reserved: in: 0
 * @device: in: address of the function, "dddd:bb:ss.f", 0-terminated
 */
struct vfmig_agent_attach {
	__u32 argsz;
	__u32 flags;
	__u32 min_version;
	__u32 max_version;
	__u32 version;
	__s32 fd;
	__u64 generation;
	__u64 reserved;
	char device[VFMIG_AGENT_DEVICE_LEN];
};

/*
 * Fails with -ENODEV for a function that is not bound to oob-vfio-pci, -EBUSY for one
 * that has an agent, -EPROTONOSUPPORT where no version is known to both.
 */
#define VFMIG_AGENT_ATTACH	_IOWR('m', 0x60, struct vfmig_agent_attach)

/**
 * enum vfmig_agent_type - what an agent is asked for
 * @VFMIG_AGENT_HELLO: who it is. Reply: &vfmig_agent_reply.hello
 * @VFMIG_AGENT_SET_STATE: arg[0] is the state, bits of VFMIG_AGENT_RUNNING and so on;
 *	arg[1] with VFMIG_AGENT_WINDOW the bytes of the window
 * @VFMIG_AGENT_PENDING: reply: arg[0] is the bytes that are yet to be saved, at most
 *	VFMIG_AGENT_STATE_MAX
 * @VFMIG_AGENT_SAVE: arg[0] is an offset in the window, arg[1] the bytes to be put
 *	there; reply: arg[0] is the bytes that were put there, all of them
 * @VFMIG_AGENT_LOAD: arg[0] is an offset in the window, arg[1] the bytes to be taken
 *	from there; arg[2] is where they belong in what one SAVE has put into a window,
 *	arg[3] the bytes of all that
 * @VFMIG_AGENT_LOADED: that was the whole state: is it in the function? It does not run
 *	before it is told to. What can fail fails here, while the source can go on
 * @VFMIG_AGENT_ABORT: forget the session, if there is one, and have the function run;
 *	also what an agent is told whose function an earlier one has left stopped: at
 *	once, or when the VM goes on, where that is paused or was saved
 */
enum vfmig_agent_type {
	VFMIG_AGENT_HELLO	= 1,
	VFMIG_AGENT_SET_STATE	= 2,
	VFMIG_AGENT_PENDING	= 3,
	VFMIG_AGENT_SAVE	= 4,
	VFMIG_AGENT_LOAD	= 5,
	VFMIG_AGENT_LOADED	= 6,
	VFMIG_AGENT_ABORT	= 7,
};

/* States, as struct vfio_device_migration_info of <linux/vfio.h> has them. */
#define VFMIG_AGENT_RUNNING	(1 << 0)
#define VFMIG_AGENT_SAVING	(1 << 1)
#define VFMIG_AGENT_RESUMING	(1 << 2)

/* Of VFMIG_AGENT_SET_STATE: a session begins. */
#define VFMIG_AGENT_NEW		(1 << 0)
/* The session goes through a window from here on, to be mapped. */
#define VFMIG_AGENT_WINDOW	(1 << 1)

/**
 * struct vfmig_agent_request - what read() gives
 * @id: of the request, from 1, never used again for this agent
 * @type: one of &enum vfmig_agent_type
 * @flags: VFMIG_AGENT_NEW, VFMIG_AGENT_WINDOW
 * @timeout_ms: for the reply; then the agent is detached, see above
 * @reserved: 0
 * @arg: by @type
 */
struct vfmig_agent_request {
	__u64 id;
	__u32 type;
	__u32 flags;
	__u32 timeout_ms;
	__u32 reserved;
	__u64 arg[5];
};

/**
 * struct vfmig_agent_hello - who an agent is, compared at both ends of a migration
 * @name: of the plugin, printable ASCII without a space, 0-padded: equal at both ends
 * @state_version: of its states: the destination's is not older
 * @transfer_max: bytes that it takes or gives at once, 1 to
 *	VFMIG_AGENT_TRANSFER_MAX
 */
struct vfmig_agent_hello {
	char name[VFMIG_AGENT_NAME_LEN];
	__u64 state_version;
	__u64 transfer_max;
};

/**
 * struct vfmig_agent_reply - what write() takes
 * @id: of the request
 * @status: 0, or a negative errno: the session fails
 * @reserved: 0
 * @arg: by the type of the request; 0 with a @status
 * @hello: the same for VFMIG_AGENT_HELLO
 * @reason: of a @status, for an operator, printable ASCII, 0-padded; empty with 0
 */
struct vfmig_agent_reply {
	__u64 id;
	__s32 status;
	__u32 reserved;
	union {
		__u64 arg[6];
		struct vfmig_agent_hello hello;
	};
	char reason[VFMIG_AGENT_REASON_LEN];
};

#endif /* _UAPI_LINUX_VFMIG_AGENT_H */
