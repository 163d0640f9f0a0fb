/* SPDX-License-Identifier: GPL-2.0-only */
/* A function that has an agent here: its worker, started again whenever it has ended. */
#ifndef VFMIG_AGENT_HOSTED_H
#define VFMIG_AGENT_HOSTED_H

#include <systemd/sd-event.h>

#include "attaching.h"
#include "worker.h"

#define HOSTED_WHY_LEN	(STATUS_WHY_LEN + 128)

struct hosted {
	const struct worker_plan *plan;
	sd_event *event;

	struct attaching *attaching;
	struct worker worker;
	/* The worker's: what it cannot say any more is said here. */
	int channel;
	bool running;
	/* It is not to be started again. */
	bool ending;
	uint64_t started_us;
	/* The next pause before a worker is started; what it grows by is one kind of failure. */
	uint64_t pause_us;
	bool attached_before;
	/* Not said again until it changes. */
	char said[HOSTED_WHY_LEN];
	sd_event_source *attached, *ended, *output, *overdue, *gone, *late, *again;
	/* Whenever running has changed. */
	void (*changed)(void);
};

/* Tries to attach, and goes on trying. 0, or a negative errno: there is no memory. */
int hosted_start(struct hosted *hosted);
/* It may be there now: does not wait for the next try. */
int hosted_try(struct hosted *hosted);
/* Has its worker leave what is under way, and end. */
void hosted_end(struct hosted *hosted);
/* Ends its worker, now. */
void hosted_stop(struct hosted *hosted);

#endif /* VFMIG_AGENT_HOSTED_H */
