// SPDX-License-Identifier: GPL-2.0-only
/*
 * One TCP connection, both ways at once, of bytes that both ends can predict:
 * byte n of either direction is table[n % PERIOD]. PERIOD is a prime, so no
 * run of whole segments can go missing or come twice unnoticed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

#define PERIOD		65521
/* A steady trickle: a saturated link would only measure the emulator. */
#define BURST		4096
#define INTERVAL_MS	20

static unsigned char table[2 * PERIOD];

static struct {
	pthread_mutex_t lock;
	pthread_t thread;
	int active;
	int stop;
	int sock;
	unsigned long long sent;
	unsigned long long received;
	unsigned long long longest_silence_ms;
	char error[64];
} stream = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void fill_table(void)
{
	unsigned int x = 1;

	for (int i = 0; i < PERIOD; i++) {
		x = x * 1103515245 + 12345;
		table[i] = x >> 16;
		table[i + PERIOD] = table[i];
	}
}

static void stream_fail(const char *what)
{
	pthread_mutex_lock(&stream.lock);
	if (!stream.error[0])
		snprintf(stream.error, sizeof(stream.error), "%s", what);
	pthread_mutex_unlock(&stream.lock);
}

/* Returns 0 as long as the connection is of use. */
static int send_some(size_t *credit)
{
	size_t length = *credit < PERIOD ? *credit : PERIOD;
	ssize_t n;

	n = send(stream.sock, table + stream.sent % PERIOD, length, MSG_DONTWAIT);
	if (n < 0) {
		if (errno == EAGAIN)
			return 0;
		stream_fail(strerror(errno));
		return -1;
	}
	pthread_mutex_lock(&stream.lock);
	stream.sent += n;
	pthread_mutex_unlock(&stream.lock);
	*credit -= n;
	return 0;
}

static int receive_some(long long *last)
{
	static unsigned char buffer[PERIOD];
	long long now;
	ssize_t n;

	n = recv(stream.sock, buffer, sizeof(buffer), MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0) {
		stream_fail(n ? strerror(errno) : "closed by the host");
		return -1;
	}
	if (memcmp(buffer, table + stream.received % PERIOD, n)) {
		stream_fail("wrong bytes received");
		return -1;
	}
	now = now_ms();
	pthread_mutex_lock(&stream.lock);
	stream.received += n;
	if (now - *last > (long long)stream.longest_silence_ms)
		stream.longest_silence_ms = now - *last;
	pthread_mutex_unlock(&stream.lock);
	*last = now;
	return 0;
}

static void *stream_thread(void *unused)
{
	long long next = now_ms(), last = next, now;
	size_t credit = 0;

	while (!__atomic_load_n(&stream.stop, __ATOMIC_RELAXED)) {
		struct pollfd poll_fd = { .fd = stream.sock, .events = POLLIN };

		now = now_ms();
		if (now >= next) {
			credit = BURST;
			next = now + INTERVAL_MS;
		}
		if (credit)
			poll_fd.events |= POLLOUT;
		if (poll(&poll_fd, 1, next - now) < 0)
			continue;
		if (poll_fd.revents & POLLOUT && send_some(&credit))
			break;
		if (poll_fd.revents & (POLLIN | POLLHUP | POLLERR) &&
		    receive_some(&last))
			break;
	}
	return unused;
}

void stream_stop(FILE *reply)
{
	if (stream.active) {
		__atomic_store_n(&stream.stop, 1, __ATOMIC_RELAXED);
		pthread_join(stream.thread, NULL);
		close(stream.sock);
		stream.active = 0;
	}
	stream_report(reply);
}

void stream_start(FILE *reply, const char *address, unsigned int port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = inet_addr(address),
	};

	if (stream.active) {
		fprintf(reply, ", \"error\": \"a stream is under way\"");
		return;
	}
	if (!table[0])
		fill_table();
	stream.sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (stream.sock < 0 || connect(stream.sock, (void *)&to, sizeof(to))) {
		json_error(reply, address);
		close(stream.sock);
		return;
	}
	stream.stop = 0;
	stream.sent = 0;
	stream.received = 0;
	stream.longest_silence_ms = 0;
	stream.error[0] = '\0';
	errno = pthread_create(&stream.thread, NULL, stream_thread, NULL);
	if (errno) {
		json_error(reply, "pthread_create");
		close(stream.sock);
		return;
	}
	stream.active = 1;
}

void stream_report(FILE *reply)
{
	pthread_mutex_lock(&stream.lock);
	fprintf(reply, ", \"sent\": %llu, \"received\": %llu, \"longest_silence_ms\": %llu",
		stream.sent, stream.received, stream.longest_silence_ms);
	if (stream.error[0]) {
		fprintf(reply, ", \"failed\": ");
		json_string(reply, stream.error);
	}
	pthread_mutex_unlock(&stream.lock);
}
