// SPDX-License-Identifier: GPL-2.0-only
/* Instead of the driver's way in: a socket that a test listens at, named in FAKE_DRIVER. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "attach.h"

#define WINDOW_LEN	(1024 * 1024)

/* Instead of the library's: with FAKE_UNWATCHED the first one fails. */
int sd_event_add_child(sd_event *event, sd_event_source **source, pid_t pid, int options,
		       sd_event_child_handler_t callback, void *context)
{
	typeof(&sd_event_add_child) real =
		(typeof(real))dlsym(RTLD_NEXT, "sd_event_add_child");
	static bool failed;

	if (failed || !getenv("FAKE_UNWATCHED"))
		return real(event, source, pid, options, callback, context);
	failed = true;
	return -EMFILE;
}

bool attach(const char *device, struct attached *attached, char *why, size_t len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int channel = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", getenv("FAKE_DRIVER"));
	if (connect(channel, (struct sockaddr *)&address, sizeof(address)) ||
	    send(channel, device, strlen(device), MSG_NOSIGNAL) < 0) {
		snprintf(why, len, "no fake driver: %s", strerror(errno));
		close(channel);
		return false;
	}
	*attached = (struct attached) {
		.channel = channel,
		/* As the driver, whose window is the channel's. */
		.window_fd = getenv("FAKE_NO_WINDOW") ? -1 : memfd_create("window", MFD_CLOEXEC),
	};
	return attached->window_fd < 0 || !ftruncate(attached->window_fd, WINDOW_LEN);
}
