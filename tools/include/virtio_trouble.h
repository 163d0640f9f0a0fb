/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BAR 4 of the emulated virtio owner (tools/qemu/virtio/): what a test asks of the
 * device beside the standard, and what it is told. To be mapped by way of the PF's
 * resource4 in sysfs; 32-bit accesses only, little-endian, and no driver uses it.
 * It goes on while the rest of the device is dead.
 */
#ifndef VIRTIO_TROUBLE_H
#define VIRTIO_TROUBLE_H

#include <linux/types.h>

#define VIRTIO_TROUBLE_BAR	4
#define VIRTIO_TROUBLE_MAGIC	0x42525456	/* "VTRB" */
#define VIRTIO_TROUBLE_SLOTS	4
#define VIRTIO_TROUBLE_LOGGED	64
/* Of a slot's opcode. */
#define VIRTIO_TROUBLE_ANY	0xffff
/* A request of enum soc_request, to the SoC in the place of the administration queue. */
#define VIRTIO_TROUBLE_SOC	0x100

enum virtio_trouble_what {
	TROUBLE_NONE,
	TROUBLE_FAIL,		/* not done; arg: status, and qualifier << 16 */
	TROUBLE_LATE,		/* done, the answer comes arg ms later */
	TROUBLE_NEVER,		/* neither done nor answered */
	TROUBLE_LOST,		/* done, but never answered */
	TROUBLE_SHORT,		/* done, the used length is arg bytes too short */
	TROUBLE_LONG,		/* done, the used length is arg bytes too long */
	TROUBLE_BAD_BYTE,	/* done, the result's byte number arg is inverted */
	TROUBLE_GROWS,		/* done, and then there are arg bytes more of context */
	TROUBLE_NEEDS_RESET,	/* neither done nor answered: the PF gives up */
	TROUBLE_GONE,		/* the same: the PF reads as all ones */
	TROUBLE_TWICE,		/* done, and answered twice */
	TROUBLE_VALUE,		/* the SoC's: done, the answer's value is arg, which has a sign */
	TROUBLE_FOREIGN,	/* the SoC's: done, the context is that of another device */
};

/*
 * What a SoC cannot say or be, it does otherwise: FAIL closes the connection; so does
 * SHORT, after what it sends, or, of a load, takes; with GONE it closes every further
 * connection too, of any VF. NEEDS_RESET is NEVER.
 */

/*
 * Meets the commands of @opcode for @member (0: for any) after the next @skip of
 * them, and @times of them. Of two slots that fit the lower one counts. Written last,
 * @what arms it.
 */
struct virtio_trouble_slot {
	__u32 what;
	__u32 opcode;
	__u32 member;
	__u32 skip;
	__u32 times;
	__u32 arg;
	__u32 reserved[2];
};

struct virtio_trouble_log {
	__u16 opcode;
	__u16 member;
	__u16 status;
	__u16 reserved;
	__u32 data_len;		/* as sent, without the head */
	__u32 result_len;
};

/* Times are in ms; what is not said to be writable is not. */
struct virtio_trouble {
	__u32 magic;		/* 0x00 */
	__u32 reset;		/* 1 is written: no trouble, counters at 0, not gone */
	__u32 request_delay;	/* writable: how long a block request is in flight */
	__u32 make_dirty;	/* a VF's number is written: all its context is new */
	__u32 function;		/* 0x10: writable: whom what follows is about, 0 for the PF */
	__u32 mode;		/* enum ctx_mode; of 1.4: whether it is stopped */
	__u32 device_status;
	__u32 requests;		/* done, of any kind */
	__u32 writes;		/* 0x20 */
	__u32 in_flight;
	__u32 flrs;
	__u32 last_avail;	/* of queue 0 */
	__u32 objects;		/* 0x30: of 1.4, that exist, of any member; written: none does */
	__u32 unanswered;	/* commands that are to be answered late */
	__u32 standard;		/* 0: the draft, 1: virtio 1.4 */
	__u32 extra;		/* writable: bytes of each VF's context that are nobody's */
	__u32 restart;		/* 1 is written: the PF is as after a reset */
	__u32 soc_state;	/* of the VF, as the SoC has it */
	__u32 soc_connections;	/* that its port has had */
	__u32 soc_is_connected;
	__u32 soc_is_gone;	/* writable: as after TROUBLE_GONE, at once and for every VF */
	__u32 reserved[11];
	struct virtio_trouble_slot slot[VIRTIO_TROUBLE_SLOTS];	/* 0x80 */
	__u32 commands[32];	/* 0x100: taken from the queue, for each opcode */
	__u32 logged;		/* 0x180: commands and requests so far; number n is log[n % 64] */
	__u32 last_data[31];	/* for each opcode, the first 4 bytes of the last one's data */
	struct virtio_trouble_log log[VIRTIO_TROUBLE_LOGGED];	/* 0x200 */
};

/*
 * The SoC has a port for each VF: one connection at a time, messages in the host's
 * byte order. The same context as the draft's is what is saved and loaded.
 */
enum soc_request {
	SOC_UPDATE_PENDING	= 1,	/* answer's value: bytes that are to be saved */
	SOC_SET_STATE		= 2,	/* value: the state; not answered */
	SOC_GET_STATE		= 3,	/* answer's value: the state */
	SOC_SAVE		= 4,	/* answer: size bytes of the pending ones, and no message */
	SOC_LOAD		= 5,	/* size bytes follow; not answered */
	SOC_REPLY		= 6,	/* an answer */
	SOC_FINISH		= 7,	/* closes the connection */
};

struct soc_message {
	__u32 request;
	__u32 size;
	__u64 value;
};

/*
 * Bits of a state: 0 to RUNNING | SAVING, or RESUMING alone; another one is not set. A
 * VF that is not running is frozen. SAVING and RESUMING begin with all of the context,
 * or none. What was loaded takes effect with RUNNING; if it cannot, it is forgotten,
 * the VF stays frozen, and the state is REFUSED: what is set next holds for a VF that
 * is as it was before the load. REFUSED is also the answer while RESUMING where what
 * has been loaded so far could not take effect, so that whoever has loaded all of it
 * can find that out first. A VF's FLR lets it run.
 */
#define SOC_RUNNING		0x1
#define SOC_SAVING		0x2
#define SOC_RESUMING		0x4
/* v1 of VFIO's migration interface has it for an error. */
#define SOC_REFUSED		(SOC_RESUMING | SOC_SAVING)

/*
 * The fields of the draft's context, which leaves them to the device. Each is there
 * at least once in one that is written; of several the last counts.
 */
enum virtio_ctx_type {
	CTX_DEV_FEATURES	= 0x100,	/* __le64; compared, never set */
	CTX_DRV_FEATURES	= 0x101,	/* __le64 */
	CTX_COMMON_CONFIG	= 0x102,	/* struct ctx_common */
	CTX_VQ_CONFIG		= 0x103,	/* __le16 index, 6 x 0, struct vq_config; each */
	CTX_VQ_INDICES		= 0x104,	/* struct ctx_indices, for each */
	CTX_IN_FLIGHT		= 0x105,	/* struct ctx_request[] */
	CTX_DEV_CONFIG		= 0x106,	/* of virtio-blk; compared, never set */
	CTX_EXTRA		= 0x1000,	/* as many bytes as the window's extra says */
	CTX_FILLER		= 0x1001,	/* of TROUBLE_GROWS; ignored */
};

/* 1.4's parts that are the model's own; PART_FILLER is optional. */
#define PART_EXTRA		0x4fe
#define PART_FILLER		0x4ff

struct ctx_common {
	__le32 device_feature_select;
	__le32 driver_feature_select;
	__le16 config_msix_vector;
	__le16 queue_select;
	__u8 device_status;
	__u8 config_generation;
	__u8 isr;
	__u8 reserved;
};

struct ctx_indices {
	__le16 index;
	__le16 last_avail;
	__le16 used;
	__le16 reserved;
};

struct ctx_request {
	__le16 queue;
	__le16 head;
};

#endif
