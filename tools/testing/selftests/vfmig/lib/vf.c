// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/vfio.h>

#include "agent.h"
#include "iommu.h"
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

void vf_find_region(struct vf *vf)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	uint32_t i;

	ASSERT_EQ(ioctl(vf->fd, VFIO_DEVICE_GET_INFO, &info), 0);
	for (i = VFIO_PCI_NUM_REGIONS; i < info.num_regions; i++)
		if (is_migration_region(vf, i))
			return;
	ASSERT_EQ(info.num_regions, -1, "%s has no migration region", vf->bdf);
}

int vf_open_device(const struct vf *vf)
{
	return iommu()->open_device(vf);
}

int vf_try_open(struct vf *vf, const char *bdf)
{
	int ret;

	memset(vf, 0, sizeof(*vf));
	vf->fd = -1;
	vf->group = -1;
	vf->bdf = bdf;
	ret = iommu()->prepare(vf);
	if (ret)
		return ret;
	vf->fd = vf_open_device(vf);
	return vf->fd < 0 ? vf->fd : 0;
}

void vf_open(struct vf *vf, const char *bdf)
{
	ASSERT_EQ(vf_try_open(vf, bdf), 0, "%s by %s", bdf, iommu()->name);
	agent_need_outer(bdf);
	vf_find_region(vf);
}

/*
 * Harmless on what was never opened, or only half. The container last: closed
 * before its group, Linux 6.1 uses memory of it that an unbinding of the device
 * frees at the same time.
 */
void vf_close(struct vf *vf)
{
	if (!vf->bdf)
		return;
	vf_unmap(vf);
	if (vf->fd >= 0)
		close(vf->fd);
	if (vf->group >= 0)
		close(vf->group);
	if (vf->iommu >= 0)
		close(vf->iommu);
	vf->bdf = NULL;
}

int vf_reset(struct vf *vf)
{
	return ioctl(vf->fd, VFIO_DEVICE_RESET) ? -errno : 0;
}

int vf_irq_fd(struct vf *vf, uint32_t index)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} arg = {
		.set = {
			.argsz = sizeof(arg),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD |
				 VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = index,
			.count = 1,
		},
		.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
	};

	ASSERT_GT(arg.fd, -1);
	ASSERT_EQ(ioctl(vf->fd, VFIO_DEVICE_SET_IRQS, &arg), 0, "index %u",
		  index);
	return arg.fd;
}

void vf_irq_end(struct vf *vf, uint32_t index, int fd)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = index,
	};

	EXPECT_EQ(ioctl(vf->fd, VFIO_DEVICE_SET_IRQS, &set), 0, "index %u",
		  index);
	close(fd);
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
