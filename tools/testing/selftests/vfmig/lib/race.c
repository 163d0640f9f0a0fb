// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "config.h"
#include "fixture.h"
#include "race.h"
#include "sysfs.h"
#include "v2.h"

/* And not so long that a test that fails takes its VM with it. */
#define FOR_EVER_MS	100000
/* vfio asks at once, and then every ten seconds. */
#define REQUEST_MS	30000

/* More chunks than any device of a race has to say. */
#define MANY_CHUNKS	10000

long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* To the point: a sleep would come back when the race is over. */
void wait_until_us(long when)
{
	while (now_us() < when)
		sched_yield();
}

int access_order(struct access *access)
{
	return v2_order(access->vf, access->value, &access->fd);
}

int access_read_fd(struct access *access)
{
	static char room[4096];

	return v2_read(access->fd, room, sizeof(room));
}

int access_write_fd(struct access *access)
{
	return v2_write(access->fd, access->stream->at, access->stream->len);
}

int access_now(struct access *access)
{
	size_t len = access->at == REG_DEVICE_STATE ? 4 : 8;

	if (access->by)
		return access->by(access);
	return access->write ?
	       vf_write(access->vf, access->at, &access->value, len) :
	       vf_read(access->vf, access->at, &access->value, len);
}

static void *access_thread(void *arg)
{
	struct access *access = arg;

	access->ret = access_now(access);
	access->done = true;
	return NULL;
}

void access_start(struct access *access)
{
	access->done = false;
	ASSERT_EQ(pthread_create(&access->thread, NULL, access_thread, access),
		  0);
}

/* What it points to is in use for as long as the thread is: no way on. */
void access_join(struct access *access)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += NEVER_STUCK_S;
	if (!pthread_timedjoin_np(access->thread, NULL, &end))
		return;
	printf("Bail out! an access is stuck: register %llu\n",
	       (unsigned long long)access->at);
	_exit(EXIT_FAILURE);
}

/* For the device, closed: nothing but the race ends what is held open. */
void hold_for_ever(void)
{
	mock_set_limit(FOR_EVER_MS);
}

void hold(const char *call)
{
	char fault[64];

	snprintf(fault, sizeof(fault), "%s 1 hang", call);
	mock_set(vf_first(), "fault", fault);
	mock_set(vf_first(), "calls", "");
}

void hold_until(struct access *access, const char *call)
{
	hold(call);
	access_start(access);
	mock_await(vf_first(), call);
}

/* What cannot fail cannot be held open either. */
static bool holdable(const char *call)
{
	return strcmp(call, "save_end") && strcmp(call, "load_end") &&
	       strcmp(call, "reset");
}

void calls_seen(struct calls *calls)
{
	char text[512];
	char *word, *rest = text;

	calls->nr = 0;
	snprintf(text, sizeof(text), "%s", mock_text(vf_first(), "calls"));
	while ((word = strsep(&rest, " "))) {
		word[strcspn(word, ".!*")] = '\0';
		if (!*word || !holdable(word))
			continue;
		ASSERT_LE(calls->nr + 1, MAX_CALLS);
		snprintf(calls->name[calls->nr++], sizeof(calls->name[0]),
			 "%s", word);
	}
}

static int administrator_reset(struct vf *vf)
{
	return sysfs_reset(vf->bdf);
}

const struct reset resets[] = {
	[RESET_BY_USER]		= { "VFIO_DEVICE_RESET", vf_reset },
	[RESET_BY_ADMINISTRATOR] = { "sysfs", administrator_reset },
	[RESET_BY_GUEST]	= { "config space", config_reset },
};

const unsigned int nr_resets = ARRAY_SIZE(resets);

int request_fd(struct vf *vf)
{
	return vf_irq_fd(vf, VFIO_PCI_REQ_IRQ_INDEX);
}

bool requested(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	return poll(&wait, 1, REQUEST_MS) == 1;
}

/* An open device has a window; the mock says so without waiting for an access. */
bool is_open(const char *bdf)
{
	return is_mock(bdf) ? mock_is(bdf, "opened", "1") :
			      core_number(bdf, "window", "size");
}

void await_closed(const char *bdf)
{
	long end = now_us() + NEVER_STUCK_S * 1000000L;

	while (is_open(bdf)) {
		ASSERT_LE(now_us(), end, "%s stays open", bdf);
		usleep(1000);
	}
}

pid_t child_start(void (*act)(void))
{
	pid_t child = fork();

	ASSERT_GT(child, -1);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		act();
		_exit(EXIT_SUCCESS);
	}
	return child;
}

pid_t child_repeat(void (*act)(void))
{
	pid_t child = fork();

	ASSERT_GT(child, -1);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			act();
	}
	return child;
}

void child_kill(pid_t child)
{
	int status = 0;

	ASSERT_EQ(kill(child, SIGKILL), 0);
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(WIFSIGNALED(status), true, "it has ended by itself");
}

int try_save(struct vf *vf, struct bytes *to)
{
	uint64_t left = 0, offset = 0, size = 0;
	int chunks = 0;
	int ret;

	for (;;) {
		ret = vf_read64(vf, REG_PENDING_BYTES, &left);
		if (ret || !left)
			return ret;
		ret = vf_read64(vf, REG_DATA_OFFSET, &offset);
		if (!ret)
			ret = vf_read64(vf, REG_DATA_SIZE, &size);
		if (ret)
			return ret;
		/* Reset meanwhile: there is no save any more. */
		if (!size || size > vf->area_len || ++chunks > MANY_CHUNKS)
			return -ENODATA;
		if (to) {
			void *chunk = malloc(size);

			ret = vf_read(vf, offset, chunk, size);
			if (!ret)
				bytes_add(to, chunk, size);
			free(chunk);
		}
		if (ret)
			return ret;
	}
}

int try_load(struct vf *vf, const struct bytes *from)
{
	size_t n, at = 0;
	int ret = 0;

	for (; at < from->len && !ret; at += n) {
		n = from->len - at;
		if (n > vf->area_len)
			n = vf->area_len;
		ret = vf_write(vf, vf->area, from->at + at, n);
		if (!ret)
			ret = vf_put_data_size(vf, n);
	}
	return ret;
}

static int try_drain(int fd)
{
	char piece[1000];
	ssize_t n;

	do {
		n = v2_read(fd, piece, sizeof(piece));
	} while (n > 0);
	return n;
}

static int try_fill(int fd, const struct bytes *from)
{
	ssize_t n = 0;

	for (size_t at = 0; at < from->len; at += n) {
		n = v2_write(fd, from->at + at, from->len - at);
		if (n < 0)
			return n;
	}
	return 0;
}

/* To a save and, if there is what to load, to a load. */
int try_transfer_v2(struct vf *vf, const struct bytes *from)
{
	int save = NO_FD, load = NO_FD, none, ret;

	ret = v2_order(vf, V2_STOP_COPY, &save);
	ret = ret ?: try_drain(save);
	if (from) {
		ret = ret ?: v2_order(vf, V2_RESUMING, &load);
		ret = ret ?: try_fill(load, from);
	}
	ret = ret ?: v2_order(vf, V2_RUNNING, &none);
	if (save != NO_FD)
		close(save);
	if (load != NO_FD)
		close(load);
	return ret;
}

/* Returns 0, or the errno of the step where there was no way on. */
int try_open_close(const char *bdf)
{
	struct vf opened;
	int ret = vf_try_open(&opened, bdf);

	vf_close(&opened);
	return ret;
}

int try_save_live(struct vf *vf)
{
	int ret = vf_set_state(vf, STATE_PRE_COPY);

	ret = ret ?: try_save(vf, NULL);
	ret = ret ?: vf_set_state(vf, STATE_STOP_COPY);
	ret = ret ?: try_save(vf, NULL);
	return ret ?: vf_set_state(vf, STATE_RUNNING);
}

int try_load_whole(struct vf *vf, const struct bytes *from)
{
	int ret = vf_set_state(vf, STATE_RESUMING);

	ret = ret ?: try_load(vf, from);
	return ret ?: vf_set_state(vf, STATE_RUNNING);
}
