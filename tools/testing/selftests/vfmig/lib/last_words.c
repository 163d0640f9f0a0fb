// SPDX-License-Identifier: GPL-2.0-only
/* All that the handler calls may be called from one: it may have come in malloc(). */
#define _GNU_SOURCE
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "last_words.h"

#define MOST_FRAMES	32

struct entry {
	uint64_t inode;
	int64_t next;
	uint16_t len;
	uint8_t type;
	char name[];
};

static const char *verdict = "not ok";

static void say(const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	while (len) {
		n = write(STDOUT_FILENO, text, len);
		if (n <= 0)
			return;
		text += n;
		len -= n;
	}
}

static void tell_file(int dir, const char *thread, const char *name)
{
	char path[64] = "", text[2048];
	ssize_t n;
	int fd;

	strncat(path, thread, sizeof(path) / 2);
	strcat(path, "/");
	strcat(path, name);
	fd = openat(dir, path, O_RDONLY);
	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return;
	text[n] = '\0';
	say(text);
}

static void tell_threads(void)
{
	int dir = open("/proc/self/task", O_RDONLY | O_DIRECTORY);
	char room[1024] __attribute__((aligned(8)));
	const struct entry *entry;
	long n;

	while ((n = syscall(SYS_getdents64, dir, room, sizeof(room))) > 0) {
		for (long at = 0; at < n; at += entry->len) {
			entry = (const void *)(room + at);
			if (entry->name[0] == '.')
				continue;
			say("# thread ");
			say(entry->name);
			say(", ");
			tell_file(dir, entry->name, "comm");
			tell_file(dir, entry->name, "stack");
		}
	}
	close(dir);
}

static void speak(int sig)
{
	void *frames[MOST_FRAMES];

	say(sig == SIGALRM ? "# the test took too long\n" : "# the test died: ");
	if (sig != SIGALRM) {
		say(sigdescr_np(sig));
		say("\n");
	}
	backtrace_symbols_fd(frames, backtrace(frames, MOST_FRAMES), STDOUT_FILENO);
	tell_threads();
	say(verdict);
	say("\n");
	_exit(1);
}

void last_words_verdict(const char *line)
{
	verdict = line;
}

void last_words_prepare(void)
{
	static const int sigs[] = { SIGALRM, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
	void *frame;

	/* The first call loads a library. */
	backtrace(&frame, 1);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(*sigs); i++)
		signal(sigs[i], speak);
}
