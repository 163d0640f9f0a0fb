// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "uevent.h"

/* That of the kernel itself; what udev adds later is nothing that is needed here. */
#define KERNEL_GROUP	1
#define MESSAGE_LEN	8192

/* The value of KEY=, or NULL. Behind a head the message has strings. */
static const char *value_of(const char *message, size_t len, const char *key)
{
	const char *end = message + len, *at = message;
	size_t key_len = strlen(key);

	while (at < end) {
		size_t line_len = strnlen(at, end - at);

		if (at + line_len == end)
			return NULL;
		if (!strncmp(at, key, key_len))
			return at + key_len;
		at += line_len + 1;
	}
	return NULL;
}

static int is(const char *message, size_t len, const char *key, const char *wanted)
{
	const char *value = value_of(message, len, key);

	return value && !strcmp(value, wanted);
}

int uevent_read(const char *message, size_t len, const char **device)
{
	*device = NULL;
	if (is(message, len, "ACTION=", "add") && is(message, len, "DEVNAME=", "vfmig-agent"))
		return 1;
	if (!is(message, len, "ACTION=", "bind") || !is(message, len, "SUBSYSTEM=", "pci"))
		return 0;
	*device = value_of(message, len, "PCI_SLOT_NAME=");
	return !!*device;
}

static int on_message(sd_event_source *source, int fd, uint32_t events, void *context)
{
	char message[MESSAGE_LEN];
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	uevent_fn fn = (uevent_fn)context;
	const char *device;
	ssize_t len;

	(void)source;
	(void)events;
	len = recvfrom(fd, message, sizeof(message), MSG_DONTWAIT, (struct sockaddr *)&from,
		       &from_len);
	/* Some were lost: it may have been about any. */
	if (len < 0 && errno == ENOBUFS)
		return fn(NULL);
	/* Others than the kernel may write here. */
	if (len <= 0 || from.nl_pid || !uevent_read(message, len, &device))
		return 0;
	return fn(device);
}

int uevent_watch(sd_event *event, uevent_fn fn)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT), err;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	else
		err = sd_event_add_io(event, NULL, fd, EPOLLIN, on_message, (void *)fn);
	if (err < 0)
		close(fd);
	return err < 0 ? err : 0;
}
