// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "attack.h"
#include "v2.h"

int attack_order(struct member *m, struct vf *vf, uint32_t to, int *fd)
{
	int ret, new;

	ret = v2_order(vf, to, &new);
	crowd_beat(m);
	if (new == NO_FD)
		return ret;
	attack_keep_fd(m, new);
	if (*fd != NO_FD)
		close(*fd);
	*fd = new;
	return ret;
}

/* The answers of the table, and what becomes of what was tried. */
static void judge_order(struct member *m, uint32_t to, int ret)
{
	if (attack_excused(m, ret))
		return;
	if (!ret && to != V2_ERROR && to < V2_NR_STATES)
		return;
	if (ret == -EINVAL || ret == -EBUSY || ret == -EIO)
		return;
	crowd_find(m, "state %#x: %d", to, ret);
}

/* More often than others one that comes with an fd; and any number. */
static bool v2_set(struct member *m)
{
	const uint32_t states[] = {
		V2_STOP_COPY, V2_RESUMING, V2_PRE_COPY, V2_RUNNING,
		random_below(&m->random, V2_NR_STATES + 1),
		random_next(&m->random),
	};
	uint32_t to = RANDOM_OF(&m->random, states);
	int fd = NO_FD, ret;

	ret = attack_order(m, attack_target(m), to, &fd);
	judge_order(m, to, ret);
	if (fd != NO_FD)
		close(fd);
	return !ret;
}

const struct attack attack_v2_set = { "v2_set", v2_set };

static bool v2_get(struct member *m)
{
	struct vfio_device_feature_mig_state now = { ~0U, 77 };
	uint64_t size = 0;
	int ret;

	ret = v2_feature(attack_target(m), VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE |
			 VFIO_DEVICE_FEATURE_GET, &now, sizeof(now));
	crowd_beat(m);
	if (attack_excused(m, ret))
		return false;
	if (ret || now.data_fd != NO_FD || now.device_state >= V2_NR_STATES)
		crowd_find(m, "state %#x, fd %d: %d", now.device_state,
			   now.data_fd, ret);
	if (now.device_state == V2_ERROR && !crowd_plan(m)->error_is_fine)
		crowd_find(m, "the state reads ERROR");
	v2_data_size(attack_target(m), &size);
	crowd_beat(m);
	return !ret;
}

const struct attack attack_v2_get = { "v2_get", v2_get };

struct order_arg {
	struct vfio_device_feature feature;
	struct vfio_device_feature_mig_state to;
};

/* No slot either: those are nobody's to close. */
static bool is_new_data_fd(int fd)
{
	char path[32], name[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, name, sizeof(name) - 1);
	if (n < 0 || attack_is_slot(fd))
		return false;
	name[n] = '\0';
	return strstr(name, "vfmig-");
}

/*
 * Of any size, with any flags, and in memory that may go or change while it is
 * read, and be gone when the answer is to be put there.
 */
static bool v2_odd_order(struct member *m)
{
	static const uint32_t sizes[] = { 0, 8, 15, 16, 16, 16, 17, 64, ~0U };
	static const uint32_t whats[] = {
		VFIO_DEVICE_FEATURE_SET, VFIO_DEVICE_FEATURE_SET,
		VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PROBE,
		VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_GET,
		VFIO_DEVICE_FEATURE_GET,
	};
	struct order_arg arg = {
		.feature = {
			.argsz = RANDOM_OF(&m->random, sizes),
			.flags = VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE |
				 RANDOM_OF(&m->random, whats),
		},
		.to = {
			.device_state = random_below(&m->random, V2_NR_STATES),
			.data_fd = random_next(&m->random),
		},
	};
	size_t len;
	char *at = attack_playground(m, &len);
	int ret;

	at += random_below(&m->random, len / 4096 - 1) * 4096 + 4096 - 12;
	if (random_one_in(&m->random, 2))
		at += random_below(&m->random, 4096);
	attack_guarded_copy(at, &arg, sizeof(arg));
	ret = ioctl(attack_target(m)->fd, VFIO_DEVICE_FEATURE, at);
	crowd_beat(m);
	if (!ret && attack_guarded_copy(&arg, at, sizeof(arg)) &&
	    is_new_data_fd(arg.to.data_fd)) {
		attack_keep_fd(m, arg.to.data_fd);
		close(arg.to.data_fd);
	}
	return ret == -1;
}

const struct attack attack_v2_odd_order = { "v2_odd_order", v2_odd_order };
