// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vfio.h>

#include "attack.h"

#define ROOM	4096

#define DEBUGFS	"/sys/kernel/debug/vfmig"

/* From <linux/vfio.h> of 6.1 on. */
#define FEATURE_MIGRATION	1
#define FEATURE_LOW_POWER	3
#define FEATURE_LOW_POWER_WAKE	4
#define FEATURE_LOW_POWER_EXIT	5
#define FEATURES		13
/* The largest of those that a device here has. */
#define FEATURE_LEN		32

static const uint32_t sizes[] = {
	0, 4, 8, 12, 16, 20, 24, 31, 32, 33, 40, 48, 64, 71, 72, 96, 100, 200,
	1000, ROOM,
};

/* Asks with a size that may be too small; nothing comes behind it. */
static int ask(struct member *m, struct vf *vf, unsigned long cmd,
	       uint32_t *buf, uint32_t index)
{
	uint32_t size = RANDOM_OF(&m->random, sizes);
	uint8_t *bytes = (uint8_t *)buf;
	uint32_t i;
	int ret;

	memset(buf, CANARY, ROOM + sizeof(*buf));
	buf[0] = size;
	buf[1] = 0;
	buf[2] = index;
	ret = ioctl(vf->fd, cmd, buf);
	for (i = size < 12 ? 12 : size; i < ROOM; i++)
		if (bytes[i] != CANARY)
			break;
	if (i < ROOM)
		crowd_find(m, "ioctl %#lx on %u bytes writes byte %u", cmd,
			   size, i);
	return ret;
}

static bool region_info(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint32_t buf[ROOM / 4 + 1];
	const struct vfio_region_info *info = (void *)buf;
	uint32_t index = random_one_in(&m->random, 16) ?
			 random_next(&m->random) : random_below(&m->random, 14);

	if (ask(m, vf, VFIO_DEVICE_GET_REGION_INFO, buf, index))
		return false;
	if (index == vf->index && !crowd_plan(m)->fds_go &&
	    (info->size != vf->size || info->offset != vf->base))
		crowd_find(m, "the region has become another one");
	return true;
}

const struct attack attack_region_info = { "region_info", region_info };

static bool other_info(struct member *m)
{
	static const unsigned long cmds[] = {
		VFIO_DEVICE_GET_INFO, VFIO_DEVICE_GET_IRQ_INFO,
		VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
	};
	uint32_t buf[ROOM / 4 + 1];

	return !ask(m, attack_target(m), RANDOM_OF(&m->random, cmds), buf,
		    random_below(&m->random, 8));
}

const struct attack attack_other_info = { "other_info", other_info };

/* v2 is there, and what it says of itself is always the same. */
static void judge_feature(struct member *m, const uint32_t *buf, int ret)
{
	const uint8_t *bytes = (const uint8_t *)buf;
	uint32_t i;

	if (!ret && buf[1] == (FEATURE_MIGRATION | VFIO_DEVICE_FEATURE_GET) &&
	    ((buf[2] & 3) != 3 || buf[2] > 7 || buf[3]))
		crowd_find(m, "v2 is %#x, %#x", buf[2], buf[3]);
	for (i = FEATURE_LEN; i < ROOM; i++)
		if (bytes[i])
			break;
	if (i < ROOM)
		crowd_find(m, "feature %#x writes byte %u", buf[1], i);
}

/* As for orders, there is none in zeros. */
static bool feature(struct member *m)
{
	static const uint32_t whats[] = {
		VFIO_DEVICE_FEATURE_PROBE, VFIO_DEVICE_FEATURE_GET,
		VFIO_DEVICE_FEATURE_SET,
		VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET,
	};
	uint32_t buf[ROOM / 4 + 1];
	uint32_t what = random_below(&m->random, FEATURES);
	int ret, err;

	if (what >= FEATURE_LOW_POWER && what <= FEATURE_LOW_POWER_EXIT)
		what = FEATURE_MIGRATION;
	memset(buf, 0, sizeof(buf));
	buf[0] = RANDOM_OF(&m->random, sizes);
	buf[1] = what | RANDOM_OF(&m->random, whats);
	ret = ioctl(attack_target(m)->fd, VFIO_DEVICE_FEATURE, buf);
	err = errno;
	judge_feature(m, buf, ret);
	return !ret || err == ENOTTY;
}

const struct attack attack_feature = { "feature", feature };

/* The guest puts the function to sleep; any access wakes it up. */
static bool low_power(struct member *m)
{
	struct {
		struct vfio_device_feature feature;
		int32_t fd;
		uint32_t reserved;
	} arg = { .feature.argsz = sizeof(arg.feature) };
	uint32_t what = FEATURE_LOW_POWER + random_below(&m->random, 3);
	int ret;

	if (what == FEATURE_LOW_POWER_WAKE) {
		arg.feature.argsz = sizeof(arg);
		arg.fd = eventfd(0, EFD_CLOEXEC);
	}
	arg.feature.flags = VFIO_DEVICE_FEATURE_SET | what;
	ret = ioctl(attack_target(m)->fd, VFIO_DEVICE_FEATURE, &arg);
	if (what == FEATURE_LOW_POWER_WAKE)
		close(arg.fd);
	return !ret;
}

const struct attack attack_low_power = { "low_power", low_power };

static bool rubbish(struct member *m)
{
	struct vf *vf = attack_target(m);
	const int fds[] = { vf->fd, vf->fd, vf->group, vf->iommu };
	uint32_t buf[64];
	size_t len;
	char *ground = attack_playground(m, &len);
	void * const args[] = {
		buf, buf, buf, NULL, (void *)0xffff888000000000UL,
		ground + random_below(&m->random, len), (void *)1UL,
	};
	unsigned long cmd = _IO(VFIO_TYPE, VFIO_BASE +
				random_below(&m->random, 24));
	int ret;

	/* See ioeventfd(). */
	if (cmd == VFIO_DEVICE_IOEVENTFD)
		return false;
	random_fill(&m->random, buf, sizeof(buf));
	if (!random_one_in(&m->random, 4)) {
		buf[0] = RANDOM_OF(&m->random, sizes) % sizeof(buf);
		buf[1] &= 7;
		buf[2] &= 15;
	}
	ret = ioctl(RANDOM_OF(&m->random, fds), cmd,
		    RANDOM_OF(&m->random, args));
	crowd_beat(m);
	return ret == -1;
}

const struct attack attack_rubbish = { "rubbish", rubbish };

/*
 * Not before the start of all regions: with such an offset Linux 6.1 itself
 * oopses, whatever driver it is for.
 */
static bool ioeventfd(struct member *m)
{
	struct vf *vf = attack_target(m);
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = 1 << random_below(&m->random, 5),
		.offset = random_below(&m->random, 0x4000),
		.data = random_below(&m->random, 8),
		.fd = eventfd(0, EFD_CLOEXEC),
	};
	uint64_t one = 1;
	int ret;

	if (random_one_in(&m->random, 4))
		arg.offset |= random_next(&m->random) >> 1;
	ret = ioctl(vf->fd, VFIO_DEVICE_IOEVENTFD, &arg);
	if (write(arg.fd, &one, sizeof(one)) != sizeof(one))
		ret = -1;
	close(arg.fd);
	return !ret;
}

const struct attack attack_ioeventfd = { "ioeventfd", ioeventfd };

static bool read_files(const char *path)
{
	char text[4096];
	struct dirent *entry;
	bool some = false;
	DIR *dir = opendir(path);
	int fd;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_type != DT_REG)
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		some |= read(fd, text, sizeof(text)) > 0;
		close(fd);
	}
	if (dir)
		closedir(dir);
	return some;
}

/* An operator looks on. */
static bool debugfs(struct member *m)
{
	static const char * const below[] = { "", "/mock", "/igbvf" };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEBUGFS "/%s%s", attack_target(m)->bdf,
		 RANDOM_OF(&m->random, below));
	return read_files(path);
}

const struct attack attack_debugfs = { "debugfs", debugfs };
