// SPDX-License-Identifier: GPL-2.0-only
/*
 * relay SOCKET: what comes on stdin goes to the unix socket, what comes from there to
 * stdout, until the socket is closed. QEMU runs it for each connection from the host
 * VM to an address that it forwards; an end of stdin is passed on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct flow {
	int from, to;
	char bytes[65536];
	size_t begin, end;
	int has_ended;
};

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return -1;
	return fd;
}

static int is_full(const struct flow *flow)
{
	return flow->begin < flow->end;
}

static int may_be_tried_again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* False if the flow is no more. */
static int move(struct flow *flow)
{
	ssize_t done;

	if (!is_full(flow) && !flow->has_ended) {
		done = read(flow->from, flow->bytes, sizeof(flow->bytes));
		if (done < 0)
			return may_be_tried_again();
		flow->has_ended = !done;
		flow->begin = 0;
		flow->end = done;
	}
	if (is_full(flow)) {
		done = write(flow->to, flow->bytes + flow->begin, flow->end - flow->begin);
		if (done < 0)
			return may_be_tried_again();
		flow->begin += done;
	}
	return 1;
}

static void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static short to_read(const struct flow *flow)
{
	return is_full(flow) || flow->has_ended ? 0 : POLLIN;
}

static short to_write(const struct flow *flow)
{
	return is_full(flow) ? POLLOUT : 0;
}

/* One that nothing is wanted of may be at its end, and so always be ready. */
static struct pollfd wait_for(int fd, short events)
{
	return (struct pollfd) { .fd = events ? fd : -1, .events = events };
}

static int relay(struct flow *there, struct flow *back)
{
	while (!back->has_ended || is_full(back)) {
		const int had_ended = there->has_ended;
		struct pollfd ends[] = {
			wait_for(there->from, to_read(there)),
			wait_for(there->to, to_read(back) | to_write(there)),
			wait_for(back->to, to_write(back)),
		};

		if (poll(ends, 3, -1) < 0 && errno != EINTR)
			return 1;
		if (!move(there) || !move(back))
			return 1;
		if (there->has_ended && !had_ended)
			shutdown(there->to, SHUT_WR);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct flow there, back;
	int fd = argc == 2 ? connect_to(argv[1]) : -1;

	if (fd < 0) {
		fprintf(stderr, "relay: %s: %s\n", argc == 2 ? argv[1] : "needs a socket",
			strerror(errno));
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	set_nonblocking(STDIN_FILENO);
	set_nonblocking(STDOUT_FILENO);
	set_nonblocking(fd);
	there.from = STDIN_FILENO;
	there.to = fd;
	back.from = fd;
	back.to = STDOUT_FILENO;
	return relay(&there, &back);
}
