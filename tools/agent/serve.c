// SPDX-License-Identifier: GPL-2.0-only
/* Requests in, replies out. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "deadline.h"
#include "piece.h"
#include "serve.h"
#include "text.h"
#include "window.h"

static struct status *status_of(struct serving *serving)
{
	return serving->session.plugin->status;
}

static int open_window(struct serving *serving, uint64_t len)
{
	int err = window_open(serving->window_fd, len);

	if (err)
		return status_fail(status_of(serving), err,
				   "the window of %llu bytes cannot be mapped: %s",
				   (unsigned long long)len, strerror(-err));
	return 0;
}

static int serve_set_state(struct serving *serving, const struct vfmig_agent_request *request)
{
	bool begins = request->flags & VFMIG_AGENT_NEW;
	int err = 0;

	if (request->arg[0] > UINT32_MAX)
		return status_fail(status_of(serving), -EINVAL, "state %#llx cannot be",
				   (unsigned long long)request->arg[0]);
	/* Where no migration can begin the window is not another one's to be written to. */
	if (request->flags & VFMIG_AGENT_WINDOW && begins != serving->session.open)
		err = open_window(serving, request->arg[1]);
	if (err)
		return err;
	return begins ? session_begin(&serving->session, request->arg[0]) :
			session_set_state(&serving->session, request->arg[0]);
}

/* The bytes of the window that a request is about, or NULL. */
static uint8_t *piece_of(struct serving *serving, const struct vfmig_agent_request *request)
{
	uint64_t offset = request->arg[PIECE_OFFSET], len = request->arg[PIECE_LEN];
	uint8_t *piece = window_piece(offset, len);

	if (!piece)
		status_fail(status_of(serving), -EINVAL,
			    "%llu bytes at %llu are not in the window",
			    (unsigned long long)len, (unsigned long long)offset);
	return piece;
}

static int serve_save(struct serving *serving, const struct vfmig_agent_request *request,
		      struct vfmig_agent_reply *reply)
{
	uint8_t *piece = piece_of(serving, request);
	int err;

	if (!piece)
		return -EINVAL;
	err = session_save(&serving->session, piece, request->arg[PIECE_LEN]);
	if (!err)
		reply->arg[0] = request->arg[PIECE_LEN];
	return err;
}

static int serve_load(struct serving *serving, const struct vfmig_agent_request *request)
{
	uint8_t *piece = piece_of(serving, request);

	if (!piece)
		return -EINVAL;
	return session_load(&serving->session, piece, request->arg[PIECE_LEN],
			    request->arg[PIECE_AT], request->arg[PIECE_WHOLE]);
}

static int serve_pending(struct serving *serving, struct vfmig_agent_reply *reply)
{
	uint64_t bytes;
	int err = session_pending(&serving->session, &bytes);

	if (!err)
		reply->arg[0] = bytes;
	return err;
}

static int serve_request(struct serving *serving, const struct vfmig_agent_request *request,
			 struct vfmig_agent_reply *reply)
{
	switch (request->type) {
	case VFMIG_AGENT_HELLO:
		reply->hello = serving->hello;
		return 0;
	case VFMIG_AGENT_SET_STATE:
		return serve_set_state(serving, request);
	case VFMIG_AGENT_PENDING:
		return serve_pending(serving, reply);
	case VFMIG_AGENT_SAVE:
		return serve_save(serving, request, reply);
	case VFMIG_AGENT_LOAD:
		return serve_load(serving, request);
	case VFMIG_AGENT_LOADED:
		return session_loaded(&serving->session);
	case VFMIG_AGENT_ABORT:
		return session_abort(&serving->session);
	}
	return status_fail(status_of(serving), -EOPNOTSUPP, "request %u is unknown",
			   request->type);
}

/* 1: there is one, 0: there will be none. */
static int next_request(struct serving *serving, struct vfmig_agent_request *request)
{
	ssize_t len;
	int err;

	/* A signal may be the plugin's. */
	do {
		len = read(serving->channel, request, sizeof(*request));
		err = errno;
	} while (len < 0 && err == EINTR);
	if (len == sizeof(*request))
		return 1;
	if (!len || (len < 0 && (err == ENODEV || err == ECONNRESET)))
		return 0;
	if (len < 0)
		return status_fail(status_of(serving), -err, "the channel cannot be read: %s",
				   strerror(err));
	return status_fail(status_of(serving), -EPROTO, "the channel gave %zd bytes of %zu",
			   len, sizeof(*request));
}

static int check_request(struct serving *serving, const struct vfmig_agent_request *request)
{
	uint32_t known = request->type == VFMIG_AGENT_SET_STATE ?
			 VFMIG_AGENT_NEW | VFMIG_AGENT_WINDOW : 0;

	if (!(request->flags & ~known) && !request->reserved)
		return 0;
	return status_fail(status_of(serving), -EOPNOTSUPP,
			   "request %u has unknown flags %#x or %#x", request->type,
			   request->flags, request->reserved);
}

/* Before the driver gives the agent up, so that it can be said which call was too long. */
static uint64_t limit_of(struct serving *serving, const struct vfmig_agent_request *request)
{
	uint64_t most = request->timeout_ms - request->timeout_ms / 4;

	return most && most < serving->limit_ms ? most : serving->limit_ms;
}

static void set_reason(struct serving *serving, struct vfmig_agent_reply *reply)
{
	char why[STATUS_WHY_LEN];

	status_why(status_of(serving), why);
	text_cut(reply->reason, sizeof(reply->reason), why);
}

static int send_reply(struct serving *serving, const struct vfmig_agent_reply *reply)
{
	if (write(serving->replies, reply, sizeof(*reply)) == sizeof(*reply))
		return 0;
	/* Nobody waits for it any more, or the driver has gone: that is seen next. */
	if (errno == ENOENT || errno == ENODEV || errno == EPIPE)
		return 0;
	return status_fail(status_of(serving), -errno, "the channel takes no reply: %s",
			   strerror(errno));
}

static int answer(struct serving *serving, const struct vfmig_agent_request *request)
{
	struct vfmig_agent_reply reply = { .id = request->id };
	int err;

	status_begin(status_of(serving), request->id);
	deadline_set(serving->deadline, limit_of(serving, request));
	reply.status = check_request(serving, request);
	if (!reply.status)
		reply.status = serve_request(serving, request, &reply);
	deadline_set(serving->deadline, 0);
	if (!serving->session.open)
		window_close();
	if (reply.status)
		set_reason(serving, &reply);
	status_end(status_of(serving));
	err = send_reply(serving, &reply);
	/* The function may stand still, and the driver asks nobody again but a new agent. */
	return err ?: request->type == VFMIG_AGENT_ABORT ? reply.status : 0;
}

int serve(struct serving *serving)
{
	struct vfmig_agent_request request;
	int more = 0, err = 0, left;

	while (!err && (more = next_request(serving, &request)) > 0)
		err = answer(serving, &request);
	/* What went wrong in a request was told. */
	if (!err && !more)
		status_begin(status_of(serving), 0);
	deadline_set(serving->deadline, serving->limit_ms);
	left = session_leave(&serving->session);
	deadline_set(serving->deadline, 0);
	window_close();
	return err ?: more ?: left;
}
