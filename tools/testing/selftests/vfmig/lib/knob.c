// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "knob.h"
#include "tap.h"
#include "vf.h"

#define DEBUGFS		"/sys/kernel/debug/vfmig"
#define MAX_CHANGES	32

/* What a test has changed, in order, with what was there before. */
static struct change {
	char path[PATH_MAX];
	char before[128];
} changes[MAX_CHANGES];

static unsigned int nr_changes;
static const char *rebound;

static int read_text(const char *path, char *text, size_t room)
{
	ssize_t n = 0, more;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return -errno;
	while (n < (ssize_t)room - 1) {
		more = read(fd, text + n, room - 1 - n);
		if (more <= 0)
			break;
		n += more;
	}
	close(fd);
	text[n] = '\0';
	if (n && text[n - 1] == '\n')
		text[n - 1] = '\0';
	return 0;
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;
	int err;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	err = n < 0 ? -errno : 0;
	close(fd);
	return err;
}

static const char *text_of(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
static const char *text_of(const char *fmt, ...)
{
	static char text[16384];
	char path[PATH_MAX];
	va_list args;
	char *p;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	ASSERT_EQ(read_text(path, text, sizeof(text)), 0, "%s", path);
	for (p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	return text;
}

/* The number after a word, or the first number where the word is "". */
static uint64_t number_after(const char *text, const char *key)
{
	const char *at = text;

	if (*key) {
		size_t len = strlen(key);

		while ((at = strstr(at, key))) {
			if ((at == text || at[-1] == ' ') && at[len] == ' ')
				break;
			at += len;
		}
		ASSERT_NE(at, NULL, "no \"%s\" in \"%s\"", key, text);
		at += len + 1;
	}
	return strtoull(at, NULL, 0);
}

const char *core_text(const char *bdf, const char *file)
{
	return text_of(DEBUGFS "/%s/%s", bdf, file);
}

const char *core_state(const char *bdf)
{
	static char state[32];

	snprintf(state, sizeof(state), "%s", core_text(bdf, "state"));
	state[strcspn(state, " ")] = '\0';
	return state;
}

const char *core_owner(const char *bdf)
{
	const char *by = strstr(core_text(bdf, "state"), " by ");

	return by ? by + strlen(" by ") : "none";
}

uint64_t core_number(const char *bdf, const char *file, const char *key)
{
	return number_after(core_text(bdf, file), key);
}

bool is_mock(const char *bdf)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEBUGFS "/%s/mock", bdf);
	return !access(path, F_OK);
}

void need_mock(const char *bdf)
{
	if (!is_mock(bdf))
		SKIP("%s is not bound to mock-vfio-pci", bdf);
}

const char *mock_text(const char *bdf, const char *file)
{
	return text_of(DEBUGFS "/%s/mock/%s", bdf, file);
}

uint64_t mock_number(const char *bdf, const char *file, const char *key)
{
	return number_after(mock_text(bdf, file), key);
}

bool mock_is(const char *bdf, const char *key, const char *value)
{
	char pair[64];

	snprintf(pair, sizeof(pair), "%s %s", key, value);
	return strstr(mock_text(bdf, "state"), pair);
}

void mock_digest(const char *bdf, char to[DIGEST_TEXT])
{
	const char *at = strstr(mock_text(bdf, "state"), "digest ");

	ASSERT_NE(at, NULL);
	snprintf(to, DIGEST_TEXT, "%s", at);
}

void mock_expect_digest(const char *bdf, const char *want)
{
	char digest[DIGEST_TEXT];

	mock_digest(bdf, digest);
	EXPECT_STREQ(digest, want);
}

/* Until the mock is in a call, which the clearing of "calls" has forgotten. */
void mock_await(const char *bdf, const char *call)
{
	time_t end = time(NULL) + 60;

	while (!mock_number(bdf, "counts", call)) {
		ASSERT_LE(time(NULL), end, "no %s", call);
		sched_yield();
	}
}

static void remember(const char *path)
{
	struct change *change = &changes[nr_changes];
	unsigned int i;

	for (i = 0; i < nr_changes; i++)
		if (!strcmp(changes[i].path, path))
			return;
	ASSERT_LE(nr_changes + 1, MAX_CHANGES);
	snprintf(change->path, sizeof(change->path), "%s", path);
	ASSERT_EQ(read_text(path, change->before, sizeof(change->before)), 0,
		  "%s", path);
	nr_changes++;
}

void file_set(const char *path, const char *text)
{
	remember(path);
	ASSERT_EQ(write_text(path, text), 0, "%s to %s", text, path);
}

void mock_set(const char *bdf, const char *file, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEBUGFS "/%s/mock/%s", bdf, file);
	if (!strcmp(file, "fault") || !strcmp(file, "calls") ||
	    !strcmp(file, "change") || !strcmp(file, "violations"))
		ASSERT_EQ(write_text(path, text), 0, "%s to %s", text, path);
	else
		file_set(path, text);
}

void mock_setn(const char *bdf, const char *file, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	mock_set(bdf, file, text);
}

void mock_restore(void)
{
	const char *bdf = rebound;
	unsigned int i = nr_changes;

	while (i--)
		EXPECT_EQ(write_text(changes[i].path, changes[i].before), 0,
			  "%s", changes[i].path);
	nr_changes = 0;

	/* Bound anew by a test, it has what that test wanted. */
	if (bdf)
		vf_rebind(bdf);
	rebound = NULL;
}

/* The core has kept to the contract, or the test fails. Then nothing is told. */
void mock_judge(const char *bdf)
{
	const char *text;

	if (!bdf || !is_mock(bdf))
		return;
	text = mock_text(bdf, "violations");
	EXPECT_EQ(number_after(text, ""), 0, "contract: %s", text);
	mock_set(bdf, "violations", "0");
	mock_set(bdf, "fault", "none");
}

void param_set(const char *module, const char *param, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module,
		 param);
	file_set(path, text);
}

/* For what a driver reads only when it is bound. */
void vf_rebind(const char *bdf)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver/unbind",
		 bdf);
	ASSERT_EQ(write_text(path, bdf), 0, "%s", path);
	ASSERT_EQ(write_text("/sys/bus/pci/drivers_probe", bdf), 0, "%s", bdf);
	rebound = bdf;
}

void mock_set_limit(unsigned int ms)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", ms);
	param_set("mock_vfio_pci", "timeout_ms", text);
	vf_rebind(vf_first());
}
