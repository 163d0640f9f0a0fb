# SPDX-License-Identifier: GPL-2.0-only
# Passes on a kernel's log without what is known of Linux itself, and provoked on
# purpose. Each is let go in the test that provokes it, and nowhere else.
#
# fault_bind.binding, Linux 6.1: vfio_create_group() puts a group that it could
# not name or add, and vfio_group_release() warns of what such a group still has.
# The test stops at the first place of vfio's part, which is before that; but what
# debugobjects takes in one turn and not in the next (16 objects at a time) can
# lead it past that place.

/selftest: /	{ provoked = /selftest: fault_bind\.binding/ }

provoked && /\[ cut here \]/ {
	holding = 1
	held = ""
}

holding {
	held = held $0 "\n"
	if (/end trace/) {
		if (held !~ /WARNING: [^\n]* vfio_group_release\+/ ||
		    held !~ /vfio_create_group\+/)
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
