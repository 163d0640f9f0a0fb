// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "array.h"
#include "registers.h"

/* What remains as it is, once mounted onto itself. */
struct kept {
	char path[PATH_MAX];
	uint64_t clear;
	int mount;
};

static bool keep(struct kept *kept)
{
	struct mount_attr attr = { .attr_clr = kept->clear };

	kept->mount = open_tree(AT_FDCWD, kept->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return kept->mount >= 0 &&
	       !mount_setattr(kept->mount, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

static bool put_back(const struct kept *kept)
{
	return !move_mount(kept->mount, "", AT_FDCWD, kept->path, MOVE_MOUNT_F_EMPTY_PATH) &&
	       !close(kept->mount);
}

/* Where programs of the superuser listen, who take orders from whoever is that. */
static bool hide_sockets(void)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	return access("/run", F_OK) || !mount("none", "/run", "tmpfs", flags, "size=4k,mode=755");
}

bool registers_only(const char *address)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID,
	};
	struct kept kept[] = {
		{ .clear = MOUNT_ATTR_RDONLY },
		{ .path = "/dev/null", .clear = MOUNT_ATTR_NODEV },
		{ .path = "/dev/zero", .clear = MOUNT_ATTR_NODEV },
		{ .path = "/dev/urandom", .clear = MOUNT_ATTR_NODEV },
	};
	char link[64];
	size_t i;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s", address);
	if (!realpath(link, kept[0].path) || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return false;
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		if (!keep(&kept[i]))
			return false;
	if (!hide_sockets())
		return false;
	if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr)))
		return false;
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		if (!put_back(&kept[i]))
			return false;
	return true;
}
