/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process that hosts a plugin for one function: program "vfmig-agent worker",
 * started by the supervisor and by check. It may crash, hang and be killed.
 */
#ifndef VFMIG_AGENT_WORKER_H
#define VFMIG_AGENT_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "facts.h"
#include "privileges.h"
#include "status.h"
#include "text.h"

#define WORKER_MOST_BYTES	(16ULL << 30)
/* What the driver believes. */
#define WORKER_MOST_BYTES_MAX	VFMIG_AGENT_STATE_MAX
#define WORKER_LIMIT_MS		10000
/* To load the plugin, which nobody waits for unless a migration begins at once. */
#define WORKER_LOAD_MS		10000

struct worker_plan {
	const char *device;
	/* An absolute path. */
	const char *plugin;
	const char *arg;
	struct facts facts;
	uint64_t most_bytes;
	/* For what is done at once, however much more the driver gives. */
	uint64_t limit_ms;
	struct privileges_plan privileges;
};

struct worker {
	pid_t pid;
	/* What the plugin and the worker write, to be read without waiting. */
	int output;
	struct text_lines lines;
	struct status *status;
	/* Readable when the worker has taken too long. */
	int deadline;
	bool overdue;
};

/* The window is the channel's where window_fd is below 0. 0, or a negative errno with why. */
int worker_start(struct worker *worker, const struct worker_plan *plan, int channel,
		 int window_fd, char why[STATUS_WHY_LEN]);
/* Hands on lines that are there: 1. 0: there is nothing now, -1: nor will there be. */
int worker_output(struct worker *worker, text_line_fn each, void *context);
/* What is left of the output of one that has ended; what it has started may write on. */
void worker_last_output(struct worker *worker, text_line_fn each, void *context);
/* When the deadline is readable. Ends it, unless it has just done in time. */
void worker_check_overdue(struct worker *worker);
/* The request that it will not answer any more, 0: there is none. Not to be believed. */
uint64_t worker_request(const struct worker *worker);
/* In good order: a migration is aborted first. */
void worker_end(struct worker *worker);
/* With all that it has started. */
void worker_kill(struct worker *worker);
/* Of a wait status: one sentence without its stop. */
void worker_verdict(const struct worker *worker, int wait_status, char *text, size_t len);
/* What remains after it was waited for. */
void worker_forget(struct worker *worker);

/* The program. */
int worker_main(int argc, char **argv);

#endif /* VFMIG_AGENT_WORKER_H */
