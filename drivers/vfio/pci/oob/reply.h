/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOB_REPLY_H
#define OOB_REPLY_H

#include <linux/types.h>

#include <uapi/linux/vfmig_agent.h>

/* One that is waited for, those that nobody waits for any more, and what was posted. */
#define OOB_MAX_ASKED	16

/**
 * enum oob_fate - who is to have the reply to a request
 * @OOB_WAITED: whoever waits for it
 * @OOB_POSTED: nobody waits, but the reply says whether it was done
 * @OOB_FORGOTTEN: nobody, since whoever waited has given up
 */
enum oob_fate {
	OOB_WAITED,
	OOB_POSTED,
	OOB_FORGOTTEN,
};

/**
 * struct oob_asked - a request that has no reply yet
 * @request: as the agent gets it
 * @fate: who is to have the reply
 * @is_read: the agent has got it
 * @since: when it was made, in nanoseconds
 */
struct oob_asked {
	struct vfmig_agent_request request;
	enum oob_fate fate;
	bool is_read;
	u64 since;
};

/**
 * struct oob_queue - the requests of an agent that have no reply yet
 * @last: the newest id that was given; they count from 1
 * @nr: their number
 * @asked: the oldest first
 */
struct oob_queue {
	u64 last;
	unsigned int nr;
	struct oob_asked asked[OOB_MAX_ASKED];
};

struct oob_asked *oob_queue_add(struct oob_queue *queue,
				const struct vfmig_agent_request *request,
				enum oob_fate fate);
struct oob_asked *oob_queue_find(struct oob_queue *queue, u64 id);
struct oob_asked *oob_queue_unread(struct oob_queue *queue);
bool oob_queue_has(const struct oob_queue *queue, enum oob_fate fate);
bool oob_queue_posted(const struct oob_queue *queue, u32 type);
void oob_queue_drop(struct oob_queue *queue, struct oob_asked *asked);

const char *oob_reply_fault(const struct oob_queue *queue,
			    const struct oob_asked *asked,
			    const struct vfmig_agent_reply *reply);

#endif /* OOB_REPLY_H */
