// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked to the kernel's selftests, which take iommufd where a test does not say
 * otherwise: type1 in a kernel that has no iommufd, as Debian's have none.
 */
#include <unistd.h>

#include <libvfio.h>

static void __attribute__((constructor)) choose_mode(void)
{
	if (access("/dev/iommu", F_OK))
		default_iommu_mode = MODE_VFIO_TYPE1V2_IOMMU;
}
