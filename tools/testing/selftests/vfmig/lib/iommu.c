// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "iommu.h"
#include "tap.h"

const struct iommu *iommu(void)
{
	const char *name = getenv("VFMIG_IOMMU");

	if (!name || !*name || !strcmp(name, iommu_type1.name))
		return &iommu_type1;
	if (!strcmp(name, iommu_iommufd.name))
		return &iommu_iommufd;
	tap_note("VFMIG_IOMMU=%s is neither %s nor %s", name, iommu_type1.name,
		 iommu_iommufd.name);
	exit(EXIT_FAILURE);
}

void iommu_need(void)
{
	const char *why = iommu()->missing ? iommu()->missing() : NULL;

	if (why)
		SKIP("%s", why);
}

void iommu_need_type1(const char *why)
{
	if (iommu() != &iommu_type1)
		SKIP("%s", why);
}
