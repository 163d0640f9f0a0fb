// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"
#include "tap.h"

#define PATIENCE_MS	60000

int kmsg_from_now(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	ASSERT_GT(fd, -1);
	ASSERT_NE(lseek(fd, 0, SEEK_END), -1);
	return fd;
}

/* One record a read; what was overwritten before it could be read is skipped. */
unsigned int kmsg_count(int fd, const char *words, const char *more)
{
	unsigned int count = 0;
	char record[8192];
	ssize_t n;

	for (;;) {
		n = read(fd, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			return count;
		record[n] = '\0';
		count += strstr(record, words) && strstr(record, more);
	}
}

bool kmsg_await(int fd, const char *words, const char *more)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	while (poll(&wait, 1, PATIENCE_MS) == 1)
		if (kmsg_count(fd, words, more))
			return true;
	return false;
}
