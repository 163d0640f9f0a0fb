// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an agent that does well answers: a function whose state is some memory.
 *
 * A state ends with its checksum and its size, 8 bytes each, so that what pre-copy has
 * said before it can be told from it, and a load that is torn is noticed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"

#define TRAILER		16
/* What fits into one. */
#define PIPE		((size_t)65536)

static uint64_t checksum(const uint8_t *at, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ at[i]) * 0x100000001b3;
	return sum;
}

static void seal(uint8_t *state, uint64_t size)
{
	uint64_t sum = checksum(state, size - TRAILER);

	memcpy(state + size - TRAILER, &sum, 8);
	memcpy(state + size - 8, &size, 8);
}

/* Of what has come: where the state begins in it, or -1. */
static ssize_t find_state(const struct agent *agent)
{
	uint64_t size, sum;
	const uint8_t *state;

	if (agent->got < TRAILER)
		return -1;
	memcpy(&size, agent->incoming + agent->got - 8, 8);
	if (size < TRAILER || size > agent->got)
		return -1;
	state = agent->incoming + agent->got - size;
	memcpy(&sum, state + size - TRAILER, 8);
	return sum == checksum(state, size - TRAILER) ? state - agent->incoming : -1;
}

void agent_change(struct agent *agent, unsigned int seed)
{
	pthread_mutex_lock(&agent->lock);
	for (size_t i = 0; i < agent->size - TRAILER; i++)
		agent->state[i] = (i * 2654435761u + seed * 40503u) >> 13;
	seal(agent->state, agent->size);
	pthread_mutex_unlock(&agent->lock);
}

bool agent_same_state(struct agent *one, struct agent *other)
{
	return one->size == other->size && !memcmp(one->state, other->state, one->size);
}

void agent_forget_window(struct agent *agent)
{
	if (agent->window)
		munmap(agent->window, agent->window_len);
	agent->window = NULL;
}

static int begin(struct agent *agent, size_t len)
{
	agent_forget_window(agent);
	agent->window = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED,
			     agent->fd, 0);
	if (agent->window == MAP_FAILED) {
		agent->window = NULL;
		return -errno;
	}
	agent->window_len = len;
	agent->got = 0;
	agent->piece_end = 0;
	return 0;
}

static int set_state(struct agent *agent, const struct vfmig_agent_request *request)
{
	uint32_t mode = request->arg[0];
	int err = 0;

	if (request->flags & VFMIG_AGENT_WINDOW)
		err = begin(agent, request->arg[1]);
	agent->mode = mode;
	agent->runs = mode & VFMIG_AGENT_RUNNING;
	agent->said = 0;
	agent->announced = 0;
	return err;
}

/* All in stop-and-copy; in pre-copy as much as it was told to say. */
static uint64_t pending(struct agent *agent)
{
	size_t all = agent->mode & VFMIG_AGENT_RUNNING ? agent->pre_copy : agent->size;

	agent->announced = all - agent->said;
	return agent->announced;
}

/* And of no more bytes than it has said that it takes. */
static bool in_window(const struct agent *agent, uint64_t at, uint64_t len)
{
	return len <= agent->transfer_max && agent->window &&
	       at <= agent->window_len && len <= agent->window_len - at;
}

static void note_size(struct agent *agent, size_t len)
{
	if (agent->largest < len)
		agent->largest = len;
}

/*
 * By the kernel: the window may be taken away at any moment, and a SIGBUS would end the
 * test, or the agent of all tests.
 */
static int copy(uint8_t *to, const uint8_t *from, size_t len)
{
	int pipes[2];
	ssize_t n;

	if (pipe(pipes))
		return -errno;
	for (; len; len -= n, to += n, from += n) {
		n = write(pipes[1], from, len < PIPE ? len : PIPE);
		if (n <= 0 || read(pipes[0], to, n) != n)
			break;
	}
	close(pipes[0]);
	close(pipes[1]);
	return len ? -EFAULT : 0;
}

static int save(struct agent *agent, uint64_t at, uint64_t len)
{
	if (!in_window(agent, at, len) || len > agent->announced)
		return -EINVAL;
	if (copy(agent->window + at, agent->state + agent->said, len))
		return -EFAULT;
	agent->said += len;
	agent->announced -= len;
	note_size(agent, len);
	return 0;
}

/* In their order, each behind the one before in what one SAVE has made. */
static bool follows(struct agent *agent, uint64_t at, uint64_t len, uint64_t total)
{
	if (at != agent->piece_end || len > total - at)
		return false;
	agent->piece_end = at + len == total ? 0 : at + len;
	agent->cut += len != total;
	return true;
}

static int load(struct agent *agent, const struct vfmig_agent_request *request)
{
	uint64_t at = request->arg[0], len = request->arg[1];

	if (!in_window(agent, at, len) ||
	    !follows(agent, request->arg[2], len, request->arg[3]))
		return -EINVAL;
	if (agent->got + len > agent->room) {
		agent->room = (agent->got + len) * 2;
		agent->incoming = realloc(agent->incoming, agent->room);
	}
	if (copy(agent->incoming + agent->got, agent->window + at, len))
		return -EFAULT;
	agent->got += len;
	note_size(agent, len);
	return 0;
}

static int loaded(struct agent *agent)
{
	ssize_t at = find_state(agent);

	if (at < 0)
		return -EBADMSG;
	agent->size = agent->got - at;
	agent->state = realloc(agent->state, agent->size);
	memcpy(agent->state, agent->incoming + at, agent->size);
	return 0;
}

/* With the agent's lock held. */
void agent_answer(struct agent *agent, const struct vfmig_agent_request *request,
		  struct vfmig_agent_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	reply->id = request->id;
	switch (request->type) {
	case VFMIG_AGENT_HELLO:
		memcpy(reply->hello.name, agent->name, sizeof(reply->hello.name));
		reply->hello.state_version = agent->version;
		reply->hello.transfer_max = agent->transfer_max;
		break;
	case VFMIG_AGENT_SET_STATE:
		reply->status = set_state(agent, request);
		break;
	case VFMIG_AGENT_PENDING:
		reply->arg[0] = pending(agent);
		break;
	case VFMIG_AGENT_SAVE:
		reply->status = save(agent, request->arg[0], request->arg[1]);
		reply->arg[0] = reply->status ? 0 : request->arg[1];
		break;
	case VFMIG_AGENT_LOAD:
		reply->status = load(agent, request);
		break;
	case VFMIG_AGENT_LOADED:
		reply->status = loaded(agent);
		break;
	case VFMIG_AGENT_ABORT:
		agent->mode = VFMIG_AGENT_RUNNING;
		agent->runs = true;
		break;
	default:
		reply->status = -ENOTTY;
	}
	if (reply->status)
		snprintf(reply->reason, sizeof(reply->reason), "the test's agent says so");
}
