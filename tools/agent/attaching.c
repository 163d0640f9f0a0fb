// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "attaching.h"

static void *run(void *context)
{
	struct attaching *attaching = context;

	attaching->attached = attach(attaching->device, &attaching->as, attaching->why,
				     sizeof(attaching->why));
	eventfd_write(attaching->done, 1);
	return NULL;
}

struct attaching *attaching_start(const char *device)
{
	struct attaching *attaching = calloc(1, sizeof(*attaching));
	pthread_t thread;

	if (!attaching)
		return NULL;
	attaching->device = device;
	attaching->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (attaching->done >= 0 && !pthread_create(&thread, NULL, run, attaching)) {
		pthread_detach(thread);
		return attaching;
	}
	attaching_free(attaching);
	return NULL;
}

void attaching_free(struct attaching *attaching)
{
	if (attaching->done >= 0)
		close(attaching->done);
	free(attaching);
}
