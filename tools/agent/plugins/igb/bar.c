// SPDX-License-Identifier: GPL-2.0-only
/* The PF's registers: BAR 0 by its file in sysfs, or a file that a test has made. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bar.h"

#define DEVICES	"/sys/bus/pci/devices"
#define IDS	"0x8086 0x10ca"
/* CONFIG_IO_STRICT_DEVMEM. */
#define STRICT	"this kernel lets nobody map what a driver has, boot it with iomem=relaxed"

static uint32_t *igb_bar;
static size_t igb_bar_size;

static int igb_refuse(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	return -1;
}

static bool igb_read_word(const char *devid, const char *name, char *word)
{
	char path[PATH_MAX];
	bool good;
	FILE *file;

	snprintf(path, sizeof(path), DEVICES "/%s/%s", devid, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	good = fscanf(file, "%15s", word) == 1;
	fclose(file);
	return good;
}

static bool igb_is_82576_vf(const char *devid)
{
	char vendor[16], device[16], ids[33];

	if (!igb_read_word(devid, "vendor", vendor) || !igb_read_word(devid, "device", device))
		return false;
	snprintf(ids, sizeof(ids), "%s %s", vendor, device);
	return !strcmp(ids, IDS);
}

/* The function's number, or -1. */
static int igb_find_number(const char *devid)
{
	char path[PATH_MAX], link[PATH_MAX], *name;
	ssize_t len;
	int vf;

	for (vf = 0; vf < IGB_VFS; vf++) {
		snprintf(path, sizeof(path), DEVICES "/%s/physfn/virtfn%d", devid, vf);
		len = readlink(path, link, sizeof(link) - 1);
		if (len < 0)
			continue;
		link[len] = '\0';
		name = strrchr(link, '/');
		if (name && !strcmp(name + 1, devid))
			return vf;
	}
	return -1;
}

/* "FILE,N", where N is the function's number. */
static int igb_read_arg(const char *arg, char *path)
{
	const char *comma = strrchr(arg, ',');

	if (!comma || comma[1] < '0' || comma[1] >= '0' + IGB_VFS || comma[2] ||
	    comma - arg >= PATH_MAX)
		return igb_refuse(arg, "the argument has to be nothing, or FILE,N");
	memcpy(path, arg, comma - arg);
	path[comma - arg] = '\0';
	return comma[1] - '0';
}

static int igb_bar_map(const char *path)
{
	struct stat stat;
	void *bar;
	int fd, err;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return igb_refuse(path, strerror(errno));
	if (fstat(fd, &stat) || stat.st_size < IGB_BAR0_MIN) {
		close(fd);
		return igb_refuse(path, "it is too small for the registers of an 82576");
	}
	bar = mmap(NULL, stat.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	err = errno;
	close(fd);
	if (bar == MAP_FAILED)
		return igb_refuse(path, err == EINVAL ? STRICT : strerror(err));
	igb_bar = bar;
	igb_bar_size = stat.st_size;
	return 0;
}

/* The function's number, or -1 and the reason has been said. */
int igb_bar_open(const char *devid, const char *arg)
{
	char path[PATH_MAX];
	int vf;

	if (*arg) {
		vf = igb_read_arg(arg, path);
		return vf < 0 || igb_bar_map(path) ? -1 : vf;
	}
	if (!igb_is_82576_vf(devid))
		return igb_refuse(devid, "it is no virtual function of an 82576 (" IDS ")");
	vf = igb_find_number(devid);
	if (vf < 0)
		return igb_refuse(devid, "its PF cannot be told");
	snprintf(path, sizeof(path), DEVICES "/%s/physfn/resource0", devid);
	return igb_bar_map(path) ? -1 : vf;
}

void igb_bar_close(void)
{
	munmap(igb_bar, igb_bar_size);
	igb_bar = NULL;
}

uint32_t igb_bar_read(uint32_t reg)
{
	return le32toh(__atomic_load_n(igb_bar + reg / 4, __ATOMIC_ACQUIRE));
}

void igb_bar_write(uint32_t reg, uint32_t val)
{
	__atomic_store_n(igb_bar + reg / 4, htole32(val), __ATOMIC_RELEASE);
}
