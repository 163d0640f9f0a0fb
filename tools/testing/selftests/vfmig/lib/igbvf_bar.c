// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "fixture.h"
#include "igbvf_bar.h"

uint32_t *page0;

void map_bar0(void)
{
	void *map = mmap(NULL, BAR0_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vf.fd, 0);

	ASSERT_NE(map, MAP_FAILED, "mmap: %s", strerror(errno));
	page0 = map;
}

void unmap_bar0(void)
{
	ASSERT_EQ(munmap(page0, BAR0_SIZE), 0);
	page0 = NULL;
}

void drop_bar0(void)
{
	if (page0)
		munmap(page0, BAR0_SIZE);
	page0 = NULL;
}

int try_mmap(uint64_t at, size_t len)
{
	void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, vf.fd,
			 at);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, len);
	return 0;
}
