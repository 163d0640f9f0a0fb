// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent.h"
#include "tap.h"

#define MIN_SIZE	32

int agent_ioctl(struct vfmig_agent_attach *attach)
{
	int control = open(AGENT_NODE, O_RDWR | O_CLOEXEC);
	int err = 0;

	if (control < 0)
		return -errno;
	if (ioctl(control, VFMIG_AGENT_ATTACH, attach))
		err = -errno;
	close(control);
	return err;
}

int agent_try_attach(const char *bdf, struct vfmig_agent_attach *attach)
{
	memset(attach, 0, sizeof(*attach));
	attach->argsz = sizeof(*attach);
	attach->min_version = VFMIG_AGENT_VERSION;
	attach->max_version = VFMIG_AGENT_VERSION;
	snprintf(attach->device, sizeof(attach->device), "%s", bdf);
	return agent_ioctl(attach);
}

void agent_init(struct agent *agent, const char *bdf, size_t size)
{
	*agent = (struct agent){
		.bdf = bdf,
		.fd = -1,
		.name = "memory",
		.version = 1,
		.transfer_max = VFMIG_AGENT_TRANSFER_MAX,
		.size = size < MIN_SIZE ? MIN_SIZE : size,
		.runs = true,
		.mode = VFMIG_AGENT_RUNNING,
		.stop = -1,
	};
	agent->state = malloc(agent->size);
	pthread_mutex_init(&agent->lock, NULL);
	pthread_cond_init(&agent->changed, NULL);
	agent_change(agent, 1);
}

/* The last word of what was heard is this one. */
static bool last_is(const struct agent *agent, const char *word)
{
	size_t have = strlen(agent->heard), len = strlen(word);

	return have >= len && !strcmp(agent->heard + have - len, word) &&
	       (have == len || agent->heard[have - len - 1] == ' ');
}

static void hear(struct agent *agent, const struct vfmig_agent_request *request)
{
	size_t len = strlen(agent->heard);
	bool again = false;
	char word[32];

	switch (request->type) {
	case VFMIG_AGENT_HELLO:
		snprintf(word, sizeof(word), "hello");
		break;
	case VFMIG_AGENT_SET_STATE:
		snprintf(word, sizeof(word), "%s:%llu",
			 request->flags & VFMIG_AGENT_NEW ? "new" : "set",
			 (unsigned long long)request->arg[0]);
		break;
	case VFMIG_AGENT_PENDING:
	case VFMIG_AGENT_SAVE:
		snprintf(word, sizeof(word), "saves");
		again = last_is(agent, word);
		break;
	case VFMIG_AGENT_LOAD:
		snprintf(word, sizeof(word), "loads");
		again = last_is(agent, word);
		break;
	case VFMIG_AGENT_LOADED:
		snprintf(word, sizeof(word), "loaded");
		break;
	case VFMIG_AGENT_ABORT:
		snprintf(word, sizeof(word), "abort");
		break;
	default:
		snprintf(word, sizeof(word), "type:%u", request->type);
	}
	if (!again)
		snprintf(agent->heard + len, AGENT_HEARD - len, "%s%s", len ? " " : "", word);
	pthread_cond_broadcast(&agent->changed);
}

static int say(struct agent *agent, const struct vfmig_agent_reply *reply)
{
	return write(agent->fd, reply, sizeof(*reply)) < 0 ? -errno : 0;
}

static void say_too_much(const struct vfmig_agent_request *request,
			 struct vfmig_agent_reply *reply)
{
	switch (request->type) {
	case VFMIG_AGENT_HELLO:
		reply->hello.transfer_max = VFMIG_AGENT_TRANSFER_MAX + 1;
		break;
	case VFMIG_AGENT_PENDING:
		reply->arg[0] = VFMIG_AGENT_STATE_MAX + 1;
		break;
	default:
		reply->arg[0]++;
	}
}

static void say_too_little(const struct vfmig_agent_request *request,
			   struct vfmig_agent_reply *reply)
{
	if (request->type == VFMIG_AGENT_HELLO)
		memset(reply->hello.name, 0, sizeof(reply->hello.name));
	else
		reply->arg[0]--;
}

/* Returns false where nothing is to be said. */
static bool spoil(struct agent *agent, const struct vfmig_agent_request *request,
		  struct vfmig_agent_reply *reply)
{
	switch (agent->trouble) {
	case AGENT_REFUSES:
		memset(&reply->arg, 0, sizeof(reply->arg));
		reply->status = -EIO;
		snprintf(reply->reason, sizeof(reply->reason), "the SoC is away");
		return true;
	case AGENT_ANSWERS_TWICE:
		return !say(agent, reply);
	case AGENT_ANSWERS_ANOTHER:
		reply->id += 1000;
		return true;
	case AGENT_ANSWERS_POSITIVE:
		reply->status = 5;
		return true;
	case AGENT_ANSWERS_NO_ERRNO:
		memset(&reply->arg, 0, sizeof(reply->arg));
		reply->status = -4096;
		return true;
	case AGENT_FILLS_RESERVED:
		reply->reserved = 1;
		return true;
	case AGENT_FILLS_WORDS:
		reply->arg[5] = 1;
		if (request->type != VFMIG_AGENT_HELLO)
			return true;
		memset(&reply->arg, 0, sizeof(reply->arg));
		reply->status = -EIO;
		reply->arg[5] = 1;
		return true;
	case AGENT_EXPLAINS_SUCCESS:
		strcpy(reply->reason, "all is well");
		return true;
	case AGENT_EXPLAINS_IN_BYTES:
		memset(&reply->arg, 0, sizeof(reply->arg));
		reply->status = -EIO;
		strcpy(reply->reason, "away\n");
		return true;
	case AGENT_SAYS_TOO_MUCH:
		say_too_much(request, reply);
		return true;
	case AGENT_SAYS_TOO_LITTLE:
		say_too_little(request, reply);
		return true;
	case AGENT_ANSWERS_LATE:
		agent->late = *reply;
		return false;
	default:
		return false;
	}
}

static void say_what_is_late(struct agent *agent)
{
	if (!agent->late.id)
		return;
	agent->trouble_ret = say(agent, &agent->late);
	agent->late.id = 0;
}

/* Returns false where it dies of it. */
static bool handle(struct agent *agent, const struct vfmig_agent_request *request)
{
	struct vfmig_agent_reply reply;
	bool odd, goes_on = true;
	int ret = 0;

	pthread_mutex_lock(&agent->lock);
	say_what_is_late(agent);
	odd = agent->trouble && request->type == agent->at && !agent->after--;
	if (!odd || agent->trouble != AGENT_DIES)
		agent_answer(agent, request, &reply);
	hear(agent, request);
	if (!odd) {
		say(agent, &reply);
	} else {
		if (agent->trouble == AGENT_DIES)
			goes_on = false;
		else if (spoil(agent, request, &reply))
			ret = say(agent, &reply);
		agent->trouble_ret = ret;
		agent->trouble = AGENT_DOES_WELL;
		agent->met = true;
	}
	/* Whoever looks what it owes is to look again. */
	pthread_cond_broadcast(&agent->changed);
	pthread_mutex_unlock(&agent->lock);
	return goes_on;
}

static bool serve_one(struct agent *agent)
{
	struct pollfd fds[] = {
		{ .fd = agent->fd, .events = POLLIN },
		{ .fd = agent->stop, .events = POLLIN },
	};
	struct vfmig_agent_request request;

	if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		return errno == EINTR;
	if (fds[1].revents || fds[0].revents & (POLLHUP | POLLERR))
		return false;
	if (read(agent->fd, &request, sizeof(request)) != sizeof(request))
		return errno == EAGAIN;
	return handle(agent, &request);
}

static void *serve(void *data)
{
	struct agent *agent = data;

	while (serve_one(agent))
		;
	pthread_mutex_lock(&agent->lock);
	agent_forget_window(agent);
	close(agent->fd);
	agent->fd = -1;
	agent->ended = true;
	pthread_cond_broadcast(&agent->changed);
	pthread_mutex_unlock(&agent->lock);
	return NULL;
}

int agent_try_start(struct agent *agent)
{
	struct vfmig_agent_attach attach;
	int ret = agent_try_attach(agent->bdf, &attach);

	if (ret)
		return ret;
	agent->fd = attach.fd;
	agent->generation = attach.generation;
	agent->ended = false;
	agent->met = false;
	agent->late.id = 0;
	agent->heard[0] = '\0';
	fcntl(agent->fd, F_SETFL, O_NONBLOCK);
	agent->stop = eventfd(0, EFD_CLOEXEC);
	agent->started = !pthread_create(&agent->thread, NULL, serve, agent);
	return agent->started ? 0 : -EAGAIN;
}

void agent_stop(struct agent *agent)
{
	if (!agent->started)
		return;
	eventfd_write(agent->stop, 1);
	pthread_join(agent->thread, NULL);
	close(agent->stop);
	agent->started = false;
}

void agent_free(struct agent *agent)
{
	agent_stop(agent);
	free(agent->state);
	free(agent->incoming);
	agent->state = NULL;
	agent->incoming = NULL;
	agent->room = 0;
}

void agent_misbehave(struct agent *agent, enum agent_trouble trouble, uint32_t at,
		     unsigned int after)
{
	pthread_mutex_lock(&agent->lock);
	agent->trouble = trouble;
	agent->at = at;
	agent->after = after;
	agent->trouble_ret = 0;
	agent->met = false;
	pthread_mutex_unlock(&agent->lock);
}

int agent_trouble_ret(struct agent *agent)
{
	int ret;

	pthread_mutex_lock(&agent->lock);
	ret = agent->trouble_ret;
	pthread_mutex_unlock(&agent->lock);
	return ret;
}

void agent_forget(struct agent *agent)
{
	pthread_mutex_lock(&agent->lock);
	agent->heard[0] = '\0';
	pthread_mutex_unlock(&agent->lock);
}

const char *agent_heard(struct agent *agent)
{
	static char copy[AGENT_HEARD];

	pthread_mutex_lock(&agent->lock);
	strcpy(copy, agent->heard);
	pthread_mutex_unlock(&agent->lock);
	return copy;
}
