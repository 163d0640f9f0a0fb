// SPDX-License-Identifier: GPL-2.0-only
/*
 * A well-behaved agent for functions that are bound to oob-vfio-pci, with states in its
 * memory: for the programs that test any driver.
 *
 *	agent [--size BYTES] [--pre-copy BYTES] BDF...
 *
 * Says "ready" once it is attached to all of them. One that it is detached from, since
 * it was bound anew, it attaches to again: the kernel says when there is a new one. By a
 * socket it is told to change a state, "BDF change", or to have attached, "BDF attach".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <linux/netlink.h>

#include "agent.h"

#define MAX_AGENTS	8
/* So few that a stream can be taken byte by byte. */
#define SIZE		600
#define PRE_COPY	0
#define UEVENT		8192

static struct agent agents[MAX_AGENTS];
static unsigned int nr_agents;
static unsigned int changes = 1;

static void fatal(const char *what)
{
	perror(what);
	exit(1);
}

static int listen_to_kernel(void)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)))
		fatal("uevents");
	return fd;
}

static int listen_to_tests(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(at.sun_path + 1, AGENT_SOCKET);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at,
			   offsetof(struct sockaddr_un, sun_path) + 1 + strlen(AGENT_SOCKET)) ||
	    listen(fd, 8))
		fatal("socket");
	return fd;
}

/* Its thread may not have noticed yet. */
static bool is_detached(struct agent *agent)
{
	struct pollfd pollfd = { .fd = agent->fd };

	return !agent->started || agent->ended ||
	       (poll(&pollfd, 1, 0) == 1 && pollfd.revents & (POLLHUP | POLLNVAL));
}

static bool attach(struct agent *agent)
{
	if (!is_detached(agent))
		return true;
	agent_stop(agent);
	return !agent_try_start(agent);
}

static bool obey(char *line)
{
	char *command = strchr(line, ' ');
	unsigned int i;

	if (!command)
		return false;
	*command++ = '\0';
	for (i = 0; i < nr_agents && strcmp(agents[i].bdf, line); i++)
		;
	if (i == nr_agents)
		return false;
	if (!strcmp(command, "attach"))
		return attach(&agents[i]);
	if (strcmp(command, "change"))
		return false;
	agent_change(&agents[i], ++changes);
	return true;
}

/* Those that are gone are begun again where they can be. */
static void attach_all(void)
{
	for (unsigned int i = 0; i < nr_agents; i++)
		attach(&agents[i]);
}

static void serve_test(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char line[64];
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, line, sizeof(line) - 1);
	if (n > 0) {
		line[n] = '\0';
		if (obey(line) && write(fd, "ok", 2) != 2)
			perror("answer");
	}
	close(fd);
}

static void serve_kernel(int fd)
{
	char event[UEVENT];
	ssize_t n = recv(fd, event, sizeof(event) - 1, MSG_DONTWAIT);

	if (n <= 0 && errno != ENOBUFS)
		return;
	if (n > 0) {
		event[n] = '\0';
		if (strncmp(event, "bind@", 5))
			return;
	}
	attach_all();
}

static size_t number(const char *text)
{
	return strtoull(text ? text : "", NULL, 0);
}

static void take_arguments(char **arg)
{
	size_t size = SIZE, pre_copy = PRE_COPY;

	while (*++arg) {
		if (!strcmp(*arg, "--size")) {
			size = number(*++arg);
		} else if (!strcmp(*arg, "--pre-copy")) {
			pre_copy = number(*++arg);
		} else if (nr_agents < MAX_AGENTS) {
			agent_init(&agents[nr_agents], *arg, size);
			agents[nr_agents++].pre_copy = pre_copy < size ? pre_copy : size;
		}
	}
}

int main(int argc, char **argv)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };

	(void)argc;
	take_arguments(argv);
	fds[0].fd = listen_to_kernel();
	fds[1].fd = listen_to_tests();
	attach_all();
	for (unsigned int i = 0; i < nr_agents; i++)
		if (!agents[i].started) {
			fprintf(stderr, "agent: cannot attach to %s\n", agents[i].bdf);
			return 1;
		}
	/* Nobody reads what it says from here on. */
	signal(SIGPIPE, SIG_IGN);
	puts("ready");
	fclose(stdout);
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			fatal("poll");
		if (fds[0].revents)
			serve_kernel(fds[0].fd);
		if (fds[1].revents)
			serve_test(fds[1].fd);
	}
}
