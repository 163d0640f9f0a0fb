// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's messages, each reported once. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

void log_report(FILE *reply)
{
	static int fd = -1;
	char record[8192], *text;
	const char *comma = "";
	ssize_t length;

	if (fd < 0)
		fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		json_error(reply, "/dev/kmsg");
		return;
	}
	fprintf(reply, ", \"messages\": [");
	for (;;) {
		length = read(fd, record, sizeof(record) - 1);
		/* EPIPE: old ones were overwritten; the next read goes on. */
		if (length < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (length <= 0)
			break;
		record[length] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text[strcspn(text, "\n")] = '\0';
		fprintf(reply, "%s", comma);
		json_string(reply, text + 1);
		comma = ", ";
	}
	fprintf(reply, "]");
}
