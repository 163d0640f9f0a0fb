// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/userfaultfd.h>

#include "stall.h"
#include "tap.h"

#define AWAIT_MS	20000

void stall_make(struct stall *stall)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {};
	size_t page = getpagesize();
	void *at;

	stall->fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (stall->fd < 0)
		SKIP("no userfaultfd: %s", strerror(errno));
	ASSERT_EQ(ioctl(stall->fd, UFFDIO_API, &api), 0);
	at = mmap(NULL, page, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(at, MAP_FAILED);
	stall->at = at;
	range.range.start = (unsigned long)at;
	range.range.len = page;
	range.mode = UFFDIO_REGISTER_MODE_MISSING;
	ASSERT_EQ(ioctl(stall->fd, UFFDIO_REGISTER, &range), 0);
}

void stall_await(struct stall *stall)
{
	struct pollfd wait = { .fd = stall->fd, .events = POLLIN };
	struct uffd_msg msg;

	ASSERT_EQ(poll(&wait, 1, AWAIT_MS), 1, "nobody has touched it");
	ASSERT_EQ(read(stall->fd, &msg, sizeof(msg)), sizeof(msg));
	ASSERT_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
}

void stall_let_go(struct stall *stall, const void *content)
{
	static uint8_t page[1 << 16] __attribute__((aligned(1 << 16)));
	struct uffdio_copy copy = {
		.dst = (unsigned long)stall->at,
		.src = (unsigned long)page,
		.len = getpagesize(),
	};

	memset(page, 0, getpagesize());
	if (content)
		memcpy(page, content, getpagesize());
	ASSERT_EQ(ioctl(stall->fd, UFFDIO_COPY, &copy), 0);
}

/* Closed, the fd lets go of whoever waits. */
void stall_end(struct stall *stall)
{
	if (stall->fd >= 0)
		close(stall->fd);
	if (stall->at)
		munmap(stall->at, getpagesize());
	*stall = (struct stall){ .fd = -1 };
}
