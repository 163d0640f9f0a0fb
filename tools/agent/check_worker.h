/* SPDX-License-Identifier: GPL-2.0-only */
/* A worker whose requests come from here, as from the driver. */
#ifndef VFMIG_AGENT_CHECK_WORKER_H
#define VFMIG_AGENT_CHECK_WORKER_H

#include <linux/vfmig_agent.h>

#include "worker.h"

#define CHECK_WHY_LEN	(STATUS_WHY_LEN + 128)

struct check_worker {
	struct worker worker;
	int channel;
	int pidfd;
	uint64_t last_id;
	uint32_t limit_ms;
	uint8_t *window;
	uint64_t window_len;
	/* One sentence without its stop. */
	char why[CHECK_WHY_LEN];
};

/* False, as below: there is a reason in why, and the worker has ended. */
bool check_worker_start(struct check_worker *check, const struct worker_plan *plan);
/* The reply is to be a success. */
bool check_ask(struct check_worker *check, struct vfmig_agent_request *request,
	       struct vfmig_agent_reply *reply);
/* Closes the channel: the worker is to end by itself. */
bool check_worker_end(struct check_worker *check);

#endif /* VFMIG_AGENT_CHECK_WORKER_H */
