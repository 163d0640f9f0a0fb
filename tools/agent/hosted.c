// SPDX-License-Identifier: GPL-2.0-only
/* Starts a worker, watches it, says why it ended, and starts another. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/vfmig_agent.h>

#include "hosted.h"
#include "log.h"
#include "text.h"

#define MS		1000ULL
#define SECOND		(1000 * MS)
#define FIRST_PAUSE	(100 * MS)
#define LONGEST_PAUSE	(30 * SECOND)
/* A worker that has lived as long has not failed at once, nor did its driver. */
#define GOOD_LIFE	(60 * SECOND)
#define GOOD_LIFE_OF_DRIVER	SECOND

static uint64_t now_us(struct hosted *hosted)
{
	uint64_t now = 0;

	sd_event_now(hosted->event, CLOCK_MONOTONIC, &now);
	return now;
}

static void log_line(void *context, const char *line)
{
	struct hosted *hosted = context;

	/* Whatever it says, it is not the agent that says so. */
	log_say(LOG_INFO, hosted->plan->device, "| %s", line);
}

/* False: it was said before. */
static bool say_once(struct hosted *hosted, const char *why)
{
	if (!strcmp(hosted->said, why))
		return false;
	log_say(LOG_ERROR, hosted->plan->device, "%s", why);
	snprintf(hosted->said, sizeof(hosted->said), "%s", why);
	return true;
}

static int on_again(sd_event_source *source, uint64_t usec, void *context)
{
	(void)source;
	(void)usec;
	return hosted_try(context);
}

static int start_later(struct hosted *hosted, const char *why)
{
	uint64_t pause = hosted->pause_us;

	if (say_once(hosted, why))
		log_say(LOG_INFO, hosted->plan->device, "the next try is in %llu ms",
			(unsigned long long)(pause / MS));
	hosted->pause_us = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
	hosted->again = sd_event_source_disable_unref(hosted->again);
	return sd_event_add_time_relative(hosted->event, &hosted->again, CLOCK_MONOTONIC,
					  pause, 0, on_again, hosted);
}

/* The driver would only see that the agent has gone. */
static void answer_for_worker(struct hosted *hosted, const char *why)
{
	struct vfmig_agent_reply reply = {
		.id = worker_request(&hosted->worker),
		.status = hosted->worker.overdue ? -ETIMEDOUT : -EIO,
	};

	if (!reply.id)
		return;
	text_cut(reply.reason, sizeof(reply.reason), why);
	if (write(hosted->channel, &reply, sizeof(reply)) < 0)
		/* Nobody has waited for it. */
		return;
}

static void forget_worker(struct hosted *hosted)
{
	hosted->ended = sd_event_source_disable_unref(hosted->ended);
	hosted->output = sd_event_source_disable_unref(hosted->output);
	hosted->overdue = sd_event_source_disable_unref(hosted->overdue);
	hosted->gone = sd_event_source_disable_unref(hosted->gone);
	hosted->late = sd_event_source_disable_unref(hosted->late);
	worker_forget(&hosted->worker);
	close(hosted->channel);
	hosted->running = false;
	hosted->changed();
}

static int on_ended(sd_event_source *source, const siginfo_t *info, void *context)
{
	struct hosted *hosted = context;
	bool exited = info->si_code == CLD_EXITED;
	/* As wait() has it. */
	int status = exited ? (info->si_status & 0xff) << 8 : info->si_status;
	uint64_t life = now_us(hosted) - hosted->started_us;
	char why[HOSTED_WHY_LEN];

	(void)source;
	/* It has not been waited for yet: the number is still that of its group. */
	worker_kill(&hosted->worker);
	worker_last_output(&hosted->worker, log_line, hosted);
	worker_verdict(&hosted->worker, status, why, sizeof(why));
	answer_for_worker(hosted, why);
	if (life >= (status ? GOOD_LIFE : GOOD_LIFE_OF_DRIVER)) {
		hosted->pause_us = FIRST_PAUSE;
		hosted->said[0] = '\0';
	}
	/* By the signal itself, if it comes before the worker has prepared for it. */
	if (hosted->ending && (!status || status == SIGTERM))
		log_say(LOG_INFO, hosted->plan->device, "ended as it was told to");
	else if (hosted->ending)
		say_once(hosted, why);
	forget_worker(hosted);
	return hosted->ending ? 0 : start_later(hosted, why);
}

static int on_output(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct hosted *hosted = context;

	(void)fd;
	(void)events;
	if (worker_output(&hosted->worker, log_line, hosted) < 0)
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

static int on_overdue(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct hosted *hosted = context;

	(void)source;
	(void)fd;
	(void)events;
	worker_check_overdue(&hosted->worker);
	return 0;
}

static int on_late(sd_event_source *source, uint64_t usec, void *context)
{
	struct hosted *hosted = context;

	(void)source;
	(void)usec;
	hosted->worker.overdue = true;
	worker_kill(&hosted->worker);
	return 0;
}

/* The worker sees it too, unless its plugin has closed its files, or is in a call. */
static int on_gone(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct hosted *hosted = context;

	(void)fd;
	(void)events;
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	/* For that call, and those of the abort. */
	return sd_event_add_time_relative(hosted->event, &hosted->late, CLOCK_MONOTONIC,
					  2 * hosted->plan->limit_ms * MS, 0, on_late, hosted);
}

static int watch(struct hosted *hosted)
{
	struct worker *worker = &hosted->worker;
	sd_event *event = hosted->event;
	int err;

	err = sd_event_add_child(event, &hosted->ended, worker->pid, WEXITED, on_ended, hosted);
	if (err >= 0)
		err = sd_event_add_io(event, &hosted->output, worker->output, EPOLLIN,
				      on_output, hosted);
	if (err >= 0)
		err = sd_event_add_io(event, &hosted->overdue, worker->deadline, EPOLLIN,
				      on_overdue, hosted);
	/* The end of a channel is told without being asked for. */
	if (err >= 0)
		err = sd_event_add_io(event, &hosted->gone, hosted->channel, 0, on_gone, hosted);
	return err;
}

static int start_worker(struct hosted *hosted, const struct attached *attached)
{
	const struct worker_plan *plan = hosted->plan;
	char why[STATUS_WHY_LEN];
	int err;

	hosted->channel = attached->channel;
	err = worker_start(&hosted->worker, plan, attached->channel, attached->window_fd, why);
	if (attached->window_fd >= 0)
		close(attached->window_fd);
	if (err) {
		close(hosted->channel);
		return start_later(hosted, why);
	}
	hosted->started_us = now_us(hosted);
	hosted->running = true;
	log_say(LOG_INFO, plan->device, "agent %llu, process %d, plugin %s",
		(unsigned long long)attached->generation, hosted->worker.pid, plan->plugin);
	hosted->changed();
	err = watch(hosted);
	if (err >= 0)
		return 0;
	snprintf(why, sizeof(why), "a worker cannot be watched: %s", strerror(-err));
	worker_kill(&hosted->worker);
	waitpid(hosted->worker.pid, NULL, 0);
	forget_worker(hosted);
	return start_later(hosted, why);
}

static int on_attached(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct hosted *hosted = context;
	struct attaching *attaching = hosted->attaching;
	int err;

	(void)source;
	(void)fd;
	(void)events;
	hosted->attached = sd_event_source_disable_unref(hosted->attached);
	hosted->attaching = NULL;
	if (attaching->attached && hosted->ending) {
		close(attaching->as.channel);
		err = 0;
	} else if (attaching->attached) {
		/* Its own failures are still to come. */
		if (!hosted->attached_before)
			hosted->pause_us = FIRST_PAUSE;
		hosted->attached_before = true;
		err = start_worker(hosted, &attaching->as);
	} else {
		hosted->attached_before = false;
		err = start_later(hosted, attaching->why);
	}
	attaching_free(attaching);
	return err;
}

int hosted_try(struct hosted *hosted)
{
	if (hosted->running || hosted->attaching || hosted->ending)
		return 0;
	hosted->again = sd_event_source_disable_unref(hosted->again);
	hosted->attaching = attaching_start(hosted->plan->device);
	if (!hosted->attaching)
		return start_later(hosted, "there are no files or no memory to attach by");
	return sd_event_add_io(hosted->event, &hosted->attached, hosted->attaching->done, EPOLLIN,
			       on_attached, hosted);
}

int hosted_start(struct hosted *hosted)
{
	hosted->pause_us = FIRST_PAUSE;
	return hosted_try(hosted);
}

void hosted_end(struct hosted *hosted)
{
	hosted->ending = true;
	hosted->again = sd_event_source_disable_unref(hosted->again);
	worker_end(&hosted->worker);
}

void hosted_stop(struct hosted *hosted)
{
	char why[HOSTED_WHY_LEN];
	int status = 0;

	hosted->again = sd_event_source_disable_unref(hosted->again);
	/* What becomes of it ends with the process. */
	hosted->attached = sd_event_source_disable_unref(hosted->attached);
	if (!hosted->running)
		return;
	/* It was given the time to end by itself. */
	hosted->worker.overdue = true;
	worker_kill(&hosted->worker);
	waitpid(hosted->worker.pid, &status, 0);
	worker_last_output(&hosted->worker, log_line, hosted);
	worker_verdict(&hosted->worker, status, why, sizeof(why));
	say_once(hosted, why);
	answer_for_worker(hosted, why);
	forget_worker(hosted);
}
