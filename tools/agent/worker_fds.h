/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a worker finds what it was given; stdin, stdout and stderr are below. */
#ifndef VFMIG_AGENT_WORKER_FDS_H
#define VFMIG_AGENT_WORKER_FDS_H

enum worker_fd {
	WORKER_CHANNEL = 3,
	WORKER_STATUS,
	WORKER_DEADLINE,
	/* The channel once more, for as long as there is something to answer. */
	WORKER_REPLIES,
	/* Not there: the channel has the window. */
	WORKER_WINDOW,
	WORKER_FDS_END,
};

#endif /* VFMIG_AGENT_WORKER_FDS_H */
