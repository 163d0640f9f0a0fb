// SPDX-License-Identifier: GPL-2.0-only
/*
 * BAR 0 as userspace sees it: page 0 is seen by the driver, the rest is not. What
 * comes of mapping page 0: igbvf_mapped.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/vfio.h>

#include "fixture.h"
#include "igbvf.h"
#include "igbvf_bar.h"

#define BAR3		VF_REGION(VFIO_PCI_BAR3_REGION_INDEX)

static struct guest guest;

/* A register in a mapping of BAR 0. */
static uint32_t get(uint32_t *bar, uint32_t reg)
{
	return __atomic_load_n(bar + reg / 4, __ATOMIC_ACQUIRE);
}

static void put(uint32_t *bar, uint32_t reg, uint32_t val)
{
	__atomic_store_n(bar + reg / 4, val, __ATOMIC_RELEASE);
}

/* A test may have been left while its guest was there, or its mapping. */
void before_open(void)
{
	guest_leave(&guest);
	drop_bar0();
}

static struct vfio_region_info *region_info(uint32_t index, uint32_t argsz)
{
	struct vfio_region_info *info = calloc(1, 4096);

	ASSERT_NE(info, NULL);
	info->argsz = argsz;
	info->index = index;
	ASSERT_EQ(ioctl(vf.fd, VFIO_DEVICE_GET_REGION_INFO, info), 0);
	return info;
}

TEST(sparse, "region info of BAR 0 leaves page 0, and nothing else, out of what can be mapped")
{
	struct vfio_region_info *info = region_info(0, 4096);
	struct vfio_region_info_cap_sparse_mmap *cap;

	EXPECT_EQ(info->size, 0x4000);
	EXPECT_EQ(info->offset, 0);
	ASSERT_EQ(info->flags, VFIO_REGION_INFO_FLAG_READ |
			       VFIO_REGION_INFO_FLAG_WRITE |
			       VFIO_REGION_INFO_FLAG_MMAP |
			       VFIO_REGION_INFO_FLAG_CAPS);
	ASSERT_EQ(info->cap_offset, sizeof(*info));
	cap = (void *)((char *)info + info->cap_offset);
	EXPECT_EQ(cap->header.id, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	EXPECT_EQ(cap->header.next, 0);
	ASSERT_EQ(cap->nr_areas, 1);
	EXPECT_EQ(cap->areas[0].offset, 0x1000);
	EXPECT_EQ(cap->areas[0].size, 0x3000);
	free(info);

	/* Asked with too little room it says how much it takes. */
	info = region_info(0, sizeof(*info));
	EXPECT_EQ(info->cap_offset, 0);
	EXPECT_EQ(info->argsz, sizeof(*info) + sizeof(*cap) +
			       sizeof(cap->areas[0]));
	free(info);
}

TEST(mapping, "BAR 0 can be mapped, whole or in parts, as with vfio-pci")
{
	EXPECT_EQ(try_mmap(0, 0x1000), 0);
	EXPECT_EQ(try_mmap(0, 0x4000), 0);
	EXPECT_EQ(try_mmap(0x1000, 0x3000), 0);
	EXPECT_EQ(try_mmap(0x2000, 0x1000), 0);
	EXPECT_EQ(try_mmap(0, 0x5000), -EINVAL);
	EXPECT_EQ(try_mmap(0x1000, 0x4000), -EINVAL);
	EXPECT_EQ(core_number(vf.bdf, "page0", "mappings"), 0);
}

TEST(same_registers, "a mapping of page 0 shows the registers that read() and write() do")
{
	guest_enter(&guest, &vf);
	map_bar0();
	wr(&guest, VMBMEM + 4, 0x12345678);
	EXPECT_EQ(get(page0, VMBMEM + 4), 0x12345678);
	put(page0, VMBMEM + 4, 0x87654321);
	EXPECT_EQ(rd(&guest, VMBMEM + 4), 0x87654321);
	EXPECT_EQ(get(page0, STATUS), rd(&guest, STATUS));
	guest_leave(&guest);
	unmap_bar0();
}

TEST(msix_bar, "the BAR of the MSI-X table can be mapped, and nothing of it is offered for that")
{
	struct vfio_region_info *info = region_info(3, 4096);
	struct vfio_region_info_cap_sparse_mmap *cap;

	EXPECT_EQ(info->size, 0x4000);
	EXPECT_EQ(info->offset, BAR3);
	EXPECT_EQ(info->flags, VFIO_REGION_INFO_FLAG_READ |
			       VFIO_REGION_INFO_FLAG_WRITE |
			       VFIO_REGION_INFO_FLAG_MMAP |
			       VFIO_REGION_INFO_FLAG_CAPS);
	ASSERT_EQ(info->cap_offset, sizeof(*info));
	cap = (void *)((char *)info + info->cap_offset);
	EXPECT_EQ(cap->header.id, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	EXPECT_EQ(cap->header.next, 0);
	EXPECT_EQ(cap->nr_areas, 0);
	EXPECT_EQ(try_mmap(BAR3, 0x1000), 0);
	EXPECT_EQ(try_mmap(BAR3, 0x4000), 0);
	need_whole_transfer();
	free(info);
}

TEST(ioeventfd, "no eventfd can be made to write to page 0 behind the driver's back")
{
	/* Any page, for vfio reads once more which one is meant. */
	static const uint64_t offsets[] = { V2PMAILBOX, EICS, 1ULL << 63 };
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.data = MBX_REQ,
		.fd = eventfd(0, 0),
	};

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		arg.offset = offsets[i];
		EXPECT_EQ(ioctl(vf.fd, VFIO_DEVICE_IOEVENTFD, &arg) ? -errno : 0,
			  -EINVAL, "%#llx", (unsigned long long)arg.offset);
	}
	close(arg.fd);
}

TEST(widths, "a register of page 0 reads the same in one piece and in several")
{
	uint8_t whole[16], bytes[16];
	uint16_t half[8];
	unsigned int i;

	guest_enter(&guest, &vf);
	for (i = 0; i < 4; i++)
		wr(&guest, VMBMEM + 4 * i, 0x03020100 + 0x04040404 * i);
	ASSERT_EQ(pread(vf.fd, whole, 16, VMBMEM), 16);
	for (i = 0; i < 16; i++) {
		EXPECT_EQ(whole[i], i);
		ASSERT_EQ(pread(vf.fd, &bytes[i], 1, VMBMEM + i), 1);
	}
	for (i = 0; i < 8; i++)
		ASSERT_EQ(pread(vf.fd, &half[i], 2, VMBMEM + 2 * i), 2);
	EXPECT_EQ(memcmp(whole, bytes, 16), 0);
	EXPECT_EQ(memcmp(whole, half, 16), 0);
	ASSERT_EQ(pread(vf.fd, bytes, 7, VMBMEM + 1), 7);
	EXPECT_EQ(memcmp(whole + 1, bytes, 7), 0);
	guest_leave(&guest);
}

TEST(border, "an access across the end of page 0 is as whole as anywhere else")
{
	uint8_t buf[0x5000];

	guest_enter(&guest, &vf);
	wr(&guest, IVAR0, 0x8081);
	EXPECT_EQ(pread(vf.fd, buf, 0x2000, 0), 0x2000);
	EXPECT_EQ(buf[IVAR0], 0x81);
	EXPECT_EQ(pread(vf.fd, buf, 8, 0xffc), 8);
	/* As vfio has it: short at the end of the BAR, an error beyond. */
	EXPECT_EQ(pread(vf.fd, buf, 0x5000, 0), 0x4000);
	EXPECT_EQ(pread(vf.fd, buf, 4, 0x4000), -1);
	guest_leave(&guest);
}

TEST(border_fault, "what is done of an access before its memory fails at the border is told")
{
	uint8_t *at = mmap(NULL, 0x2000, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(at, MAP_FAILED);
	ASSERT_EQ(mprotect(at + 0x1000, 0x1000, PROT_NONE), 0);
	guest_enter(&guest, &vf);
	EXPECT_EQ(pread(vf.fd, at + 0xffc, 8, 0xffc), 4);
	EXPECT_EQ(pwrite(vf.fd, at + 0xffc, 8, 0xffc), 4);
	/* Of which nothing is done. */
	EXPECT_EQ(pread(vf.fd, at + 0x1000, 8, 0xffc), -1);
	EXPECT_EQ(pread(vf.fd, at + 0x1000, 4, 0x1000), -1);
	guest_leave(&guest);
	munmap(at, 0x2000);
}

TEST(counters, "accesses to page 0 are counted and nothing of a packet's way is among them")
{
	long reads, writes, messages;
	unsigned int i;
	uint16_t tag;

	guest_enter(&guest, &vf);
	reads = core_number(vf.bdf, "page0", "reads");
	rd(&guest, STATUS);
	EXPECT_EQ(core_number(vf.bdf, "page0", "reads"), reads + 1);
	writes = core_number(vf.bdf, "page0", "writes");
	wr(&guest, VMBMEM, 0);
	EXPECT_EQ(core_number(vf.bdf, "page0", "writes"), writes + 1);

	messages = core_number(vf.bdf, "page0", "messages");
	guest_boot(&guest);
	/* The handshake and the largest packet. */
	EXPECT_EQ(core_number(vf.bdf, "page0", "messages"), messages + 2);

	reads = core_number(vf.bdf, "page0", "reads");
	writes = core_number(vf.bdf, "page0", "writes");
	for (i = 0; i < 20; i++) {
		tx_post(&guest, 100);
		pf_send(guest.mac, -1, 100, i);
		EXPECT_GT(rx_wait(&guest, &tag), 0);
	}
	EXPECT_EQ(tx_sent(&guest), true);
	EXPECT_EQ(core_number(vf.bdf, "page0", "reads"), reads);
	EXPECT_EQ(core_number(vf.bdf, "page0", "writes"), writes);
	guest_leave(&guest);
}
