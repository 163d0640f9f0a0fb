// SPDX-License-Identifier: GPL-2.0-only
/* The driver's way in: /dev/vfmig-agent. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vfmig_agent.h>

#include "attach.h"

#define CONTROL	"/dev/vfmig-agent"

static const char *reason_of(int err)
{
	switch (err) {
	case ENODEV:
		return "it is not bound to oob-vfio-pci";
	case EBUSY:
		return "it has an agent already";
	case EPROTONOSUPPORT:
		return "oob-vfio-pci speaks no version of the channel that is known here";
	}
	return strerror(err);
}

bool attach(const char *device, struct attached *attached, char *why, size_t len)
{
	struct vfmig_agent_attach request = {
		.argsz = sizeof(request),
		.min_version = VFMIG_AGENT_VERSION,
		.max_version = VFMIG_AGENT_VERSION,
	};
	int control = open(CONTROL, O_RDWR | O_CLOEXEC), err = 0;

	if (control < 0) {
		snprintf(why, len, CONTROL " cannot be opened: %s%s", strerror(errno),
			 errno == ENOENT ? ": is oob-vfio-pci loaded?" : "");
		return false;
	}
	snprintf(request.device, sizeof(request.device), "%s", device);
	if (ioctl(control, VFMIG_AGENT_ATTACH, &request))
		err = errno;
	close(control);
	if (err) {
		snprintf(why, len, "%s", reason_of(err));
		return false;
	}
	*attached = (struct attached) {
		.channel = request.fd,
		.window_fd = -1,
		.generation = request.generation,
	};
	return true;
}
