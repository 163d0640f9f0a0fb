// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent that run.sh has begun for programs that know of none.
 */
#include <limits.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "knob.h"
#include "sysfs.h"
#include "tap.h"

#define WAIT_S	60

bool is_oob(const char *bdf)
{
	char driver[SYSFS_TEXT];

	driver_name(bdf, driver);
	return !strcmp(driver, "oob_vfio_pci");
}

/* A function that was bound where memory is short may lack any file. */
static bool has_facts(const char *bdf)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfmig/%s/agent", bdf);
	return !access(path, F_OK);
}

/* It comes back by itself where a test has bound the function anew. */
void agent_need_outer(const char *bdf)
{
	time_t end = time(NULL) + WAIT_S;

	if (!getenv("VFMIG_AGENT") || !is_oob(bdf))
		return;
	if (!has_facts(bdf)) {
		agent_tell_outer(bdf, "attach");
		return;
	}
	while (strstr(core_text(bdf, "agent"), "agent none")) {
		ASSERT_LE(time(NULL), end, "no agent comes to %s", bdf);
		sched_yield();
	}
}

void agent_tell_outer(const char *bdf, const char *command)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char line[64];

	ASSERT_GT(fd, -1);
	strcpy(to.sun_path + 1, AGENT_SOCKET);
	ASSERT_EQ(connect(fd, (struct sockaddr *)&to,
			  offsetof(struct sockaddr_un, sun_path) + 1 + strlen(AGENT_SOCKET)), 0);
	snprintf(line, sizeof(line), "%s %s", bdf, command);
	ASSERT_EQ(write(fd, line, strlen(line)), (ssize_t)strlen(line));
	ASSERT_EQ(read(fd, line, sizeof(line)), 2, "%s %s", bdf, command);
	close(fd);
}
