// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>

#include "window.h"

static uint8_t *window;
static uint64_t window_len;

static void have_own_pages(int signal_nr, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr, begin = (uintptr_t)window;
	int saved = errno;

	(void)context;
	/* It is none of the window: it comes again, and ends the process. */
	if (!begin || at < begin || at - begin >= window_len ||
	    mmap(window, window_len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		signal(signal_nr, SIG_DFL);
	errno = saved;
}

int window_open(int fd, uint64_t len)
{
	struct sigaction taken_away = {
		.sa_sigaction = have_own_pages,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};
	void *pages;

	window_close();
	pages = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pages == MAP_FAILED)
		return -errno;
	window = pages;
	window_len = len;
	sigaction(SIGBUS, &taken_away, NULL);
	return 0;
}

void window_close(void)
{
	if (window)
		munmap(window, window_len);
	window = NULL;
}

uint8_t *window_piece(uint64_t offset, uint64_t len)
{
	if (!window || len > window_len || offset > window_len - len)
		return NULL;
	return window + offset;
}
