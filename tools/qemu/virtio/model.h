/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An emulated owner of virtio-blk functions: a PF with an administration queue,
 * and its VFs. Loaded into the host VM's QEMU, and compiled with that QEMU's
 * headers; everything runs under QEMU's big lock.
 */
#ifndef MODEL_H
#define MODEL_H

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/queue.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "chardev/char-fe.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_device.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_sriov.h"
#include "standard-headers/linux/virtio_blk.h"
#include "standard-headers/linux/virtio_config.h"
#include "standard-headers/linux/virtio_pci.h"
#include "standard-headers/linux/virtio_ring.h"

#include "adm.h"
#include "virtio_trouble.h"

#define BLK_QUEUES_MAX	4
/* The PF's next queue is the administration queue. */
#define QUEUES_MAX	(BLK_QUEUES_MAX + 1)
#define QUEUE_SIZE	128
#define VECTORS		256
/* BAR 0: a page each, and so may be mapped on its own. */
#define COMMON_PAGE	0x0000
#define ISR_PAGE	0x1000
#define CONFIG_AT	0x2000
#define NOTIFY_PAGE	0x3000
#define BAR_SIZE	0x4000
/* Within the region of the ISR. */
#define CONFIG_PAGE	(CONFIG_AT - ISR_PAGE)
/* BAR 2: MSI-X's table fills a page. */
#define MSIX_BAR	2
#define MSIX_PBA_PAGE	0x1000
#define MSIX_BAR_SIZE	0x2000
/* A context, or a set of parts; what is more is nobody's state. */
#define CONTEXT_MAX	(192 * MiB)
#define EXTRA_MAX	(CONTEXT_MAX / 2)
/* 1.4's, to get and to set. */
#define OBJECTS_MAX	16
#define TOTAL_VFS	4
/* The one image behind all functions, as shared storage is; in memory. */
#define IMAGE_SIZE	(64 * MiB)

enum standard {
	STANDARD_DRAFT,
	STANDARD_1_4,
};

struct queue {
	uint16_t size;
	uint16_t msix_vector;
	uint16_t enabled;
	uint64_t desc;
	uint64_t driver;
	uint64_t device;
	uint16_t last_avail;
	uint16_t used;
	/* The used index at the last interrupt, where there has been one. */
	uint16_t signalled;
	bool has_signalled;
};

struct ctx_queue {
	__le16 index;
	uint8_t reserved[6];
	struct vq_config config;
};

/* What a driver sees and sets, and a reset clears. */
struct registers {
	uint32_t device_feature_select;
	uint32_t driver_feature_select;
	uint64_t driver_features;
	uint16_t config_msix_vector;
	uint16_t queue_select;
	uint8_t status;
	uint8_t config_generation;
	uint8_t isr;
	struct queue queue[QUEUES_MAX];
};

struct segment {
	uint64_t addr;
	uint32_t len;
	bool to_driver;
};

/* A chain of descriptors that was taken from the available ring. */
struct chain {
	QTAILQ_ENTRY(chain) next;
	uint16_t queue;
	uint16_t head;
	/* A request that a context told of has not been read yet. */
	bool fetched;
	int64_t ready_at;
	GArray *segments;
	uint64_t from_driver;	/* bytes of each direction */
	uint64_t to_driver;
};

QTAILQ_HEAD(chains, chain);

/* Bits of a member's new context. */
enum context_field {
	FIELD_DEV_FEATURES,
	FIELD_DRV_FEATURES,
	FIELD_COMMON,
	FIELD_VQ_CONFIG,
	FIELD_VQ_INDICES,
	FIELD_IN_FLIGHT,
	FIELD_DEV_CONFIG,
	FIELD_EXTRA,
	FIELD_COUNT,
};

#define ALL_FIELDS	((1u << FIELD_COUNT) - 1)

struct function;

/* @length: of one value, 0 if it varies. @add: nothing where a VF has none of it. */
struct field {
	uint16_t type;
	uint16_t length;
	void (*add)(struct function *fn, GByteArray *to);
};

/* What the owner knows of a VF: all of it survives whatever the guest does. */
struct member {
	uint8_t mode;
	unsigned int dirty;
	/* Begun to be read, from @read on. */
	GByteArray *pending;
	size_t read;
	/* Written in Freeze, to take effect when that is left. */
	GByteArray *written;
	uint32_t filler;
	/* Its own, and what was loaded in the place of that. */
	uint8_t *own_extra;
	uint8_t *loaded_extra;

	bool is_stopped;
	/* 1.4's parts that were set, to take effect when it is resumed. */
	struct registers *set;
	uint8_t *set_extra;

	/* SOC_RUNNING and so on, or SOC_REFUSED; running where there is no SoC. */
	uint8_t soc_state;
};

struct owner;

struct function {
	PCIDevice pci;
	MemoryRegion bar;
	MemoryRegion registers_io;
	MemoryRegion notify_io;
	MemoryRegion config_io;
	MemoryRegion msix_bar;
	struct owner *owner;
	/* 0 is the PF. */
	unsigned int number;
	struct registers regs;
	union chains in_flight;
	QEMUTimer *finish;
	struct member member;
	uint32_t requests, writes, flrs;
};

struct object {
	bool exists;
	uint8_t type;
	uint16_t member;
};

/* Where a VF's agent is connected, if any. */
struct soc_port {
	CharBackend chardev;
	struct owner *owner;
	unsigned int number;
	uint32_t connections;
	bool is_connected;
	/* To be closed, once all that is out has been sent. */
	bool is_closing;
	QEMUBH *close;
	QEMUTimer *late;

	/* What has not been dealt with yet. */
	GByteArray *in;
	struct soc_message message;
	/* Bytes of the load that are still to come, and to be taken. */
	uint32_t load_left;
	bool closes_after_load;
	bool drops_load;

	GByteArray *out;
	size_t sent;
	guint watch;
};

struct command;
QTAILQ_HEAD(commands, command);

struct owner {
	struct function function;
	MemoryRegion trouble_io;

	/* Properties. */
	uint16_t queues;
	char *standard_name;
	bool is_strict;
	bool has_admin;
	struct soc_port soc[TOTAL_VFS];

	enum standard standard;
	uint8_t *image;
	/* Bytes in the context of each VF, as the window was told. */
	uint64_t extra;

	/* By group: what LIST_USE named. */
	uint64_t used_opcodes[2];
	struct parts_cap cap;
	struct object object[OBJECTS_MAX];
	/* Whose answer is late. */
	union commands late;

	struct virtio_trouble trouble;
	bool is_gone;
	bool soc_is_gone;
};

#define TYPE_OWNER	"virtio-owner"
#define TYPE_MEMBER	"virtio-owner-vf"

static inline bool is_owner(const struct function *fn)
{
	return fn->number == 0;
}

static inline bool is_gone(const struct function *fn)
{
	return is_owner(fn) && fn->owner->is_gone;
}

/* function.c */
struct function *owner_member(struct owner *owner, unsigned int number);

/* registers.c */
extern const MemoryRegionOps registers_ops;
extern const MemoryRegionOps notify_ops;
extern const MemoryRegionOps config_ops;
void registers_reset(struct registers *regs);
unsigned int function_queues(const struct function *fn);
unsigned int admin_queue(const struct owner *owner);
uint64_t device_features(const struct function *fn);
void device_config(const struct function *fn, struct virtio_blk_config *config);
void device_reset_registers(struct function *fn);
bool may_work(const struct function *fn);
struct vq_config queue_config(const struct queue *queue);
bool queue_set_config(struct queue *queue, const struct vq_config *config);
void device_breaks(struct function *fn);

/* ring.c */
struct chain *chain_new(unsigned int queue, uint16_t head);
void chain_free(struct chain *chain);
uint32_t chains_count(const union chains *chains);
void chains_free(union chains *chains);
bool chain_fetch(struct function *fn, struct chain *chain);
size_t chain_read(struct function *fn, struct chain *chain, uint64_t offset,
		  void *to, size_t len);
size_t chain_write(struct function *fn, struct chain *chain, uint64_t offset,
		   const void *from, size_t len);
struct chain *ring_take(struct function *fn, unsigned int index);
void ring_give_back(struct function *fn, struct chain *chain, uint32_t len);
bool ring_position_from_memory(struct function *fn, unsigned int index);
void queue_interrupt(struct function *fn, unsigned int index);
void function_interrupt(struct function *fn, uint16_t vector, uint8_t isr);

/* blk.c */
void blk_kick(struct function *fn, unsigned int index);
void blk_finish_ready(void *opaque);
void blk_finish_all(struct function *fn);
void blk_drop_all(struct function *fn);
void blk_pause(struct function *fn);
void blk_resume(struct function *fn);

/* adminq.c */
struct command {
	QTAILQ_ENTRY(command) next;
	struct owner *owner;
	struct chain *chain;
	QEMUTimer *timer;
	uint16_t opcode;
	uint16_t group;
	uint64_t member_id;
	struct function *member;
	uint8_t *data;
	size_t data_len;
	size_t room;

	GByteArray *result;
	uint16_t status;
	uint16_t qualifier;
	uint32_t output;
};

void adminq_kick(struct owner *owner);
void adminq_reset(struct owner *owner);
void command_data(const struct command *command, size_t offset, void *to, size_t len);
void command_result(struct command *command, const void *from, size_t len);
void command_fails(struct command *command, enum adm_status_code status,
		   enum adm_qualifier qualifier);

/* execute.c */
/* Bits, by the group's number. */
#define OF_SELF		0x1
#define OF_SRIOV	0x2

struct command_kind {
	uint16_t opcode;
	uint8_t groups;
	void (*execute)(struct command *command);
};

void command_execute(struct command *command);

/* draft.c */
extern const struct command_kind draft_commands[];
extern const unsigned int draft_command_count;

/* context.c */
extern const struct field context_fields[FIELD_COUNT];
void context_is_new(struct function *fn, unsigned int fields);
uint64_t context_size(struct function *fn, unsigned int fields);
void context_generate(struct function *fn);
void context_supported(struct function *fn, GByteArray *to);
const uint8_t *member_extra(struct function *fn);
void extra_put(struct function *fn, uint8_t **where, const uint8_t *extra);

/* context_load.c */
bool context_fits(struct function *fn);
bool context_load(struct function *fn);

/* stream.c */
size_t context_unread(const struct function *fn);
size_t context_next(struct function *fn);
void context_read(struct function *fn, GByteArray *to, size_t len);
size_t context_room(const struct function *fn);
void context_write(struct function *fn, const uint8_t *data, size_t len);
void context_forget_written(struct function *fn);
bool context_take_written(struct function *fn);
void context_discard(struct function *fn);
void context_grow(struct function *fn, uint32_t by);
bool member_set_mode(struct function *fn, enum ctx_mode mode);

/* parts_cmds.c */
extern const struct command_kind parts_commands[];
extern const unsigned int parts_command_count;

/* parts.c */
void parts_list(struct function *fn, GByteArray *heads);
void parts_collect(struct function *fn, const struct parts_head *wanted, size_t count,
		   GByteArray *to);
uint64_t parts_size(struct function *fn);

/* parts_set.c */
bool parts_set(struct function *fn, const uint8_t *data, size_t len);
void parts_forget_set(struct function *fn);
void parts_take_effect(struct function *fn);

/* soc.c */
void soc_request(struct soc_port *port);
void soc_load(struct soc_port *port, const uint8_t *data, size_t len);

/* soc_port.c */
bool soc_is_asked_for(const struct owner *owner);
void soc_realize(struct owner *owner);
void soc_exit(struct owner *owner);
void soc_port_send(struct soc_port *port, const GByteArray *answer, uint32_t late_ms);
void soc_port_close(struct soc_port *port);
void soc_set_gone(struct owner *owner, bool is_gone);

/* trouble.c */
extern const MemoryRegionOps trouble_ops;
struct virtio_trouble_slot trouble_meets(struct owner *owner, uint16_t opcode, uint64_t member);
void trouble_log(struct owner *owner, const struct virtio_trouble_log *entry);
void trouble_reset(struct owner *owner);

#endif
