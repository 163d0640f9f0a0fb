/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of a virtio owner's administration queue that migrate its members, of
 * both designs: the draft of 2023 ("DEV_CTX") and virtio 1.4 ("device parts").
 * From 0x7 on the same opcodes mean other things, so each design has names of its
 * own here. For the drivers, the emulated owner and the tests: it includes nothing
 * but types, and every field is little-endian.
 *
 * Frame::
 *
 *	struct adm_head, data		what the device reads
 *	struct adm_status, result	what the device writes
 */
#ifndef VIRTIO_ADM_H
#define VIRTIO_ADM_H

#include <linux/types.h>

#define ADM_GROUP_SELF		0
#define ADM_GROUP_SRIOV		1

struct adm_head {
	__le16 opcode;
	__le16 group_type;
	__u8 reserved[12];
	__le64 group_member_id;	/* of SR-IOV: the VF's number, from 1 */
};

struct adm_status {
	__le16 status;
	__le16 qualifier;
	/* The command-specific output, of the draft's DEV_CTX_READ: context_len. */
	__le32 output;
};

enum adm_status_code {
	ADM_OK		= 0,
	ADM_ENXIO	= 6,
	ADM_EAGAIN	= 11,
	ADM_ENOMEM	= 12,
	ADM_EBUSY	= 16,
	ADM_EEXIST	= 17,
	ADM_EINVAL	= 22,
	ADM_ENOSPC	= 28,
};

enum adm_qualifier {
	ADM_Q_OK		= 0,
	ADM_Q_INVALID_COMMAND	= 1,
	ADM_Q_INVALID_OPCODE	= 2,
	ADM_Q_INVALID_FIELD	= 3,
	ADM_Q_INVALID_GROUP	= 4,
	ADM_Q_INVALID_MEMBER	= 5,
	ADM_Q_NORESOURCE	= 6,
	ADM_Q_TRYAGAIN		= 7,
};

#define ADM_LIST_QUERY		0x0
#define ADM_LIST_USE		0x1

/* The draft. */
#define CTX_MODE_GET		0x7	/* __u8 mode as result */
#define CTX_MODE_SET		0x8	/* __u8 mode as data */
#define CTX_SIZE_GET		0x9	/* __u8 freeze_mode; __le64 size */
#define CTX_READ		0xa	/* bytes as result; output is context_len */
#define CTX_WRITE		0xb	/* bytes as data */
#define CTX_FIELDS_QUERY	0xc	/* struct ctx_field[] as result */
#define CTX_DISCARD		0xd
#define CTX_OPCODES		0x3f80ULL	/* 0x7 to 0xd, as bits of a list */

/* The draft names the modes without numbers: these are this project's. */
enum ctx_mode {
	CTX_ACTIVE	= 0,
	CTX_STOP	= 1,
	CTX_FREEZE	= 2,
};

/* Also the head of each field in a context, its value follows. */
struct ctx_field {
	__le16 type;
	__u8 reserved[6];
	__le64 length;
};

/* virtio 1.4. */
#define PARTS_CAP_ID_LIST_QUERY	0x7	/* __le64[] as result; group self */
#define PARTS_CAP_GET		0x8	/* struct parts_cap_id; group self */
#define PARTS_CAP_SET		0x9	/* struct parts_cap_id, struct parts_cap; self */
#define PARTS_OBJ_CREATE	0xa	/* struct parts_obj, __le64 flags, struct parts_type */
#define PARTS_OBJ_MODIFY	0xb
#define PARTS_OBJ_QUERY		0xc
#define PARTS_OBJ_DESTROY	0xd	/* struct parts_obj */
#define PARTS_METADATA_GET	0xe	/* struct parts_obj, struct parts_type */
#define PARTS_GET		0xf	/* struct parts_obj, struct parts_type */
#define PARTS_SET		0x10	/* struct parts_obj, parts */
#define PARTS_MODE_SET		0x11	/* __u8 flags */
#define PARTS_OPCODES		0x3c000ULL	/* 0xe to 0x11 */
/* What a migration needs of 1.4, from 0x7 on. */
#define PARTS_OPCODES_NEEDED	0x3e780ULL

#define PARTS_CAP_DEV_PARTS	0
#define PARTS_OBJ_DEV_PARTS	0
#define PARTS_MODE_STOPPED	0x1

enum parts_obj_type {
	PARTS_TO_GET	= 0,
	PARTS_TO_SET	= 1,
};

enum parts_metadata_type {
	PARTS_SIZE	= 0,
	PARTS_COUNT	= 1,
	PARTS_LIST	= 2,
};

enum parts_get_type {
	PARTS_SELECTED	= 0,
	PARTS_ALL	= 1,
};

struct parts_cap_id {
	__le16 id;
	__u8 reserved[6];
};

struct parts_cap {
	__u8 get_limit;	/* objects at once, of all members */
	__u8 set_limit;
};

struct parts_obj {
	__le16 type;
	__u8 reserved[2];
	__le32 id;
};

struct parts_type {
	__u8 type;
	__u8 reserved[7];
};

/* METADATA_GET's result: the size of all parts, or their number and then heads. */
struct parts_metadata {
	__le32 value;
	__le32 reserved;
};

struct parts_head {
	__le16 type;
	__u8 flags;
	__u8 reserved;
	__u8 selector[8];
	__le32 length;
};

#define PARTS_OPTIONAL		0x1

#define PART_DEV_FEATURES	0x100	/* __le64[]; compared, never set */
#define PART_DRV_FEATURES	0x101	/* __le64[] */
#define PART_PCI_COMMON_CFG	0x102	/* a field; selector: __le32 offset */
#define PART_DEVICE_STATUS	0x103	/* __u8 */
#define PART_VQ_CFG		0x104	/* struct vq_config; selector: __le16 index */
#define PART_VQ_NOTIFY_CFG	0x105	/* struct vq_notify; selector: __le16 index */

struct vq_config {
	__le16 size;
	__le16 msix_vector;
	__le16 enabled;		/* reserved in the draft */
	__le16 reserved;
	__le64 desc;
	__le64 driver;
	__le64 device;
};

struct vq_notify {
	__le16 notify_off;
	__le16 config_data;
	__u8 reserved[4];
};

#endif
