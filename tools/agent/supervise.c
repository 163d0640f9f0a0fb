// SPDX-License-Identifier: GPL-2.0-only
/* One process that is told what to be an agent of, and tells the service manager how it goes. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include "config.h"
#include "hosted.h"
#include "log.h"
#include "supervise.h"
#include "uevent.h"

#define CONFIG_PATH	"/etc/vfmig-agent.conf"
#define WHY_LEN		512

enum { USAGE = 2 };

static struct config config;
static struct hosted hosted[CONFIG_MOST_DEVICES];
static size_t nr_hosted;
static sd_event *event;
static bool ending;

static const char usage[] =
	"usage: vfmig-agent [--config FILE]\n"
	"       vfmig-agent --device ADDRESS --plugin FILE [--arg TEXT] [--name NAME]\n"
	"         [--state-version N] [--most-bytes N] [--user NAME | --registers ADDRESS]\n"
	"         [--network yes|no] [--limit-ms N]\n"
	"       vfmig-agent check --plugin FILE [--arg TEXT] ...\n"
	"The agent of functions that are bound to oob-vfio-pci. FILE is else " CONFIG_PATH ".\n";

static void tell_status(void)
{
	size_t i, running = 0;

	for (i = 0; i < nr_hosted; i++)
		running += hosted[i].running;
	if (ending && !running)
		sd_event_exit(event, 0);
	sd_notifyf(0, "STATUS=agent of %zu of %zu functions", running, nr_hosted);
}

static int on_too_long(sd_event_source *source, uint64_t usec, void *context)
{
	(void)source;
	(void)usec;
	(void)context;
	return sd_event_exit(event, 0);
}

static uint64_t longest_limit_ms(void)
{
	uint64_t longest = 0;
	size_t i;

	for (i = 0; i < config.nr_plans; i++)
		if (config.plans[i].limit_ms > longest)
			longest = config.plans[i].limit_ms;
	return longest;
}

/* For a request under way, and for an abort: both have their limit from the worker. */
static uint64_t time_to_end_us(void)
{
	return 2000 * longest_limit_ms();
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	size_t i;

	(void)source;
	(void)info;
	(void)context;
	/* And a second for those that are killed then. */
	sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu",
		   (unsigned long long)time_to_end_us() + 1000000);
	ending = true;
	for (i = 0; i < nr_hosted; i++)
		hosted_end(&hosted[i]);
	tell_status();
	return sd_event_add_time_relative(event, NULL, CLOCK_MONOTONIC, time_to_end_us(), 0,
					  on_too_long, NULL);
}

static int start_all(void)
{
	size_t i;
	int err = 0;

	for (i = 0; i < config.nr_plans && err >= 0; i++) {
		hosted[i] = (struct hosted) {
			.plan = &config.plans[i],
			.event = event,
			.changed = tell_status,
		};
		nr_hosted++;
		err = hosted_start(&hosted[i]);
	}
	return err;
}

/* A driver has been bound to it. */
static int on_bound(const char *device)
{
	size_t i;
	int err = 0;

	for (i = 0; i < nr_hosted && err >= 0; i++)
		if (!device || !strcmp(hosted[i].plan->device, device))
			err = hosted_try(&hosted[i]);
	return err;
}

static void watch_for_devices(void)
{
	int err = uevent_watch(event, on_bound);

	if (err < 0)
		log_say(LOG_NOTICE, NULL,
			"the kernel's events cannot be had: %s; functions are tried every 30 s",
			strerror(-err));
}

/* Each function has some files. */
static void raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* By nohup, for instance. */
static bool is_ignored(int signal_nr)
{
	struct sigaction action;

	return !sigaction(signal_nr, NULL, &action) && action.sa_handler == SIG_IGN;
}

static int prepare(void)
{
	sigset_t handled;
	bool has_terminal = !is_ignored(SIGHUP);
	int err;

	sigemptyset(&handled);
	sigaddset(&handled, SIGCHLD);
	sigaddset(&handled, SIGTERM);
	sigaddset(&handled, SIGINT);
	if (has_terminal)
		sigaddset(&handled, SIGHUP);
	sigprocmask(SIG_BLOCK, &handled, NULL);
	raise_limit();
	/* Of a log whose reader has gone, for instance. */
	signal(SIGPIPE, SIG_IGN);
	err = sd_event_default(&event);
	if (err >= 0)
		err = sd_event_add_signal(event, NULL, SIGTERM, on_signal, NULL);
	if (err >= 0)
		err = sd_event_add_signal(event, NULL, SIGINT, on_signal, NULL);
	if (err >= 0 && has_terminal)
		err = sd_event_add_signal(event, NULL, SIGHUP, on_signal, NULL);
	/* Does nothing unless the service manager asks for it. */
	if (err >= 0)
		err = sd_event_set_watchdog(event, true);
	return err;
}

static int supervise(void)
{
	int err = prepare();

	if (err >= 0) {
		watch_for_devices();
		err = start_all();
	}
	if (err >= 0) {
		/* A function that is not there yet may come later. */
		sd_notify(0, "READY=1");
		tell_status();
		err = sd_event_loop(event);
	}
	if (err < 0)
		log_say(LOG_ERROR, NULL, "the agent fails: %s", strerror(-err));
	while (nr_hosted)
		hosted_stop(&hosted[--nr_hosted]);
	sd_event_unref(event);
	config_free(&config);
	return err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int refuse(const char *why)
{
	fprintf(stderr, "vfmig-agent: %s\n%s", why, usage);
	return USAGE;
}

enum { CONFIG, HELP, DEVICE, LIMIT, OF_DEVICE };

static const struct option options[] = {
	{ "config", required_argument, NULL, CONFIG },
	{ "help", no_argument, NULL, HELP },
	{ "device", required_argument, NULL, DEVICE },
	{ "limit-ms", required_argument, NULL, LIMIT },
	{ "plugin", required_argument, NULL, OF_DEVICE },
	{ "arg", required_argument, NULL, OF_DEVICE },
	{ "name", required_argument, NULL, OF_DEVICE },
	{ "state-version", required_argument, NULL, OF_DEVICE },
	{ "most-bytes", required_argument, NULL, OF_DEVICE },
	{ "user", required_argument, NULL, OF_DEVICE },
	{ "registers", required_argument, NULL, OF_DEVICE },
	{ "network", required_argument, NULL, OF_DEVICE },
	{ }
};

/* An option is a setting of the file by the same name. */
static bool take_setting(const char *device, const char *key, const char *value, char *why)
{
	char path[PATH_MAX];

	if (!device) {
		snprintf(why, WHY_LEN, "--device comes before --%s", key);
		return false;
	}
	if (!strcmp(key, "plugin")) {
		if (!realpath(value, path)) {
			snprintf(why, WHY_LEN, "%.256s: %s", value, strerror(errno));
			return false;
		}
		value = path;
	}
	return config_set(&config, device, key, value, why, WHY_LEN);
}

int supervise_main(int argc, char **argv)
{
	const char *path = NULL, *device = NULL;
	int option, index, result = -1;
	char why[WHY_LEN];

	config_init(&config);
	while ((option = getopt_long(argc, argv, "", options, &index)) >= 0) {
		switch (option) {
		case CONFIG:
			path = optarg;
			break;
		case HELP:
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case DEVICE:
			device = optarg;
			break;
		case LIMIT:
			if (!config_set(&config, "agent", "limit-ms", optarg, why, sizeof(why)))
				return refuse(why);
			break;
		case OF_DEVICE:
			if (!take_setting(device, options[index].name, optarg, why))
				return refuse(why);
			break;
		default:
			return refuse("there is no such option");
		}
	}
	if (optind != argc)
		return refuse("it takes options only");
	if (path && device)
		return refuse("--config and --device exclude each other");
	if (device ? !config_complete(&config, why, sizeof(why)) :
		     !config_read(&config, path ?: CONFIG_PATH, why, sizeof(why))) {
		log_say(LOG_ERROR, NULL, "%s", why);
		result = USAGE;
	}
	return result < 0 ? supervise() : result;
}
