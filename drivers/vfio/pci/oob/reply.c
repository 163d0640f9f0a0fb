// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an agent has been asked, and what it may answer. Pure, and compiled into the
 * tests and the fuzzer in userspace as well.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "reply.h"

#define OOB_MAX_ERRNO	4095

static_assert(sizeof(struct vfmig_agent_attach) == 64);
static_assert(sizeof(struct vfmig_agent_request) == 64);
static_assert(sizeof(struct vfmig_agent_hello) == 48);
static_assert(sizeof(struct vfmig_agent_reply) == 128);
static_assert(offsetof(struct vfmig_agent_attach, device) == 40);
static_assert(offsetof(struct vfmig_agent_request, arg) == 24);
static_assert(offsetof(struct vfmig_agent_reply, arg) == 16);
static_assert(offsetof(struct vfmig_agent_reply, reason) == 64);

/**
 * oob_queue_add - ask for something
 * @queue: of the agent
 * @request: what; its id is given here
 * @fate: who is to have the reply
 *
 * Return: where it is now, for as long as nothing is dropped; NULL where the agent
 * owes too many replies.
 */
struct oob_asked *oob_queue_add(struct oob_queue *queue,
				const struct vfmig_agent_request *request,
				enum oob_fate fate)
{
	struct oob_asked *asked;

	if (queue->nr == OOB_MAX_ASKED)
		return NULL;
	asked = &queue->asked[queue->nr++];
	*asked = (struct oob_asked) {
		.request = *request,
		.fate = fate,
	};
	asked->request.id = ++queue->last;
	return asked;
}

/**
 * oob_queue_find - a request by its id
 * @queue: of the agent
 * @id: any number
 *
 * Return: the request; NULL where there is none without a reply.
 */
struct oob_asked *oob_queue_find(struct oob_queue *queue, u64 id)
{
	unsigned int i;

	for (i = 0; i < queue->nr; i++)
		if (queue->asked[i].request.id == id)
			return &queue->asked[i];
	return NULL;
}

/**
 * oob_queue_unread - what the agent is to read next
 * @queue: of the agent
 *
 * Return: the request, or NULL.
 */
struct oob_asked *oob_queue_unread(struct oob_queue *queue)
{
	unsigned int i;

	for (i = 0; i < queue->nr; i++)
		if (!queue->asked[i].is_read)
			return &queue->asked[i];
	return NULL;
}

/**
 * oob_queue_has - is there a request of this kind without a reply?
 * @queue: of the agent
 * @fate: the kind
 *
 * Return: true if so.
 */
bool oob_queue_has(const struct oob_queue *queue, enum oob_fate fate)
{
	unsigned int i;

	for (i = 0; i < queue->nr; i++)
		if (queue->asked[i].fate == fate)
			return true;
	return false;
}

/**
 * oob_queue_posted - was a request of this type posted, and has no reply yet?
 * @queue: of the agent
 * @type: of the request
 *
 * Return: true if so.
 */
bool oob_queue_posted(const struct oob_queue *queue, u32 type)
{
	unsigned int i;

	for (i = 0; i < queue->nr; i++)
		if (queue->asked[i].fate == OOB_POSTED &&
		    queue->asked[i].request.type == type)
			return true;
	return false;
}

/**
 * oob_queue_drop - a request has got its reply, or is taken back
 * @queue: of the agent
 * @asked: the request
 */
void oob_queue_drop(struct oob_queue *queue, struct oob_asked *asked)
{
	unsigned int behind = queue->asked + queue->nr - (asked + 1);

	memmove(asked, asked + 1, behind * sizeof(*asked));
	queue->nr--;
}

/* Printable, without a blank where there is to be none, and 0 from its end on. */
static bool oob_is_text(const char *text, size_t room, char least)
{
	size_t len = strnlen(text, room);
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] < least || text[i] > '~')
			return false;
	for (i = len; i < room; i++)
		if (text[i])
			return false;
	return true;
}

static const char *oob_hello_fault(const struct vfmig_agent_hello *hello)
{
	if (!hello->name[0] || !oob_is_text(hello->name, sizeof(hello->name), '!'))
		return "the name of its plugin is empty, or not printable";
	if (!hello->transfer_max || hello->transfer_max > VFMIG_AGENT_TRANSFER_MAX)
		return "it takes no byte at once, or more than 1 MiB";
	return NULL;
}

/* Of the words of a reply those that have a meaning. */
static unsigned int oob_words(const struct oob_asked *asked, s32 status)
{
	if (status)
		return 0;
	switch (asked->request.type) {
	case VFMIG_AGENT_HELLO:
		return sizeof(struct vfmig_agent_hello) / sizeof(u64);
	case VFMIG_AGENT_PENDING:
	case VFMIG_AGENT_SAVE:
		return 1;
	default:
		return 0;
	}
}

static bool oob_is_reserved_0(const struct oob_asked *asked,
			      const struct vfmig_agent_reply *reply)
{
	unsigned int i;

	for (i = oob_words(asked, reply->status); i < ARRAY_SIZE(reply->arg); i++)
		if (reply->arg[i])
			return false;
	return !reply->reserved;
}

static const char *oob_success_fault(const struct vfmig_agent_request *request,
				     const struct vfmig_agent_reply *reply)
{
	if (reply->reason[0])
		return "it gives a reason for a success";
	switch (request->type) {
	case VFMIG_AGENT_HELLO:
		return oob_hello_fault(&reply->hello);
	case VFMIG_AGENT_PENDING:
		return reply->arg[0] > VFMIG_AGENT_STATE_MAX ?
		       "it has more to save than can be" : NULL;
	case VFMIG_AGENT_SAVE:
		return reply->arg[0] != request->arg[1] ?
		       "it has not saved as many bytes as it was asked for" : NULL;
	default:
		return NULL;
	}
}

/**
 * oob_reply_fault - what is wrong with a reply
 * @queue: what the agent has been asked
 * @asked: what oob_queue_find() has found for the reply, or NULL
 * @reply: what it says
 *
 * An agent that is right in its head gives none that is wrong, not even too late.
 *
 * Return: the reason, static; NULL where the reply can be taken.
 */
const char *oob_reply_fault(const struct oob_queue *queue,
			    const struct oob_asked *asked,
			    const struct vfmig_agent_reply *reply)
{
	if (!reply->id || reply->id > queue->last || (asked && !asked->is_read))
		return "it answers a request that it was not sent";
	if (!asked)
		return "it answers a request twice, or one that was taken back";
	if (reply->status > 0 || reply->status < -OOB_MAX_ERRNO)
		return "its status is no errno";
	if (!oob_is_reserved_0(asked, reply))
		return "a reserved field is not 0";
	if (!oob_is_text(reply->reason, sizeof(reply->reason), ' '))
		return "its reason is not printable";
	return reply->status ? NULL : oob_success_fault(&asked->request, reply);
}
