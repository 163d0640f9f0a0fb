// SPDX-License-Identifier: GPL-2.0-only
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fixture.h"
#include "v2.h"

#define FEATURE_ROOM	64
#define MANY_FDS	64
/* More than any device has to say in these tests. */
#define MANY_BYTES	((size_t)1 << 31)

static int fds[MANY_FDS];
static unsigned int nr_fds;

const char *v2_name(uint32_t state)
{
	static const char * const names[V2_NR_STATES] = {
		"ERROR", "STOP", "RUNNING", "STOP_COPY", "RESUMING",
		"RUNNING_P2P", "PRE_COPY", "PRE_COPY_P2P",
	};

	return state < V2_NR_STATES ? names[state] : "no state";
}

int v2_feature(struct vf *vf, uint32_t flags, void *data, size_t len)
{
	uint64_t room[(sizeof(struct vfio_device_feature) + FEATURE_ROOM) / 8];
	struct vfio_device_feature *feature = (void *)room;
	int ret;

	memset(room, 0, sizeof(room));
	ASSERT_LE(len, FEATURE_ROOM);
	feature->argsz = sizeof(*feature) + len;
	feature->flags = flags;
	if (len)
		memcpy(feature->data, data, len);
	ret = ioctl(vf->fd, VFIO_DEVICE_FEATURE, feature) < 0 ? -errno : 0;
	if (len)
		memcpy(data, feature->data, len);
	return ret;
}

uint64_t v2_flags(struct vf *vf)
{
	struct vfio_device_feature_migration migration = {};

	ASSERT_EQ(v2_feature(vf, VFIO_DEVICE_FEATURE_MIGRATION |
			     VFIO_DEVICE_FEATURE_GET, &migration,
			     sizeof(migration)), 0);
	return migration.flags;
}

/* Whether a state can be gone to, if there is a way to it. */
bool v2_can(struct vf *vf, uint32_t state)
{
	uint64_t need = VFIO_MIGRATION_STOP_COPY;

	if (state == V2_ERROR || state >= V2_NR_STATES)
		return false;
	if (state == V2_RUNNING_P2P || state == V2_PRE_COPY_P2P)
		need |= VFIO_MIGRATION_P2P;
	if (state == V2_PRE_COPY || state == V2_PRE_COPY_P2P)
		need |= VFIO_MIGRATION_PRE_COPY;
	return (v2_flags(vf) & need) == need;
}

void v2_need_pre_copy(struct vf *vf)
{
	if (!v2_can(vf, V2_PRE_COPY))
		SKIP("no VFIO_MIGRATION_PRE_COPY in this kernel");
}

int v2_get_state(struct vf *vf, uint32_t *state)
{
	struct vfio_device_feature_mig_state arg = { .data_fd = 77 };
	int ret;

	ret = v2_feature(vf, VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE |
			 VFIO_DEVICE_FEATURE_GET, &arg, sizeof(arg));
	if (!ret)
		EXPECT_EQ(arg.data_fd, NO_FD);
	*state = arg.device_state;
	return ret;
}

uint32_t v2_state(struct vf *vf)
{
	uint32_t state = ~0U;

	ASSERT_EQ(v2_get_state(vf, &state), 0);
	return state;
}

static void keep(int fd)
{
	ASSERT_LE(nr_fds + 1, MANY_FDS);
	fds[nr_fds++] = fd;
}

void v2_close(int fd)
{
	unsigned int i;

	for (i = 0; i < nr_fds; i++) {
		if (fds[i] == fd) {
			fds[i] = fds[--nr_fds];
			break;
		}
	}
	close(fd);
}

void v2_close_all(void)
{
	while (nr_fds)
		close(fds[--nr_fds]);
}

int v2_order(struct vf *vf, uint32_t to, int *fd)
{
	struct vfio_device_feature_mig_state arg = {
		.device_state = to,
		.data_fd = NO_FD,
	};
	int ret;

	ret = v2_feature(vf, VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE |
			 VFIO_DEVICE_FEATURE_SET, &arg, sizeof(arg));
	*fd = arg.data_fd;
	return ret;
}

int v2_set_state(struct vf *vf, uint32_t to, int *fd)
{
	int ret = v2_order(vf, to, fd);

	if (*fd != NO_FD)
		keep(*fd);
	return ret;
}

int v2_try(struct vf *vf, uint32_t to)
{
	int fd;

	return v2_set_state(vf, to, &fd);
}

int v2_go(struct vf *vf, uint32_t to)
{
	uint32_t from = v2_state(vf);
	int fd;

	ASSERT_EQ(v2_set_state(vf, to, &fd), 0, "%s to %s", v2_name(from),
		  v2_name(to));
	ASSERT_EQ(v2_state(vf), to, "%s to %s", v2_name(from), v2_name(to));
	return fd;
}

int v2_begin(struct vf *vf, uint32_t to)
{
	int fd = v2_go(vf, to);

	ASSERT_NE(fd, NO_FD, "%s", v2_name(to));
	return fd;
}

int v2_precopy_info(int fd, struct vfio_precopy_info *info)
{
	*info = (struct vfio_precopy_info){ .argsz = sizeof(*info) };
	return ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, info) ? -errno : 0;
}

int v2_data_size(struct vf *vf, uint64_t *bytes)
{
	struct vfio_device_feature_mig_data_size size = {};
	int ret;

	ret = v2_feature(vf, VFIO_DEVICE_FEATURE_MIG_DATA_SIZE |
			 VFIO_DEVICE_FEATURE_GET, &size, sizeof(size));
	*bytes = size.stop_copy_length;
	return ret;
}

uint64_t v2_need_data_size(struct vf *vf)
{
	uint64_t bytes = 0;
	int ret = v2_data_size(vf, &bytes);

	if (ret == -ENOTTY)
		SKIP("no VFIO_DEVICE_FEATURE_MIG_DATA_SIZE in this kernel");
	ASSERT_EQ(ret, 0);
	return bytes;
}

ssize_t v2_read(int fd, void *to, size_t len)
{
	ssize_t n = read(fd, to, len);

	return n < 0 ? -errno : n;
}

ssize_t v2_write(int fd, const void *from, size_t len)
{
	ssize_t n = write(fd, from, len);

	return n < 0 ? -errno : n;
}

/* What can be done at once. */
short v2_poll(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN | POLLOUT };

	ASSERT_GT(poll(&wait, 1, 0), -1);
	return wait.revents;
}

int v2_drain(int fd, struct bytes *to, size_t piece)
{
	size_t total = 0;
	ssize_t n;
	void *buf;

	buf = malloc(piece);
	ASSERT_NE(buf, NULL);
	while ((n = v2_read(fd, buf, piece)) > 0) {
		bytes_add(to, buf, n);
		total += n;
		ASSERT_LE(total, MANY_BYTES);
	}
	free(buf);
	return n;
}

int v2_fill(int fd, const void *from, size_t len, size_t piece)
{
	const uint8_t *at = from;
	ssize_t n;

	for (; len; len -= n, at += n) {
		n = v2_write(fd, at, len < piece ? len : piece);
		if (n < 0)
			return n;
		ASSERT_GT(n, 0);
	}
	return 0;
}

void v2_save_stopped(struct vf *vf, struct bytes *to)
{
	int fd = v2_begin(vf, V2_STOP_COPY);

	ASSERT_EQ(v2_drain(fd, to, AT_ONCE), 0);
	v2_go(vf, V2_RUNNING);
	v2_close(fd);
}

void v2_load(struct vf *vf, const struct bytes *from)
{
	int fd = v2_begin(vf, V2_RESUMING);

	ASSERT_EQ(v2_fill(fd, from->at, from->len, AT_ONCE), 0);
	v2_go(vf, V2_RUNNING);
	v2_close(fd);
}

void v2_go_back(struct vf *vf)
{
	if (v2_state(vf) == V2_RESUMING && v2_try(vf, V2_STOP))
		ASSERT_EQ(vf_reset(vf), 0);
	v2_go(vf, V2_RUNNING);
}

int v2_enter(struct vf *vf, uint32_t state)
{
	struct bytes stream = {};
	int fd;

	v2_go_back(vf);
	if (state != V2_RESUMING)
		return v2_go(vf, state);
	v2_save_stopped(vf, &stream);
	fd = v2_begin(vf, V2_RESUMING);
	ASSERT_EQ(v2_fill(fd, stream.at, stream.len, AT_ONCE), 0);
	bytes_free(&stream);
	return fd;
}

/* The device can still, or again, give its state away and take it back. */
void v2_need_whole_transfer(void)
{
	struct bytes stream = {};

	v2_save_stopped(&vf, &stream);
	v2_load(&vf, &stream);
	bytes_free(&stream);
}

void v2_expect_agreement(const char *when)
{
	static const char * const run[V2_NR_STATES] = {
		[V2_STOP] = "frozen",
		[V2_RUNNING] = "running",
		[V2_STOP_COPY] = "frozen",
		[V2_RESUMING] = "frozen",
		[V2_RUNNING_P2P] = "quiesced",
		[V2_PRE_COPY] = "running",
		[V2_PRE_COPY_P2P] = "quiesced",
	};
	static const char * const session[V2_NR_STATES] = {
		[V2_STOP_COPY] = "stop_copy",
		[V2_PRE_COPY] = "pre_copy",
		[V2_PRE_COPY_P2P] = "pre_copy",
	};
	uint32_t state = v2_state(&vf);

	ASSERT_NE(state, V2_ERROR, "%s", when);
	if (!is_mock(vf.bdf))
		return;
	EXPECT_EQ(mock_is(vf.bdf, "run", run[state]), true, "%s, %s",
		  v2_name(state), when);
	EXPECT_EQ(mock_is(vf.bdf, "session", session[state] ?: "idle"), true,
		  "%s, %s", v2_name(state), when);
}

/* Whatever is done with it, and as often as one likes. */
void v2_expect_ended(int fd, const char *when)
{
	uint8_t byte = 0;
	int i;

	for (i = 0; i < 2; i++) {
		ssize_t in = v2_read(fd, &byte, 1);
		ssize_t out = v2_write(fd, &byte, 1);

		/* One of them it never could. */
		EXPECT_EQ(in == -EBADF || out == -EBADF, true, "%s", when);
		EXPECT_EQ(in == -EBADF ? out : in, -ENODEV, "%s", when);
		EXPECT_NE(v2_poll(fd) & POLLHUP, 0, "%s", when);
	}
}

void bytes_expect_same(const struct bytes *got, const struct bytes *want,
		       const char *what)
{
	size_t i;

	ASSERT_EQ(got->len, want->len, "%s", what);
	for (i = 0; i < got->len; i++)
		if (got->at[i] != want->at[i])
			ASSERT_EQ(got->at[i], want->at[i], "%s, byte %zu", what,
				  i);
}
