// SPDX-License-Identifier: GPL-2.0-only
/*
 * An agent that reads when it likes and answers what it likes: what is taken of it is
 * what was asked, and each request is answered once.
 *
 * An input is a play: a byte that says who does what, and where an agent answers a
 * whole reply behind it.
 */
#include <string.h>

#include "oob/reply.h"
#include "fuzz.h"

enum act {
	KERNEL_ASKS,
	KERNEL_POSTS,
	KERNEL_FORGETS,
	KERNEL_TAKES_BACK,
	AGENT_READS,
	AGENT_ANSWERS,
	NR_ACTS,
};

static struct oob_queue queue;
/* By id: given, answered. */
static u8 seen[256];

static void ask(u8 with, enum oob_fate fate)
{
	struct vfmig_agent_request request = {
		.type = 1 + with % VFMIG_AGENT_ABORT,
		.arg[1] = with * 16,
	};
	struct oob_asked *asked;

	if (queue.last == sizeof(seen) - 1)
		return;
	asked = oob_queue_add(&queue, &request, fate);
	must(!asked == (queue.nr == OOB_MAX_ASKED && queue.last && !asked));
	if (!asked)
		return;
	must(asked->request.id == queue.last);
	must(!seen[queue.last]);
	seen[queue.last] = 1;
}

static void judge_text(const char *text, size_t room)
{
	size_t i;

	for (i = 0; i < room; i++)
		must(!text[i] || (text[i] >= ' ' && text[i] <= '~'));
}

static void judge(const struct oob_asked *asked, const struct vfmig_agent_reply *reply)
{
	must(asked && asked->is_read && asked->request.id == reply->id);
	must(reply->id < sizeof(seen) && seen[reply->id] == 1);
	must(reply->status <= 0 && reply->status >= -4095 && !reply->reserved);
	judge_text(reply->reason, sizeof(reply->reason));
	if (reply->status)
		return;
	must(!reply->reason[0]);
	if (asked->request.type == VFMIG_AGENT_SAVE)
		must(reply->arg[0] == asked->request.arg[1]);
	if (asked->request.type == VFMIG_AGENT_PENDING)
		must(reply->arg[0] <= VFMIG_AGENT_STATE_MAX);
	if (asked->request.type != VFMIG_AGENT_HELLO)
		return;
	judge_text(reply->hello.name, sizeof(reply->hello.name));
	must(reply->hello.transfer_max - 1 < VFMIG_AGENT_TRANSFER_MAX);
}

/* Returns false where it is the agent's end. */
static bool answer(const struct vfmig_agent_reply *reply)
{
	struct oob_asked *asked = oob_queue_find(&queue, reply->id);

	if (oob_reply_fault(&queue, asked, reply))
		return false;
	judge(asked, reply);
	seen[reply->id] = 2;
	oob_queue_drop(&queue, asked);
	must(!oob_queue_find(&queue, reply->id));
	return true;
}

static void act(enum act what, u8 with)
{
	struct oob_asked *asked = oob_queue_find(&queue, with);

	switch (what) {
	case KERNEL_ASKS:
		ask(with, OOB_WAITED);
		break;
	case KERNEL_POSTS:
		ask(with, OOB_POSTED);
		break;
	case KERNEL_FORGETS:
		if (asked)
			asked->fate = OOB_FORGOTTEN;
		break;
	case KERNEL_TAKES_BACK:
		if (asked && !asked->is_read)
			oob_queue_drop(&queue, asked);
		break;
	case AGENT_READS:
		asked = oob_queue_unread(&queue);
		if (asked)
			asked->is_read = true;
		break;
	default:
		break;
	}
	must(queue.nr <= OOB_MAX_ASKED);
}

int fuzz_one(const u8 *data, size_t size)
{
	struct vfmig_agent_reply reply;

	memset(&queue, 0, sizeof(queue));
	memset(seen, 0, sizeof(seen));
	while (size >= 2) {
		enum act what = data[0] % NR_ACTS;

		act(what, data[1]);
		data += 2;
		size -= 2;
		if (what != AGENT_ANSWERS)
			continue;
		if (size < sizeof(reply))
			break;
		memcpy(&reply, data, sizeof(reply));
		if (!answer(&reply))
			break;
		data += sizeof(reply);
		size -= sizeof(reply);
	}
	return 0;
}
