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
#
# race_pf_gone, Linux 7.3 with lockdep: igb takes its VFs away when it lets go of
# the PF, and does not hold pci_rescan_remove_lock, which a VF's removal asserts.

/selftest: /	{ test = $0 }

# A warning of that function, called by way of the other one, in those tests.
function known_in(tests, text, warns, caller) {
	return test ~ "selftest: " tests && text ~ "WARNING: [^\n]* " warns "\\+" &&
	       text ~ " " caller "\\+"
}

function known(text) {
	return known_in("fault_bind\\.binding", text, "vfio_group_release", "vfio_create_group") ||
	       known_in("fault_open\\.closing", text, "__iommu_release_dma_ownership",
			"iommufd_device_unbind") ||
	       known_in("race_pf_gone\\.", text, "pci_stop_and_remove_bus_device", "igb_remove")
}

/\[ cut here \]/ {
	if (holding)
		printf "%s", held
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
