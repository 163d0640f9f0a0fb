/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page that a worker shares with its parent: what it is at, in which call of the
 * plugin, and what went wrong. The parent reads it when the worker cannot speak any more.
 */
#ifndef VFMIG_AGENT_STATUS_H
#define VFMIG_AGENT_STATUS_H

#include <stdatomic.h>
#include <stdint.h>

#define STATUS_WHY_LEN	256

enum status_call {
	CALL_NONE,
	CALL_DLOPEN,
	CALL_VERSION,
	CALL_OPS,
	CALL_FACTS,
	CALL_INIT,
	CALL_SAVE,
	CALL_LOAD,
	CALL_PENDING,
	CALL_SET_STATE,
	CALL_GET_STATE,
	CALL_CLEANUP,
	CALL_EXIT,
};

struct status {
	/* Id of the request that has no reply yet, 0: there is none. */
	atomic_ullong request;
	atomic_uint call;
	/* The first of what went wrong; whole once why_set is. */
	atomic_uint why_set;
	char why[STATUS_WHY_LEN];
};

/* A page of the parent's; returns its fd, or a negative errno. */
int status_create(struct status **status);
/* That of the parent's fd, or NULL. */
struct status *status_map(int fd);
void status_unmap(struct status *status);

/* A request begins: nothing has gone wrong in it. */
void status_begin(struct status *status, uint64_t request);
void status_end(struct status *status);
void status_enter(struct status *status, enum status_call call);
void status_leave(struct status *status);

/* Says it on stderr and, if it is the first, leaves it for the parent. Returns err. */
__attribute__((format(printf, 3, 4)))
int status_fail(struct status *status, int err, const char *fmt, ...);

const char *status_call_name(uint32_t call);
/* A copy that ends and is printable; empty if nothing was left. */
void status_why(const struct status *status, char why[STATUS_WHY_LEN]);

#endif /* VFMIG_AGENT_STATUS_H */
