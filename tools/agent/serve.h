/* SPDX-License-Identifier: GPL-2.0-only */
/* Answers the requests that come over a channel, by calls of a plugin. */
#ifndef VFMIG_AGENT_SERVE_H
#define VFMIG_AGENT_SERVE_H

#include <linux/vfmig_agent.h>

#include "session.h"

struct serving {
	struct session session;
	struct vfmig_agent_hello hello;
	/* Requests come by the first; it ends where there is to be none any more. */
	int channel, replies;
	/* Maps the window: the channel, unless there is no kernel at its other end. */
	int window_fd;
	/* For all calls of a request together, as far as the driver gives as much. */
	int deadline;
	uint64_t limit_ms;
};

/*
 * Until the other end is gone, and the migration under way was left: 0. Or a negative errno,
 * with the reason in the status page.
 */
int serve(struct serving *serving);

#endif /* VFMIG_AGENT_SERVE_H */
