/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VF opened through VFIO, by what iommu.h chooses, and its migration region.
 *
 * What returns int returns 0 or a negative errno and leaves the verdict to the
 * test; what returns a value fails the test where it gets none.
 */
#ifndef VFMIG_VF_H
#define VFMIG_VF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/vfio.h>

/* Where vfio-pci has its regions in the device's file. */
#define VF_REGION(index)	((uint64_t)(index) << 40)
#define VF_CONFIG		VF_REGION(VFIO_PCI_CONFIG_REGION_INDEX)

enum {
	STATE_STOP = 0,
	STATE_RUNNING = 1,
	STATE_STOP_COPY = 2,
	STATE_PRE_COPY = 3,
	STATE_RESUMING = 4,
	STATE_ERROR = 6,
};

enum {
	REG_DEVICE_STATE = 0,
	REG_RESERVED = 4,
	REG_PENDING_BYTES = 8,
	REG_DATA_OFFSET = 16,
	REG_DATA_SIZE = 24,
	REG_END = 32,
};

/**
 * struct vf - an open VF
 * @bdf: PCI address, with domain
 * @node: the file in /dev by which it is opened: its group's, or its own
 * @iommu: what its DMA goes through: a container, or an iommufd
 * @group: its group; -1 with an iommufd
 * @ioas: its address space in an iommufd
 * @fd: the device
 * @base: where the region starts in @fd
 * @size: bytes of the region
 * @area: where the mappable data section starts in the region
 * @area_len: its bytes
 * @areas: number of mappable areas; always 1
 * @map: the data section, or NULL when it is not mapped
 */
struct vf {
	const char *bdf;
	char node[48];
	int iommu;
	int group;
	uint32_t ioas;
	int fd;
	uint64_t base;
	uint64_t size;
	uint64_t area;
	uint64_t area_len;
	unsigned int areas;
	uint32_t index;
	uint8_t *map;
};

const char *vf_first(void);
const char *vf_second(void);

int vf_try_open(struct vf *vf, const char *bdf);
void vf_open(struct vf *vf, const char *bdf);
void vf_close(struct vf *vf);
/* For one whose other files are open: another file of the device, or an errno. */
int vf_open_device(const struct vf *vf);
void vf_find_region(struct vf *vf);
int vf_reset(struct vf *vf);
/* An eventfd that the first interrupt of an index sets, and its end. */
int vf_irq_fd(struct vf *vf, uint32_t index);
void vf_irq_end(struct vf *vf, uint32_t index, int fd);
void vf_map(struct vf *vf);
void vf_unmap(struct vf *vf);

int vf_read(struct vf *vf, uint64_t at, void *buf, size_t len);
int vf_write(struct vf *vf, uint64_t at, const void *buf, size_t len);

uint32_t vf_state(struct vf *vf);
int vf_set_state(struct vf *vf, uint32_t state);
void vf_go(struct vf *vf, uint32_t state);
int vf_read64(struct vf *vf, uint64_t at, uint64_t *value);
uint64_t vf_pending(struct vf *vf);
uint64_t vf_data_offset(struct vf *vf);
uint64_t vf_data_size(struct vf *vf);
int vf_put_data_size(struct vf *vf, uint64_t bytes);

#endif /* VFMIG_VF_H */
