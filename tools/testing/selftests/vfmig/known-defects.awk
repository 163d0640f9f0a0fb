# SPDX-License-Identifier: GPL-2.0-only
# Passes on a kernel's log without what is known of Linux itself, and provoked on
# purpose. Each is let go in the test that provokes it, and nowhere else.
#
# fault_bind.binding, Linux 6.1: vfio_create_group() puts a group that it could
# not name or add, and vfio_group_release() warns of what such a group still has.
# The test stops at the first place of vfio's part, which is before that; but what
# debugobjects takes in one turn and not in the next (16 objects at a time) can
# lead it past that place.
#
# fault_open.closing by iommufd, Linux 7.3: a device that is closed goes back to
# its group's own domain, which iommu.c takes for granted; but VT-d allocates what
# it attaches with, and __iommu_release_dma_ownership() warns where it cannot.

/selftest: /	{ test = $0 }

function known(text) {
	return (test ~ /selftest: fault_bind\.binding/ &&
		text ~ /WARNING: [^\n]* vfio_group_release\+/ &&
		text ~ /vfio_create_group\+/) ||
	       (test ~ /selftest: fault_open\.closing/ &&
		text ~ /WARNING: [^\n]* __iommu_release_dma_ownership\+/ &&
		text ~ /iommufd_device_unbind\+/)
}

test ~ /selftest: fault_(bind\.binding|open\.closing)/ && /\[ cut here \]/ {
	holding = 1
	held = ""
}

holding {
	held = held $0 "\n"
	if (/end trace/) {
		if (!known(held))
			printf "%s", held
		holding = 0
	}
	next
}

{ print }

END {
	if (holding)
		printf "%s", held
}
