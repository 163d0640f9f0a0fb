// SPDX-License-Identifier: GPL-2.0-only
/* The worker's own side: loads the plugin and serves. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "deadline.h"
#include "facts.h"
#include "number.h"
#include "serve.h"
#include "worker.h"
#include "worker_fds.h"

enum { DEVICE, PLUGIN, ARG, NAME, STATE_VERSION, MOST_BYTES, LIMIT_MS };

static const struct option options[] = {
	{ "device", required_argument, NULL, DEVICE },
	{ "plugin", required_argument, NULL, PLUGIN },
	{ "arg", required_argument, NULL, ARG },
	{ "name", required_argument, NULL, NAME },
	{ "state-version", required_argument, NULL, STATE_VERSION },
	{ "most-bytes", required_argument, NULL, MOST_BYTES },
	{ "limit-ms", required_argument, NULL, LIMIT_MS },
	{ }
};

static void take_number(const char *text, uint64_t *number)
{
	if (!number_read(text, number))
		errx(EXIT_FAILURE, "worker: \"%s\" is no number", text);
}

/*
 * To be ended in good order is to be left by the driver: a migration under way is aborted.
 * Where it was waiting for a request, it reads the end of that file at once; one that it has
 * is answered before. It has no file to put there, as a plugin may close what it finds.
 */
static void leave_driver(int signal)
{
	int saved = errno, nothing;

	(void)signal;
	nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (nothing != WORKER_CHANNEL) {
		/* What is closed ends, too. */
		if (dup2(nothing, WORKER_CHANNEL) < 0)
			close(WORKER_CHANNEL);
		close(nothing);
	}
	errno = saved;
}

/* From here on they are the plugin's: it may count on them in a child, too. */
static int own_end = WORKER_WINDOW;

static void close_own(void)
{
	int fd;

	for (fd = WORKER_CHANNEL; fd < own_end; fd++)
		close(fd);
}

/*
 * What a plugin starts is not the agent: the channel must end with the worker. Nor may a
 * worker look into another one, although both are the same user's.
 */
static void be_alone(void)
{
	int fd;

	for (fd = WORKER_CHANNEL; fd < own_end; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	pthread_atfork(NULL, NULL, close_own);
	prctl(PR_SET_DUMPABLE, 0);
}

int worker_main(int argc, char **argv)
{
	struct plugin plugin = { .devid = "", .arg = "" };
	struct serving serving = {
		.session.plugin = &plugin,
		.channel = WORKER_CHANNEL,
		.replies = WORKER_REPLIES,
		.window_fd = WORKER_CHANNEL,
		.deadline = WORKER_DEADLINE,
	};
	/* Calls of the system that a plugin is in go on. */
	struct sigaction left = { .sa_handler = leave_driver, .sa_flags = SA_RESTART };
	const char *path = NULL;
	struct facts facts = { };
	int option, result;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (option) {
		case DEVICE:
			plugin.devid = optarg;
			break;
		case PLUGIN:
			path = optarg;
			break;
		case ARG:
			plugin.arg = optarg;
			break;
		case NAME:
			facts.name = optarg;
			break;
		case STATE_VERSION:
			facts.has_state_version = true;
			take_number(optarg, &facts.state_version);
			break;
		case MOST_BYTES:
			take_number(optarg, &serving.session.most_bytes);
			break;
		case LIMIT_MS:
			take_number(optarg, &serving.limit_ms);
			break;
		default:
			return EXIT_FAILURE;
		}
	}
	if (!path)
		errx(EXIT_FAILURE, "worker: started by hand; see vfmig-agent --help");
	plugin.status = status_map(WORKER_STATUS);
	if (!plugin.status)
		err(EXIT_FAILURE, "worker: no status page");
	if (fcntl(WORKER_WINDOW, F_GETFD) >= 0) {
		serving.window_fd = WORKER_WINDOW;
		own_end = WORKER_FDS_END;
	}
	be_alone();
	sigaction(SIGTERM, &left, NULL);
	/* What a plugin prints is to be seen although it may crash. */
	setvbuf(stdout, NULL, _IOLBF, 0);

	if (plugin_open(&plugin, path))
		return EXIT_FAILURE;
	result = facts_of(&plugin, path, &facts, &serving.hello);
	deadline_set(WORKER_DEADLINE, 0);
	if (!result)
		result = serve(&serving);
	deadline_set(WORKER_DEADLINE, serving.limit_ms);
	/* What it has registered for that is called. */
	status_enter(plugin.status, CALL_EXIT);
	return result ? EXIT_FAILURE : EXIT_SUCCESS;
}
