// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin with a state of its own in memory, which notes its calls on stdout and, as its
 * arg says, does one thing as no plugin should. ODD_... leave out what it is loaded by.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/keyctl.h>

#include "vfio-migration-plugin.h"

#define STATE_LEN	(2 * 1024 * 1024 + 5)
#define FOREIGN		0x50

static struct odd {
	char *arg;
	uint32_t state;
	uint64_t left;
	int server, here;
} odd;

static void take_signal(int signal)
{
	(void)signal;
}

/* It is a mistake to be called without. */
static int handle_given;

/* Its device, for good. */
static int lost;

static int is(const char *what)
{
	return odd.arg && !strcmp(odd.arg, what);
}

/* What it may do in any of its calls: arg is "crash:save" and so on. */
static void trouble(const char *call)
{
	const char *colon = odd.arg ? strchr(odd.arg, ':') : NULL;
	int ends[2];

	if (!colon || strcmp(colon + 1, call))
		return;
	printf("now: %s\n", odd.arg);
	if (!strncmp(odd.arg, "crash:", 6)) {
		raise(SIGSEGV);
	} else if (!strncmp(odd.arg, "exit:", 5)) {
		exit(3);
	} else if (!strncmp(odd.arg, "exit0:", 6)) {
		exit(0);
	} else if (!strncmp(odd.arg, "spin:", 5)) {
		for (;;)
			sched_yield();
	} else if (!strncmp(odd.arg, "wait:", 5)) {
		pause();
	} else if (!strncmp(odd.arg, "wait-for-term:", 14)) {
		/* Until its host has taken one. */
		char channel[PATH_MAX];

		while (!realpath("/proc/self/fd/3", channel) || strcmp(channel, "/dev/null"))
			usleep(1000);
	} else if (!strncmp(odd.arg, "gone:", 5)) {
		/* Its server has closed: to write raises SIGPIPE. */
		close(odd.server);
		while (write(odd.here, "?", 1) == 1)
			;
	} else if (!strncmp(odd.arg, "daemon:", 7)) {
		/* Which ends by itself, some time. */
		if (pipe(ends))
			return;
		if (!fork()) {
			setsid();
			close(ends[1]);
			alarm(60);
			pause();
		}
		close(ends[1]);
		/* In its own session it closes that. */
		(void)!read(ends[0], ends, 1);
		abort();
	} else if (!strncmp(odd.arg, "closes:", 7)) {
		close_range(3, ~0U, 0);
		abort();
	} else if (!strncmp(odd.arg, "reopens:", 8)) {
		/* Where its host had the channel. */
		close(3);
		(void)!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
	} else if (!strncmp(odd.arg, "asks-child:", 11)) {
		pid_t child = fork();
		int status;

		if (!child)
			_exit(write(odd.server, "y", 1) != 1);
		waitpid(child, &status, 0);
		printf("its child says %s\n", status ? "nothing" : "something");
	} else if (!strncmp(odd.arg, "child:", 6)) {
		if (!fork())
			pause();
		abort();
	}
}

static void note(const char *call)
{
	unsigned int ms;

	if (!handle_given)
		printf("%s without a handle\n", call);
	if (odd.arg && sscanf(odd.arg, "each-waits-ms=%u", &ms) == 1)
		usleep(ms * 1000);
	trouble(call);
}

/* arg is "reaches PATH...": prints what of these it may open for writing. */
static void reach(char *paths)
{
	char *path;

	for (path = strtok(paths, " "); path; path = strtok(NULL, " ")) {
		int fd = open(path, O_RDWR);

		printf("%s: %s\n", path, fd < 0 ? strerror(errno) : "open");
		if (fd >= 0)
			close(fd);
	}
}

/* arg is "calls PATH": connects to that socket. */
static void call(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	printf("%s: %s\n", path, connect(fd, (struct sockaddr *)&address, sizeof(address)) ?
	       strerror(errno) : "connected");
	close(fd);
}

static void seek_key(void)
{
	long key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user",
			   "vfmig-test", 0);

	printf("key: %s\n", key < 0 ? strerror(errno) : "found");
}

static void *odd_init(char *devid, char *arg)
{
	int ends[2];

	odd.arg = arg;
	odd.state = is("foreign") ? FOREIGN | 1 : is("resuming") ? 4 : 1;
	odd.left = STATE_LEN;
	/* Both are the plugin's own. */
	printf("init %s\n", devid);
	devid[0] = 'x';
	if (!socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) {
		odd.server = ends[0];
		odd.here = ends[1];
	}
	if (handle_given)
		printf("init twice\n");
	trouble("init");
	if (is("has-signals"))
		sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = take_signal }, NULL);
	if (is("ignores-term"))
		signal(SIGTERM, SIG_IGN);
	if (is("takes-stdin")) {
		close(0);
		(void)!socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	}
	if (!strncmp(arg, "reaches ", 8))
		reach(arg + 8);
	if (!strncmp(arg, "calls ", 6))
		call(arg + 6);
	if (is("seeks-key"))
		seek_key();
	if (is("init") || lost)
		return NULL;
	handle_given = 1;
	return &odd;
}

static int odd_save(void *handle, uint8_t *state, uint64_t len)
{
	uint64_t i;

	(void)handle;
	note("save");
	if (is("slow-lines"))
		printf("a line without an end");
	if (len > 1024 * 1024 || len > odd.left)
		printf("save of %llu\n", (unsigned long long)len);
	if (is("save"))
		return -5;
	if (is("short"))
		return len - 1;
	for (i = 0; i < len; i++)
		state[i] = (odd.left - i) % 251;
	odd.left -= len;
	return 0;
}

static int odd_load(void *handle, uint8_t *state, uint64_t len)
{
	static uint64_t left;
	uint64_t i;

	(void)handle;
	note("load");
	if (!left)
		left = STATE_LEN;
	if (is("load"))
		return -1;
	if (len < 1024 * 1024)
		printf("load of %llu bytes\n", (unsigned long long)len);
	for (i = 0; i < len; i++)
		if (state[i] != (left - i) % 251)
			break;
	if (i < len)
		printf("byte %llu is wrong\n", (unsigned long long)i);
	left -= len;
	return is("load-returns-bytes") ? (int)len : 0;
}

static int odd_update_pending(void *handle, uint64_t *bytes)
{
	(void)handle;
	note("update_pending");
	*bytes = is("huge") ? UINT64_MAX - 30 : is("endless") ? 1 : odd.left;
	if (is("endless"))
		odd.left = 1;
	return is("pending") ? 1 : 0;
}

static int odd_set_state(void *handle, uint32_t state)
{
	(void)handle;
	note("set_state");
	printf("set_state %#x\n", state);
	lost = is("no-abort") && state == 1;
	if (is("set-state") || lost)
		return 1;
	odd.state = state;
	return 0;
}

static int odd_get_state(void *handle, uint32_t *state)
{
	(void)handle;
	note("get_state");
	printf("get_state\n");
	*state = is("says-nothing") ? 1 : odd.state;
	return is("get-state") ? -1 : 0;
}

#ifndef ODD_NO_CLEANUP
static int odd_cleanup(void *handle)
{
	(void)handle;
	note("cleanup");
	printf("cleanup\n");
	handle_given = 0;
	close(odd.here);
	close(odd.server);
	return -1;
}
#endif

#ifndef ODD_NO_VERSION
int vfio_lm_get_plugin_version(void);
int vfio_lm_get_plugin_version(void)
{
#ifdef ODD_VERSION
	return ODD_VERSION;
#else
	return VFIO_LM_PLUGIN_API_VERSION;
#endif
}
#endif

#ifdef ODD_UNRESOLVED
void nobody_has_this(void);
void (*odd_unresolved(void))(void);
void (*odd_unresolved(void))(void)
{
	nobody_has_this();
	return nobody_has_this;
}
#endif

VFIOMigrationPluginOps odd_ops = {
	.init = odd_init,
	.save = odd_save,
	.load = odd_load,
#ifndef ODD_NO_PENDING
	.update_pending = odd_update_pending,
#endif
	.set_state = odd_set_state,
	.get_state = odd_get_state,
#ifndef ODD_NO_CLEANUP
	.cleanup = odd_cleanup,
#endif
};

#ifndef ODD_NO_OPS
VFIOMigrationPluginOps *vfio_lm_get_plugin_ops(void);
VFIOMigrationPluginOps *vfio_lm_get_plugin_ops(void)
{
#ifdef ODD_NULL_OPS
	return NULL;
#else
	return &odd_ops;
#endif
}
#endif
