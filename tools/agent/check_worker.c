// SPDX-License-Identifier: GPL-2.0-only
/* The other end of a worker's channel, in userspace. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "check_worker.h"
#include "session.h"

static void show_line(void *context, const char *line)
{
	(void)context;
	printf("| %s\n", line);
}

static void take_output(struct check_worker *check)
{
	if (check->worker.output >= 0 && worker_output(&check->worker, show_line, NULL) < 0) {
		close(check->worker.output);
		check->worker.output = -1;
	}
}

/* What is left of a worker that has ended. Its children, if any, are ended too. */
static int bury(struct check_worker *check)
{
	int status = 0;

	worker_kill(&check->worker);
	while (waitpid(check->worker.pid, &status, 0) < 0 && errno == EINTR)
		;
	worker_last_output(&check->worker, show_line, NULL);
	worker_verdict(&check->worker, status, check->why, sizeof(check->why));
	if (check->channel >= 0)
		close(check->channel);
	close(check->pidfd);
	munmap(check->window, check->window_len);
	worker_forget(&check->worker);
	check->channel = -1;
	return status;
}

/* True: the worker has written to its channel. False: it has ended. */
static bool wait_for_worker(struct check_worker *check)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = check->channel, .events = POLLIN },
			{ .fd = check->worker.output, .events = POLLIN },
			{ .fd = check->pidfd, .events = POLLIN },
			{ .fd = check->worker.deadline, .events = POLLIN },
		};

		poll(fds, ARRAY_SIZE(fds), -1);
		if (fds[3].revents)
			worker_check_overdue(&check->worker);
		if (fds[1].revents)
			take_output(check);
		if (fds[0].revents & POLLIN)
			return true;
		if (fds[2].revents)
			return false;
	}
}

bool check_worker_start(struct check_worker *check, const struct worker_plan *plan)
{
	int ends[2] = { -1, -1 }, window, err = -1;
	void *pages = MAP_FAILED;

	memset(check, 0, sizeof(*check));
	check->limit_ms = plan->limit_ms;
	check->window_len = SESSION_PIECE_MAX;
	window = memfd_create("window", MFD_CLOEXEC);
	if (window >= 0 && !ftruncate(window, check->window_len))
		pages = mmap(NULL, check->window_len, PROT_READ | PROT_WRITE, MAP_SHARED,
			     window, 0);
	/* Messages that have a size, as the channel's. */
	if (pages == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		snprintf(check->why, sizeof(check->why), "no channel: %s", strerror(errno));
	else
		err = worker_start(&check->worker, plan, ends[1], window, check->why);
	if (window >= 0)
		close(window);
	if (ends[1] >= 0)
		close(ends[1]);
	if (err) {
		if (ends[0] >= 0)
			close(ends[0]);
		if (pages != MAP_FAILED)
			munmap(pages, check->window_len);
		return false;
	}
	check->window = pages;
	check->channel = ends[0];
	check->pidfd = pidfd_open(check->worker.pid, 0);
	return true;
}

static bool give_up(struct check_worker *check, const char *why)
{
	bury(check);
	snprintf(check->why, sizeof(check->why), "%s", why);
	return false;
}

bool check_ask(struct check_worker *check, struct vfmig_agent_request *request,
	       struct vfmig_agent_reply *reply)
{
	char why[CHECK_WHY_LEN];
	ssize_t len;

	request->id = ++check->last_id;
	/* The worker takes but three quarters of what it is given. */
	request->timeout_ms = 2 * check->limit_ms;
	len = send(check->channel, request, sizeof(*request), MSG_NOSIGNAL);
	if (len != sizeof(*request) || !wait_for_worker(check)) {
		bury(check);
		return false;
	}
	len = recv(check->channel, reply, sizeof(*reply), 0);
	if (len <= 0) {
		/* It closes its files when it ends, some before others. */
		bury(check);
		return false;
	}
	if (len != sizeof(*reply) || reply->id != request->id)
		return give_up(check, "something else than a reply came over the channel");
	if (reply->status) {
		status_why(check->worker.status, why);
		return give_up(check, why);
	}
	return true;
}

bool check_worker_end(struct check_worker *check)
{
	int status;

	shutdown(check->channel, SHUT_WR);
	/* Nothing comes any more, but its end. */
	while (wait_for_worker(check)) {
		close(check->channel);
		check->channel = -1;
	}
	status = bury(check);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}
