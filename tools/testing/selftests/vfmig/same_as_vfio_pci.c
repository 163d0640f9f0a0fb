// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a userspace driver does with a function that does not migrate: the same
 * calls under vfio-pci and under the driver that the function is bound to have
 * the same results. What differs is in a test of its own. The table in
 * Documentation/operating.rst has a row for each.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "fixture.h"
#include "igbvf.h"
#include "iommu.h"
#include "sysfs.h"

#define BAR_SIZE	0x4000

static char ours[SYSFS_TEXT];
static char said[2][8192];
static char *saying;

/* As a test may have been left. */
void before_open(void)
{
	char name[SYSFS_TEXT];

	iommu_need_type1("vfio-pci is opened by its group");
	driver_name(vf_first(), name);
	if (!*ours)
		strcpy(ours, name);
	if (strcmp(name, ours)) {
		device_put(vf_first(), "driver/unbind", vf_first());
		driver_bind(vf_first(), ours);
	}
}

static void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...)
{
	size_t len = strlen(saying);
	va_list args;

	va_start(args, fmt);
	vsnprintf(saying + len, sizeof(said[0]) - len, fmt, args);
	va_end(args);
}

/* 0 or what went wrong. */
static int err(long ret)
{
	return ret < 0 ? errno : 0;
}

static void bind_to(const char *driver)
{
	EXPECT_EQ(device_put(vf.bdf ?: vf_first(), "driver/unbind", vf_first()),
		  0);
	EXPECT_EQ(driver_bind(vf_first(), driver), 0, "%s", driver);
}

/*
 * @use does not leave the test, but says what it gets: ours is bound again
 * after it.
 */
static void by_both(void (*use)(void))
{
	said[0][0] = '\0';
	said[1][0] = '\0';
	saying = said[1];
	use();
	vf_close(&vf);
	if (access("/sys/bus/pci/drivers/vfio-pci", F_OK))
		ASSERT_EQ(system("modprobe vfio-pci"), 0);
	bind_to("vfio-pci");
	saying = said[0];
	if (vf_try_open(&vf, vf_first()))
		say("cannot be opened\n");
	else
		use();
	vf_close(&vf);
	bind_to(ours);
}

static void expect_same(void (*use)(void))
{
	by_both(use);
	EXPECT_GT(strlen(said[0]), 20);
	EXPECT_STREQ(said[1], said[0]);
}

static void info(void)
{
	struct vfio_device_info device = { .argsz = sizeof(device) };
	uint32_t i;

	say("device %d ", err(ioctl(vf.fd, VFIO_DEVICE_GET_INFO, &device)));
	say("flags %#x irqs %u\n", device.flags, device.num_irqs);
	for (i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		struct vfio_region_info region = {
			.argsz = sizeof(region),
			.index = i,
		};

		say("region %u: %d ", i,
		    err(ioctl(vf.fd, VFIO_DEVICE_GET_REGION_INFO, &region)));
		say("size %#llx offset %#llx flags %#x\n",
		    (unsigned long long)region.size,
		    (unsigned long long)region.offset,
		    region.flags & ~VFIO_REGION_INFO_FLAG_CAPS);
	}
	for (i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		struct vfio_irq_info irq = {
			.argsz = sizeof(irq),
			.index = i,
		};

		say("irq %u: %d ", i,
		    err(ioctl(vf.fd, VFIO_DEVICE_GET_IRQ_INFO, &irq)));
		say("count %u flags %#x\n", irq.count, irq.flags);
	}
}

TEST(told, "the device, its regions and its interrupts are what they are under vfio-pci")
{
	expect_same(info);
}

static void try_map(uint64_t at, size_t len, int prot, int flags)
{
	void *map = mmap(NULL, len, prot, flags, vf.fd, at);

	say("map %#llx of %#zx, %d, %d: %d\n", (unsigned long long)at, len,
	    prot, flags, map == MAP_FAILED ? errno : 0);
	if (map != MAP_FAILED)
		munmap(map, len);
}

static void map_all(void)
{
	int rw = PROT_READ | PROT_WRITE;

	for (int i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		uint64_t at = VF_REGION(i);

		try_map(at, BAR_SIZE, rw, MAP_SHARED);
		try_map(at, 0x1000, rw, MAP_SHARED);
		try_map(at, 0x1000, PROT_READ, MAP_SHARED);
		try_map(at, 0x1000, PROT_NONE, MAP_SHARED);
		try_map(at, 0x1000, PROT_READ, MAP_PRIVATE);
		try_map(at, BAR_SIZE + 0x1000, rw, MAP_SHARED);
		try_map(at + BAR_SIZE - 0x1000, 0x1000, rw, MAP_SHARED);
		try_map(at + BAR_SIZE, 0x1000, rw, MAP_SHARED);
	}
}

/*
 * What is expected of BARs in so many words is so of the 82576's functions, and the
 * emulated virtio VFs have a BAR 0 of that size, too.
 */
static bool has_bar0_of_82576(void)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	};
	uint16_t vendor;

	ASSERT_EQ(pread(vf.fd, &vendor, 2, VF_CONFIG + PCI_VENDOR_ID), 2);
	if (vendor != 0x8086)
		return false;
	ASSERT_EQ(ioctl(vf.fd, VFIO_DEVICE_GET_REGION_INFO, &info), 0);
	return info.flags & VFIO_REGION_INFO_FLAG_MMAP &&
	       info.size == BAR_SIZE;
}

TEST(mapped, "every BAR is mapped, whole and in parts, or is not, as under vfio-pci")
{
	bool bar0 = has_bar0_of_82576();

	expect_same(map_all);
	if (!bar0)
		return;
	EXPECT_NE(strstr(said[1], "map 0 of 0x4000, 3, 1: 0\n"), NULL);
	EXPECT_NE(strstr(said[1], "map 0x30000000000 of 0x4000, 3, 1: 0\n"),
		  NULL);
}

static uint32_t *map_bar0(void)
{
	void *map = mmap(NULL, BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vf.fd, 0);

	say("BAR 0 whole: %d\n", map == MAP_FAILED ? errno : 0);
	return map == MAP_FAILED ? NULL : map;
}

/* A register in a mapping of BAR 0. */
static uint32_t get(uint32_t *bar, uint32_t reg)
{
	return __atomic_load_n(bar + reg / 4, __ATOMIC_ACQUIRE);
}

static void put(uint32_t *bar, uint32_t reg, uint32_t val)
{
	__atomic_store_n(bar + reg / 4, val, __ATOMIC_RELEASE);
}

static uint32_t by_read(uint32_t reg)
{
	uint32_t val = ~0U;

	say("read %#x: %zd\n", reg, pread(vf.fd, &val, 4, reg));
	return val;
}

static void switch_on(void)
{
	uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	say("command: %zd\n", pwrite(vf.fd, &command, 2, VF_CONFIG + PCI_COMMAND));
}

static void use_mapping(void)
{
	uint32_t *bar = map_bar0();
	int status = -1;
	pid_t pid;

	switch_on();
	if (!bar)
		return;
	put(bar, EITR0, 0x120);
	put(bar, VMBMEM + 8, 0xabcdef);
	say("EITR0 %#x %#x\n", get(bar, EITR0), by_read(EITR0));
	say("VMBMEM %#x %#x\n", get(bar, VMBMEM + 8), by_read(VMBMEM + 8));
	say("STATUS %d\n", get(bar, STATUS) == by_read(STATUS));

	pid = fork();
	if (!pid)
		_exit(get(bar, VMBMEM + 8) == 0xabcdef ? 0 : 1);
	waitpid(pid, &status, 0);
	say("child %#x\n", status);

	/* vfio takes the pages away, and gives them back when they are used. */
	say("reset %d\n", err(ioctl(vf.fd, VFIO_DEVICE_RESET)));
	switch_on();
	say("EITR0 %#x\n", get(bar, EITR0));
	put(bar, EITR0, 0x240);
	say("EITR0 %#x\n", by_read(EITR0));

	say("page 1 away: %d\n", err(munmap((char *)bar + 0x1000, 0x1000)));
	say("STATUS %d\n", get(bar, STATUS) == by_read(STATUS));
	say("read only: %d\n", err(mprotect(bar, 0x1000, PROT_READ)));
	say("STATUS %d\n", get(bar, STATUS) == by_read(STATUS));
	say("larger: %d\n",
	    mremap((char *)bar + 0x2000, 0x2000, 0x4000, MREMAP_MAYMOVE) ==
	    MAP_FAILED ? errno : 0);
	munmap(bar, BAR_SIZE);
}

TEST(mapping_used, "a mapping of BAR 0 is used, over fork, reset and split, as under vfio-pci")
{
	expect_same(use_mapping);
}

static void access_all(void)
{
	static const struct {
		uint64_t at;
		size_t len;
	} accesses[] = {
		{ 0, 4 }, { 0, 1 }, { 9, 2 }, { VMBMEM, 16 }, { VMBMEM + 1, 7 },
		{ 0xffc, 8 }, { 0, 0x2000 }, { 0x3ffc, 4 }, { 0x3ffc, 8 },
		{ 0x4000, 4 }, { 0, 0 }, { 0x1000, 0 },
		{ VF_REGION(1), 4 }, { VF_REGION(2), 4 },
		{ VF_REGION(3), 16 }, { VF_REGION(3) + 0x2000, 8 },
		{ VF_REGION(3) + 0x3ffe, 4 }, { VF_REGION(3) + 0x4000, 1 },
		{ VF_REGION(6), 4 }, { VF_CONFIG, 64 }, { VF_CONFIG + 0xff, 2 },
		{ VF_CONFIG + 0xfff, 1 }, { VF_CONFIG + 0x1000, 1 },
		{ VF_REGION(8), 4 },
	};
	char buf[0x2000];
	ssize_t n;

	switch_on();
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		unsigned long long at = accesses[i].at;

		n = pread(vf.fd, buf, accesses[i].len, at);
		say("%#llx read %zd %d, ", at, n, err(n));
		n = pwrite(vf.fd, buf, accesses[i].len, at);
		say("write %zd %d, ", n, err(n));
		n = pread(vf.fd, NULL, accesses[i].len, at);
		say("to nowhere %zd %d, ", n, err(n));
		n = pwrite(vf.fd, NULL, accesses[i].len, at);
		say("from nowhere %zd %d\n", n, err(n));
	}
}

TEST(accessed, "reads and writes of any region and width end as under vfio-pci")
{
	expect_same(access_all);
}

static int set_irqs(uint32_t flags, uint32_t count, const int32_t *fds)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd[3];
	} arg = {
		.set = {
			.argsz = sizeof(arg.set) + (fds ? count * 4 : 0),
			.flags = flags,
			.index = VFIO_PCI_MSIX_IRQ_INDEX,
			.count = count,
		},
	};

	if (fds)
		memcpy(arg.fd, fds, count * sizeof(*fds));
	return err(ioctl(vf.fd, VFIO_DEVICE_SET_IRQS, &arg));
}

static void raise_all(void)
{
	uint32_t trigger = VFIO_IRQ_SET_ACTION_TRIGGER;
	int32_t fd[3];
	uint64_t n;
	int i;

	for (i = 0; i < 3; i++)
		fd[i] = eventfd(0, EFD_NONBLOCK);
	say("too many: %d\n", set_irqs(VFIO_IRQ_SET_DATA_NONE | trigger, 4, NULL));
	say("eventfds: %d\n",
	    set_irqs(VFIO_IRQ_SET_DATA_EVENTFD | trigger, 3, fd));
	say("trigger: %d\n", set_irqs(VFIO_IRQ_SET_DATA_NONE | trigger, 3, NULL));
	for (i = 0; i < 3; i++)
		say("fired: %zd\n", read(fd[i], &n, sizeof(n)));
	say("mask: %d\n", set_irqs(VFIO_IRQ_SET_DATA_NONE |
				   VFIO_IRQ_SET_ACTION_MASK, 1, NULL));
	say("off: %d\n", set_irqs(VFIO_IRQ_SET_DATA_NONE | trigger, 0, NULL));
	say("trigger: %d\n", set_irqs(VFIO_IRQ_SET_DATA_NONE | trigger, 1, NULL));
	for (i = 0; i < 3; i++)
		close(fd[i]);
}

TEST(interrupts, "eventfds of the vectors, and their being triggered, are as under vfio-pci")
{
	expect_same(raise_all);
}

static void map_for_dma(void)
{
	void *mem = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t *bar = map_bar0();

	switch_on();
	say("memory: %d\n", iommu()->map(&vf, 0x100000, mem, 0x10000));
	say("again: %d\n", iommu()->map(&vf, 0x100000, mem, 0x10000));
	say("off: %d\n", iommu()->unmap(&vf, 0x100000, 0x10000));
	if (bar) {
		say("BAR 0: %d\n",
		    iommu()->map(&vf, 0x200000, bar, BAR_SIZE));
		say("off: %d\n", iommu()->unmap(&vf, 0x200000, BAR_SIZE));
		say("page 0: %d\n",
		    iommu()->map(&vf, 0x200000, bar, 0x1000));
		say("off: %d\n", iommu()->unmap(&vf, 0x200000, 0x1000));
		munmap(bar, BAR_SIZE);
	}
	munmap(mem, 0x10000);
}

TEST(dma, "memory and BAR 0 are mapped for DMA as under vfio-pci")
{
	expect_same(map_for_dma);
}

static void reset_all(void)
{
	struct {
		struct vfio_pci_hot_reset_info info;
		struct vfio_pci_dependent_device devices[16];
	} hot = { .info.argsz = sizeof(hot) };
	uint32_t val = 0x360;

	switch_on();
	say("write %zd\n", pwrite(vf.fd, &val, 4, EITR0));
	say("reset %d\n", err(ioctl(vf.fd, VFIO_DEVICE_RESET)));
	switch_on();
	say("EITR0 %#x\n", by_read(EITR0));
	say("hot reset %d ",
	    err(ioctl(vf.fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &hot)));
	say("of %u\n", hot.info.count);
	say("sysfs %d\n", sysfs_reset(vf_first()));
}

TEST(reset, "resets do what they do under vfio-pci")
{
	expect_same(reset_all);
}

/* Of the features up to 15, all but those of migration. */
static bool is_migration(uint32_t feature)
{
	return feature == VFIO_DEVICE_FEATURE_MIGRATION ||
	       feature == VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE ||
	       (feature >= 6 && feature <= 9) || feature == 12;
}

static void probe_features(void)
{
	static const uint32_t ways[] = {
		VFIO_DEVICE_FEATURE_GET, VFIO_DEVICE_FEATURE_SET,
	};
	struct {
		struct vfio_device_feature feature;
		uint32_t region, open_flags, flags, nr;
		uint64_t offset, length;
	} buf = {
		.feature = {
			.argsz = sizeof(buf),
			/* VFIO_DEVICE_FEATURE_DMA_BUF */
			.flags = VFIO_DEVICE_FEATURE_GET | 11,
		},
		.open_flags = O_RDWR | O_CLOEXEC,
		.nr = 1,
		.length = BAR_SIZE,
	};
	int fd;

	for (uint32_t i = 0; i < 16; i++)
		for (size_t j = 0; j < ARRAY_SIZE(ways) && !is_migration(i); j++) {
			struct vfio_device_feature probe = {
				.argsz = sizeof(probe),
				.flags = VFIO_DEVICE_FEATURE_PROBE | ways[j] | i,
			};

			say("feature %u %zu: %d\n", i, j,
			    err(ioctl(vf.fd, VFIO_DEVICE_FEATURE, &probe)));
		}
	try_map(0, 0x1000, PROT_READ, MAP_SHARED);
	fd = ioctl(vf.fd, VFIO_DEVICE_FEATURE, &buf);
	say("dma-buf of BAR 0: %d\n", err(fd));
	if (fd >= 0)
		close(fd);
}

TEST(features, "features but those of migration, and a dma-buf of BAR 0, are as under vfio-pci")
{
	expect_same(probe_features);
}

static void ask_what_differs(void)
{
	struct vfio_device_info device = { .argsz = sizeof(device) };
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = EITR0,
		.fd = eventfd(0, 0),
	};
	struct vfio_device_feature probe = {
		.argsz = sizeof(probe),
		.flags = VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET |
			 VFIO_DEVICE_FEATURE_MIGRATION,
	};
	struct {
		struct vfio_region_info region;
		char caps[256];
	} info = { .region = { .argsz = sizeof(info) } };

	ioctl(vf.fd, VFIO_DEVICE_GET_INFO, &device);
	say("regions %u\n", device.num_regions);
	say("migration %d\n", err(ioctl(vf.fd, VFIO_DEVICE_FEATURE, &probe)));
	for (int i = 0; i < 4; i += 3) {
		info.region.index = i;
		info.region.argsz = sizeof(info);
		ioctl(vf.fd, VFIO_DEVICE_GET_REGION_INFO, &info);
		say("BAR %d cap %u\n", i, info.region.cap_offset ?
		    *(uint16_t *)((char *)&info + info.region.cap_offset) : 0);
	}
	say("ioeventfd %d\n", err(ioctl(vf.fd, VFIO_DEVICE_IOEVENTFD, &arg)));
	close(arg.fd);
}

TEST(differs, "what differs: migration, what is offered to be mapped, igbvf's ioeventfd")
{
	bool igbvf = !strncmp(ours, "igbvf", 5);
	char want[256];

	if (!has_bar0_of_82576())
		SKIP("no function of Intel's with a BAR 0 of %#x bytes", BAR_SIZE);
	by_both(ask_what_differs);
	EXPECT_STREQ(said[0],
		     "regions 9\nmigration 25\nBAR 0 cap 0\nBAR 3 cap 3\nioeventfd 0\n");
	/* EINVAL, so that nothing is written to page 0 behind the driver. */
	snprintf(want, sizeof(want),
		 "regions 10\nmigration 0\nBAR 0 cap %d\nBAR 3 cap 1\nioeventfd %d\n",
		 igbvf ? VFIO_REGION_INFO_CAP_SPARSE_MMAP : 0,
		 igbvf ? EINVAL : 0);
	EXPECT_STREQ(said[1], want);
}
