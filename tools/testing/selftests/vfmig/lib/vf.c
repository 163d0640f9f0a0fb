// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/vfio.h>

#include "tap.h"
#include "vf.h"

/* As in every <linux/vfio.h> since 5.8, under one name or another. */
#define REGION_TYPE_MIGRATION		3
#define REGION_SUBTYPE_MIGRATION	1

const char *vf_first(void)
{
	return getenv("VFMIG_DEV");
}

const char *vf_second(void)
{
	const char *bdf = getenv("VFMIG_DEV2");

	if (!bdf || !*bdf)
		SKIP("needs a second device, VFMIG_DEV2");
	return bdf;
}

static int open_group(const char *bdf)
{
	char link[PATH_MAX], target[PATH_MAX], node[PATH_MAX];
	ssize_t len;
	int fd;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	len = readlink(link, target, sizeof(target) - 1);
	ASSERT_GT(len, 0, "%s", link);
	target[len] = '\0';
	snprintf(node, sizeof(node), "/dev/vfio/%s", strrchr(target, '/') + 1);
	fd = open(node, O_RDWR);
	ASSERT_GT(fd, -1, "%s: %s", node, strerror(errno));
	return fd;
}

static void use_cap(struct vf *vf, const struct vfio_region_info *info,
		    uint32_t at, bool *found)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse;
	const struct vfio_region_info_cap_type *type;
	const struct vfio_info_cap_header *cap;

	for (; at; at = cap->next) {
		cap = (const void *)((const char *)info + at);
		if (cap->id == VFIO_REGION_INFO_CAP_TYPE) {
			type = (const void *)cap;
			*found = type->type == REGION_TYPE_MIGRATION &&
				 type->subtype == REGION_SUBTYPE_MIGRATION;
		}
		if (cap->id == VFIO_REGION_INFO_CAP_SPARSE_MMAP) {
			sparse = (const void *)cap;
			vf->areas = sparse->nr_areas;
			vf->area = sparse->areas[0].offset;
			vf->area_len = sparse->areas[0].size;
		}
	}
}

static bool is_migration_region(struct vf *vf, uint32_t index)
{
	struct vfio_region_info *info = calloc(1, 4096);
	bool found = false;

	ASSERT_NE(info, NULL);
	info->argsz = 4096;
	info->index = index;
	if (!ioctl(vf->fd, VFIO_DEVICE_GET_REGION_INFO, info) &&
	    info->flags & VFIO_REGION_INFO_FLAG_CAPS)
		use_cap(vf, info, info->cap_offset, &found);
	vf->base = info->offset;
	vf->size = info->size;
	vf->index = index;
	free(info);
	return found;
}

static void find_region(struct vf *vf)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	uint32_t i;

	ASSERT_EQ(ioctl(vf->fd, VFIO_DEVICE_GET_INFO, &info), 0);
	for (i = VFIO_PCI_NUM_REGIONS; i < info.num_regions; i++)
		if (is_migration_region(vf, i))
			return;
	ASSERT_EQ(info.num_regions, -1, "%s has no migration region", vf->bdf);
}

int vf_try_open(struct vf *vf, const char *bdf)
{
	memset(vf, 0, sizeof(*vf));
	vf->fd = -1;
	vf->group = -1;
	vf->bdf = bdf;
	vf->container = open("/dev/vfio/vfio", O_RDWR);
	ASSERT_GT(vf->container, -1, "/dev/vfio/vfio: %s", strerror(errno));
	vf->group = open_group(bdf);
	ASSERT_EQ(ioctl(vf->group, VFIO_GROUP_SET_CONTAINER, &vf->container), 0,
		  "%s", strerror(errno));
	ASSERT_EQ(ioctl(vf->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), 0,
		  "%s", strerror(errno));
	vf->fd = ioctl(vf->group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	return vf->fd < 0 ? -errno : 0;
}

void vf_open(struct vf *vf, const char *bdf)
{
	ASSERT_EQ(vf_try_open(vf, bdf), 0, "%s: %s", bdf, strerror(errno));
	find_region(vf);
}

/* Harmless on what was never opened, or only half. */
void vf_close(struct vf *vf)
{
	if (!vf->bdf)
		return;
	vf_unmap(vf);
	if (vf->fd >= 0)
		close(vf->fd);
	if (vf->group >= 0)
		close(vf->group);
	if (vf->container >= 0)
		close(vf->container);
	vf->bdf = NULL;
}

int vf_reset(struct vf *vf)
{
	return ioctl(vf->fd, VFIO_DEVICE_RESET) ? -errno : 0;
}

void vf_map(struct vf *vf)
{
	void *map = mmap(NULL, vf->area_len, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vf->fd, vf->base + vf->area);

	ASSERT_NE(map, MAP_FAILED, "mmap: %s", strerror(errno));
	vf->map = map;
}

void vf_unmap(struct vf *vf)
{
	if (vf->map)
		munmap(vf->map, vf->area_len);
	vf->map = NULL;
}

/* A short transfer is an error to QEMU, and so to us. */
static int verdict(ssize_t done, size_t len)
{
	if (done < 0)
		return -errno;
	return (size_t)done == len ? 0 : -EMSGSIZE;
}

int vf_read(struct vf *vf, uint64_t at, void *buf, size_t len)
{
	return verdict(pread(vf->fd, buf, len, vf->base + at), len);
}

int vf_write(struct vf *vf, uint64_t at, const void *buf, size_t len)
{
	return verdict(pwrite(vf->fd, buf, len, vf->base + at), len);
}

uint32_t vf_state(struct vf *vf)
{
	uint32_t state = ~0U;

	ASSERT_EQ(vf_read(vf, REG_DEVICE_STATE, &state, sizeof(state)), 0);
	return state;
}

int vf_set_state(struct vf *vf, uint32_t state)
{
	return vf_write(vf, REG_DEVICE_STATE, &state, sizeof(state));
}

/* To where no test doubts that one can go. */
void vf_go(struct vf *vf, uint32_t state)
{
	ASSERT_EQ(vf_set_state(vf, state), 0, "from %u to %u", vf_state(vf),
		  state);
	ASSERT_EQ(vf_state(vf), state);
}

int vf_read64(struct vf *vf, uint64_t at, uint64_t *value)
{
	return vf_read(vf, at, value, sizeof(*value));
}

uint64_t vf_pending(struct vf *vf)
{
	uint64_t value = 0;

	ASSERT_EQ(vf_read64(vf, REG_PENDING_BYTES, &value), 0);
	return value;
}

uint64_t vf_data_offset(struct vf *vf)
{
	uint64_t value = 0;

	ASSERT_EQ(vf_read64(vf, REG_DATA_OFFSET, &value), 0);
	return value;
}

uint64_t vf_data_size(struct vf *vf)
{
	uint64_t value = 0;

	ASSERT_EQ(vf_read64(vf, REG_DATA_SIZE, &value), 0);
	return value;
}

int vf_put_data_size(struct vf *vf, uint64_t bytes)
{
	return vf_write(vf, REG_DATA_SIZE, &bytes, sizeof(bytes));
}
