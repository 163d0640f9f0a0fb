// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "deadline.h"

int deadline_create(void)
{
	int deadline = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	return deadline < 0 ? -errno : deadline;
}

void deadline_set(int deadline, uint64_t ms)
{
	struct itimerspec in = {
		.it_value = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 },
	};

	timerfd_settime(deadline, 0, &in, NULL);
}

bool deadline_is_over(int deadline)
{
	uint64_t times;

	/* Not any more, if it was set anew in the meantime. */
	return read(deadline, &times, sizeof(times)) == sizeof(times);
}
