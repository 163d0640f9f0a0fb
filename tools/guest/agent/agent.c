// SPDX-License-Identifier: GPL-2.0-only
/* Requests and replies: "ID COMMAND ARGUMENT..." in, "{"id": ID, ...}" out. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

#define MAX_REQUEST	4096
#define READY		"{\"ready\": true}\n"

static void hello(FILE *reply)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	fprintf(reply, ", \"monotonic\": %lld.%09ld",
		(long long)now.tv_sec, now.tv_nsec);
}

static void dispatch(FILE *reply, const char *command, char *arguments)
{
	char address[64];
	unsigned int port;

	if (!strcmp(command, "hello"))
		hello(reply);
	else if (!strcmp(command, "sh"))
		shell_run(reply, arguments);
	else if (!strcmp(command, "netdev"))
		netdev_report(reply, arguments);
	else if (!strcmp(command, "log"))
		log_report(reply);
	else if (!strcmp(command, "stream-start") &&
		 sscanf(arguments, "%63s %u", address, &port) == 2)
		stream_start(reply, address, port);
	else if (!strcmp(command, "stream-report"))
		stream_report(reply);
	else if (!strcmp(command, "stream-stop"))
		stream_stop(reply);
	else if (!strcmp(command, "files-start"))
		files_start(reply, arguments);
	else if (!strcmp(command, "files-report"))
		files_report(reply);
	else if (!strcmp(command, "files-stop"))
		files_stop(reply);
	else
		fprintf(reply, ", \"error\": \"no such command\"");
}

static void put(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno != EINTR)
			err(1, "write");
		if (n > 0) {
			text += n;
			length -= n;
		}
	}
}

static void serve(FILE *port, int fd)
{
	char request[MAX_REQUEST], *command, *arguments, *text;
	unsigned long id;
	size_t length;
	FILE *reply;

	while (fgets(request, sizeof(request), port)) {
		request[strcspn(request, "\r\n")] = '\0';
		id = strtoul(request, &command, 10);
		if (command == request)
			continue;
		command += strspn(command, " ");
		arguments = command + strcspn(command, " ");
		if (*arguments)
			*arguments++ = '\0';

		/* In one piece: a reply must not be torn by a slow report. */
		reply = open_memstream(&text, &length);
		if (!reply)
			err(1, "open_memstream");
		fprintf(reply, "{\"id\": %lu", id);
		dispatch(reply, command, arguments);
		fprintf(reply, "}\n");
		fclose(reply);
		put(fd, text, length);
		free(text);
	}
}

int main(int argc, char **argv)
{
	struct termios raw;
	FILE *port;
	int fd;

	if (argc != 2)
		errx(2, "usage: agent SERIAL-PORT");
	signal(SIGPIPE, SIG_IGN);
	fd = open(argv[1], O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || tcgetattr(fd, &raw))
		err(1, "%s", argv[1]);
	cfmakeraw(&raw);
	cfsetspeed(&raw, B115200);
	if (tcsetattr(fd, TCSANOW, &raw))
		err(1, "%s", argv[1]);
	port = fdopen(dup(fd), "r");
	if (!port)
		err(1, "%s", argv[1]);
	/* Whatever the host sent before this is lost. */
	put(fd, READY, strlen(READY));
	serve(port, fd);
	return 0;
}
