/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulated owner of the first VF: its window for tests, by which it is told to
 * misbehave, and tells what it was asked; and what an administrator does to it.
 */
#ifndef VFMIG_OWNER_H
#define VFMIG_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include <virtio_trouble.h>
#include "virtio/adm.h"

#include "ways.h"

/* The VFs that tests have, by their numbers. */
#define MEMBER		1
#define OTHER_MEMBER	2
/* What a device fails a command with that it will never do. */
#define REFUSED		(ADM_EINVAL | ADM_Q_INVALID_FIELD << 16)
#define NO_COMMAND	(~0U)
#define OWNER_DRIVER	"virtio_adm_owner"
/* Longer than any test may take: it is not this that ends the waiting. */
#define LONG_LIMIT_MS	60000
/* Of a command that is not answered, in tests that wait for that. */
#define SHORT_LIMIT_MS	500
/* As virtio-adm-owner says; the first time is none of them. */
#define RETRIES		8

/* What both designs have a command for. */
enum asked {
	ASK_MODE,
	ASK_SIZE,
	ASK_READ,
	ASK_WRITE,
	ASK_ABORT,
	NR_ASKED,
};

/**
 * struct misbehaviour - what may become of a command
 * @what: of the window
 * @arg: its argument
 * @name: for messages
 */
struct misbehaviour {
	enum virtio_trouble_what what;
	uint32_t arg;
	const char *name;
};

/* For before_open(): has the window, and no trouble. Skips where there is none. */
void owner_begin(void);
bool owner_is_draft(void);
void need_draft(void);
void need_parts(void);
/* virtio-adm-owner, not the kernel's virtio-pci. */
bool owner_is_ours(void);
/* What its driver says in debugfs; a number there, by the words before it. */
const char *owner_status(void);
unsigned long owner_counter(const char *name);
void need_our_owner(const char *why);

uint32_t owner_opcode(enum asked asked);
uint32_t owner_get(const __u32 *field);
void owner_put(__u32 *field, uint32_t value);
extern struct virtio_trouble *owner_window;

/* enum ctx_mode; of 1.4, whether it is stopped. */
uint32_t owner_mode(uint32_t member);
bool owner_runs(void);
/* What a function that must not change is in. */
uint32_t owner_frozen(void);
void owner_await_running(const char *when);
void owner_await_no_object(const char *when);
void owner_await_met(const char *when);
/* In pre-copy, where all has been said: until there is more. */
void owner_await_change(const struct protocol *by);

/* The next @times commands of the kind for the first VF, but for @skip, meet with it. */
void owner_arm(struct misbehaviour what, uint32_t opcode, uint32_t skip,
	       uint32_t times);
/* For commands of any VF, and for those of none. */
void owner_arm_any(struct misbehaviour what, uint32_t opcode, uint32_t skip,
		   uint32_t times);
/* As owner_arm() by another of the window's slots; of two the lower counts. */
void owner_arm_slot(unsigned int slot, struct misbehaviour what, uint32_t opcode,
		    uint32_t skip, uint32_t times);
void owner_disarm(void);
/* How many are still to meet with it. */
uint32_t owner_armed(void);

/* Of virtio 1.4, of any VF: how many there are. */
uint32_t owner_objects(void);
void owner_forget_objects(void);

/* Commands so far; of an opcode since owner_begin(). */
uint32_t owner_logged(void);
uint32_t owner_asked(uint32_t opcode);
/* The first bytes of the data of the last one of an opcode. */
uint32_t owner_told(uint32_t opcode);
/* Command number @n, one of the last 64. */
struct virtio_trouble_log owner_log(uint32_t n);
/* How many commands after @from the first one of the kind came, or NO_COMMAND. */
uint32_t owner_first(uint32_t from, uint32_t opcode);

/* Until the test has ended; only where it is ours. */
void owner_limit(unsigned int ms);
/* One that has died answers again, and its driver has reset it. */
void owner_revive(void);
/* As an administrator does: another than before, and its VFs are as after a reset. */
void owner_reset_pf(void);

/* A register of the first VF that only a load or the guest sets; 0 after a reset. */
uint32_t owner_vf_register(void);

#endif /* VFMIG_OWNER_H */
