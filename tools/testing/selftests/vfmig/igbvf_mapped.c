// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who maps page 0 of BAR 0 asks the PF unseen, and is not saved until a reset
 * without a mapping has made the PF forget it: whatever the mapping has gone
 * through, whoever has it, and whoever resets.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "config.h"
#include "fixture.h"
#include "igbvf.h"
#include "igbvf_bar.h"
#include "iommu.h"
#include "sysfs.h"
#include "v2.h"

/* What a refusal says while there is a mapping, and once there is none. */
#define IS_MAPPED	"page 0 of BAR 0 is mapped"
#define WAS_MAPPED	"page 0 of BAR 0 was mapped"

/* A test may have been left with its mapping. */
void before_open(void)
{
	drop_bar0();
}

/* By each protocol and from each state that a save begins in. */
static void expect_refused(const char *reason)
{
	int fd;

	EXPECT_NE(vf_set_state(&vf, STATE_PRE_COPY), 0);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), reason), NULL,
		  "%s: %s", reason, core_text(vf.bdf, "last_error"));
	EXPECT_NE(vf_set_state(&vf, STATE_STOP_COPY), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	vf_go(&vf, STATE_STOP);
	EXPECT_NE(vf_set_state(&vf, STATE_STOP_COPY), 0);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), reason), NULL,
		  "%s: %s", reason, core_text(vf.bdf, "last_error"));
	vf_go(&vf, STATE_RUNNING);

	if (v2_can(&vf, V2_PRE_COPY)) {
		EXPECT_NE(v2_set_state(&vf, V2_PRE_COPY, &fd), 0);
		EXPECT_EQ(fd, NO_FD);
	}
	v2_go(&vf, V2_STOP);
	EXPECT_NE(v2_set_state(&vf, V2_STOP_COPY, &fd), 0);
	EXPECT_EQ(fd, NO_FD);
	v2_go(&vf, V2_RUNNING);
	tap_note("%s", core_text(vf.bdf, "last_error"));
}

TEST(unseen, "whose page 0 is mapped, or was since the last reset, is not saved, with that reason")
{
	need_whole_transfer();
	map_bar0();
	EXPECT_EQ(core_number(vf.bdf, "page0", "mappings"), 1);
	expect_refused(IS_MAPPED);
	unmap_bar0();
	expect_refused(WAS_MAPPED);
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();

	/* To read is enough: reading clears what says that the PF answered. */
	page0 = mmap(NULL, 0x1000, PROT_READ, MAP_SHARED, vf.fd, 0);
	ASSERT_NE(page0, MAP_FAILED);
	expect_refused(IS_MAPPED);
	munmap(page0, 0x1000);
	page0 = NULL;
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
}

TEST(others_seen, "a mapping of the other pages, or one that is refused, costs nothing")
{
	EXPECT_EQ(try_mmap(0x1000, 0x3000), 0);
	EXPECT_EQ(try_mmap(0, 0x5000), -EINVAL);
	EXPECT_EQ(mmap(NULL, 0x1000, PROT_READ, MAP_PRIVATE, vf.fd, 0) ==
		  MAP_FAILED, true);
	need_whole_transfer();
}

TEST(pre_copied, "a mapping made in pre-copy fails the save at its last phase")
{
	vf_go(&vf, STATE_PRE_COPY);
	EXPECT_EQ(try_mmap(0, 0x1000), 0);
	EXPECT_NE(vf_set_state(&vf, STATE_STOP_COPY), 0);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), WAS_MAPPED), NULL);
	vf_go(&vf, STATE_RUNNING);
}

TEST(reset_while_mapped, "a reset, whoever does it, helps only once there is no mapping")
{
	for (int way = 0; way < 3; way++) {
		map_bar0();
		for (int again = 0; again < 2; again++) {
			switch (way) {
			case 0:
				ASSERT_EQ(vf_reset(&vf), 0);
				break;
			case 1:
				ASSERT_EQ(sysfs_reset(vf.bdf), 0);
				break;
			case 2:
				ASSERT_EQ(config_reset(&vf), 0);
				break;
			}
			if (again)
				break;
			EXPECT_NE(vf_set_state(&vf, STATE_PRE_COPY), 0,
				  "way %d", way);
			unmap_bar0();
			EXPECT_NE(vf_set_state(&vf, STATE_PRE_COPY), 0,
				  "way %d", way);
		}
		need_whole_transfer();
	}
}

TEST(forked, "a child's mapping is one, too")
{
	int status, gate[2];
	char byte = 0;
	pid_t pid;

	ASSERT_EQ(pipe(gate), 0);
	map_bar0();
	pid = fork();
	if (!pid) {
		close(gate[1]);
		/* Until the parent closes its end. */
		if (read(gate[0], &byte, 1))
			_exit(1);
		__atomic_store_n(page0 + VMBMEM / 4, 1, __ATOMIC_RELEASE);
		_exit(0);
	}
	ASSERT_GT(pid, 0);
	close(gate[0]);
	unmap_bar0();
	EXPECT_EQ(core_number(vf.bdf, "page0", "mappings"), 1);
	ASSERT_EQ(vf_reset(&vf), 0);
	expect_refused(IS_MAPPED);
	close(gate[1]);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	expect_refused(WAS_MAPPED);
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
}

TEST(moved, "so is one that was moved, or split")
{
	void *to;

	map_bar0();
	to = mmap(NULL, BAR0_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		  0);
	ASSERT_NE(to, MAP_FAILED);
	ASSERT_EQ(mremap(page0, BAR0_SIZE, BAR0_SIZE,
			 MREMAP_MAYMOVE | MREMAP_FIXED, to) == to, true,
		  "%s", strerror(errno));
	page0 = to;
	EXPECT_EQ(core_number(vf.bdf, "page0", "mappings"), 1);
	ASSERT_EQ(vf_reset(&vf), 0);
	expect_refused(IS_MAPPED);
	unmap_bar0();

	map_bar0();
	ASSERT_EQ(munmap((char *)page0 + 0x2000, 0x1000), 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	expect_refused(IS_MAPPED);
	ASSERT_EQ(mprotect(page0, 0x1000, PROT_READ), 0);
	unmap_bar0();
	EXPECT_EQ(core_number(vf.bdf, "page0", "mappings"), 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
}

TEST(next_owner, "nothing of it is left to who opens the function next")
{
	iommu_need_type1("a device that is bound by iommufd has one file only");
	map_bar0();
	close(vf.fd);
	vf.fd = -1;
	/* The mapping holds the device open: its state is as it was. */
	vf.fd = vf_open_device(&vf);
	ASSERT_GT(vf.fd, -1);
	expect_refused(IS_MAPPED);
	unmap_bar0();
	expect_refused(WAS_MAPPED);
	reopen();
	need_whole_transfer();
}

TEST(loaded, "it can be loaded, and is saved no more than before")
{
	struct bytes stream = {};

	save_stopped(&vf, &stream);
	map_bar0();
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &stream), 0);
	vf_go(&vf, STATE_RUNNING);
	expect_refused(IS_MAPPED);
	unmap_bar0();
	expect_refused(WAS_MAPPED);
	ASSERT_EQ(vf_reset(&vf), 0);
	ASSERT_EQ(vf_set_state(&vf, STATE_RESUMING), 0);
	ASSERT_EQ(load_all(&vf, &stream), 0);
	vf_go(&vf, STATE_RUNNING);
	need_whole_transfer();
	bytes_free(&stream);
}

/* VFIO_DEVICE_FEATURE_DMA_BUF, 6.19. */
#define FEATURE_DMA_BUF	11

struct dma_buf {
	uint32_t region;
	uint32_t open_flags;
	uint32_t flags;
	uint32_t nr;
	struct {
		uint64_t offset;
		uint64_t length;
	} range[2];
};

static int dma_buf_of(uint64_t first, uint64_t second)
{
	struct {
		struct vfio_device_feature feature;
		struct dma_buf buf;
	} arg = {
		.feature = {
			.argsz = sizeof(arg),
			.flags = VFIO_DEVICE_FEATURE_GET | FEATURE_DMA_BUF,
		},
		.buf = {
			.open_flags = O_RDWR | O_CLOEXEC,
			.nr = 2,
			.range = { { first, 0x1000 }, { second, 0x1000 } },
		},
	};
	int fd = ioctl(vf.fd, VFIO_DEVICE_FEATURE, &arg);

	return fd < 0 ? -errno : fd;
}

TEST(dma_buf, "a dma-buf of page 0 is a mapping until the device is closed")
{
	int fd;

	/* Claims the BAR, which the feature wants. */
	ASSERT_EQ(try_mmap(0x1000, 0x1000), 0);
	fd = dma_buf_of(0x1000, 0x2000);
	if (fd == -ENOTTY)
		SKIP("this kernel makes no dma-buf of a BAR");
	ASSERT_GT(fd, -1);
	need_whole_transfer();
	close(fd);

	fd = dma_buf_of(0x1000, 0);
	ASSERT_GT(fd, -1);
	expect_refused(IS_MAPPED);
	ASSERT_EQ(vf_reset(&vf), 0);
	expect_refused(IS_MAPPED);
	close(fd);
	ASSERT_EQ(vf_reset(&vf), 0);
	expect_refused(IS_MAPPED);
	reopen();
	need_whole_transfer();
}

static bool enough;

/*
 * Linux 6.1 warns of a munmap() of a BAR that a reset meets: both clear the
 * entries with the memory read-locked. To map something else there does not.
 */
static bool map_and_unmap(size_t len)
{
	void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, vf.fd,
			 0);

	if (map == MAP_FAILED)
		return false;
	if (mmap(map, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0) != map)
		return false;
	return !munmap(map, len);
}

static void *keep_mapping(void *arg)
{
	while (!__atomic_load_n(&enough, __ATOMIC_RELAXED))
		if (!map_and_unmap(BAR0_SIZE) || !map_and_unmap(0x1000))
			return (void *)1;
	return arg;
}

TEST(races, "mappings that come and go under resets and saves leave none behind, and no save")
{
	pthread_t thread[2];
	unsigned int i;
	void *ret;

	enough = false;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, keep_mapping, NULL),
			  0);
	for (i = 0; i < 50; i++) {
		EXPECT_EQ(vf_reset(&vf), 0);
		if (!vf_set_state(&vf, STATE_PRE_COPY))
			vf_set_state(&vf, STATE_RUNNING);
		if (!vf_set_state(&vf, STATE_STOP_COPY))
			vf_set_state(&vf, STATE_RUNNING);
	}
	__atomic_store_n(&enough, true, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(pthread_join(thread[i], &ret), 0);
		EXPECT_EQ((long)ret, 0);
	}
	EXPECT_EQ(core_number(vf.bdf, "page0", "mappings"), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	EXPECT_EQ(try_mmap(0, 0x1000), 0);
	expect_refused(WAS_MAPPED);
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
}
