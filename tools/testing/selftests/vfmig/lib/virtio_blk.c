// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "iommu.h"
#include "tap.h"
#include "virtio_blk.h"

#define IOVA		0x100000
#define QUEUE_SIZE	8
#define DOORBELL	0x3000
/* VIRTIO_F_VERSION_1 and VIRTIO_F_ACCESS_PLATFORM, of features 32 to 63. */
#define FEATURES_HIGH	0x3
#define ALL_BUT_OK	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | \
			 VIRTIO_CONFIG_S_FEATURES_OK)

/* As the device sees it, from IOVA on. */
static struct guest_memory {
	struct vring_desc desc[QUEUE_SIZE];
	uint16_t avail_flags;
	uint16_t avail_idx;
	uint16_t avail[QUEUE_SIZE + 2];
	/* To be aligned to 4 bytes. */
	uint16_t used_flags;
	uint16_t used_idx;
	struct vring_used_elem used[QUEUE_SIZE];
	struct virtio_blk_outhdr head;
	uint8_t data[512];
	uint8_t status;
} *memory;

static void set(struct vf *vf, uint64_t at, uint64_t value, size_t len)
{
	ASSERT_EQ(pwrite(vf->fd, &value, len,
			 VF_REGION(VFIO_PCI_BAR0_REGION_INDEX) + at), (ssize_t)len);
}

static uint64_t get(struct vf *vf, uint64_t at, size_t len)
{
	uint64_t value = 0;

	ASSERT_EQ(pread(vf->fd, &value, len,
			VF_REGION(VFIO_PCI_BAR0_REGION_INDEX) + at), (ssize_t)len);
	return value;
}

/* Registers of 64 bits are two. */
static void set_address(struct vf *vf, uint64_t at, size_t offset)
{
	set(vf, at, IOVA + offset, 4);
	set(vf, at + 4, 0, 4);
}

static void enable(struct vf *vf)
{
	uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	ASSERT_EQ(pwrite(vf->fd, &command, 2, VF_CONFIG + PCI_COMMAND), 2);
}

uint64_t blk_features(struct vf *vf)
{
	uint64_t features = 0;

	enable(vf);
	for (unsigned int i = 0; i < 2; i++) {
		set(vf, VIRTIO_PCI_COMMON_DFSELECT, i, 4);
		features |= get(vf, VIRTIO_PCI_COMMON_DF, 4) << 32 * i;
	}
	return features;
}

unsigned int blk_queues(struct vf *vf)
{
	enable(vf);
	return get(vf, VIRTIO_PCI_COMMON_NUMQ, 2);
}

void blk_map(struct vf *vf)
{
	size_t len = sysconf(_SC_PAGESIZE);

	enable(vf);
	ASSERT_LE(sizeof(*memory), len);
	if (!memory)
		memory = mmap(NULL, len, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(memory, MAP_FAILED);
	ASSERT_EQ(iommu()->map(vf, IOVA, memory, len), 0);
}

void blk_begin(struct vf *vf)
{
	memset(memory, 0, sizeof(*memory));
	set(vf, VIRTIO_PCI_COMMON_STATUS, 0, 1);
	set(vf, VIRTIO_PCI_COMMON_GFSELECT, 0, 4);
	set(vf, VIRTIO_PCI_COMMON_GF, 0, 4);
	set(vf, VIRTIO_PCI_COMMON_GFSELECT, 1, 4);
	set(vf, VIRTIO_PCI_COMMON_GF, FEATURES_HIGH, 4);
	set(vf, VIRTIO_PCI_COMMON_STATUS, ALL_BUT_OK, 1);
	set(vf, VIRTIO_PCI_COMMON_Q_SELECT, 0, 2);
	set(vf, VIRTIO_PCI_COMMON_Q_SIZE, QUEUE_SIZE, 2);
	set_address(vf, VIRTIO_PCI_COMMON_Q_DESCLO,
		    offsetof(struct guest_memory, desc));
	set_address(vf, VIRTIO_PCI_COMMON_Q_AVAILLO,
		    offsetof(struct guest_memory, avail_flags));
	set_address(vf, VIRTIO_PCI_COMMON_Q_USEDLO,
		    offsetof(struct guest_memory, used_flags));
	set(vf, VIRTIO_PCI_COMMON_Q_ENABLE, 1, 2);
	set(vf, VIRTIO_PCI_COMMON_STATUS, ALL_BUT_OK | VIRTIO_CONFIG_S_DRIVER_OK, 1);
}

static void describe(unsigned int i, size_t offset, size_t len, uint16_t flags)
{
	memory->desc[i] = (struct vring_desc) {
		.addr = IOVA + offset,
		.len = len,
		.flags = flags,
		.next = i + 1,
	};
}

void blk_submit_write(struct vf *vf)
{
	memory->head.type = VIRTIO_BLK_T_OUT;
	describe(0, offsetof(struct guest_memory, head), sizeof(memory->head),
		 VRING_DESC_F_NEXT);
	describe(1, offsetof(struct guest_memory, data), sizeof(memory->data),
		 VRING_DESC_F_NEXT);
	describe(2, offsetof(struct guest_memory, status), 1, VRING_DESC_F_WRITE);
	memory->avail[memory->avail_idx % QUEUE_SIZE] = 0;
	__atomic_store_n(&memory->avail_idx, memory->avail_idx + 1, __ATOMIC_RELEASE);
	set(vf, DOORBELL, 0, 2);
}

unsigned int blk_used(void)
{
	return __atomic_load_n(&memory->used_idx, __ATOMIC_ACQUIRE);
}
