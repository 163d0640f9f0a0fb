# SPDX-License-Identifier: GPL-2.0-only
"""What whoever started us knows better: it comes by the environment."""

import os

# The harness's name of the kernel under test, under which its modules are built.
KERNEL = os.environ.get("VFMIG_KERNEL", "6.1")
# The other host's address, where there are two.
FAR = os.environ.get("VFMIG_FAR")
# The properties of each emulated virtio owner, in whose place there is no igb; whether
# the first one has a SoC and nothing else to migrate its VFs by; and what its standard is.
VIRTIO = os.environ.get("VFMIG_VIRTIO", "").split()
_properties = VIRTIO[0].split(",") if VIRTIO else []
OOB = "admin=off" in _properties
STANDARD = ("oob" if OOB else "1.4" if "standard=1.4" in _properties else "draft") if VIRTIO else None
# Every limit is that many times as long: a kernel full of checks is slow.
PATIENCE = float(os.environ.get("VFMIG_PATIENCE", "1"))
# What guests run under, kvm or tcg; without it, whatever accel.py finds.
GUEST_ACCEL = os.environ.get("VFMIG_GUEST_ACCEL")
# RAM in huge pages, see vm.py; the bench has a reason against it.
HUGE_PAGES = os.environ.get("VFMIG_HUGE_PAGES", "1") == "1"
# Round trips of the soak: a guest without a system, and the Linux guest.
SOAK_ROUNDS = int(os.environ.get("SOAK_ROUNDS", "200"))
SOAK_LINUX_ROUNDS = int(os.environ.get("SOAK_LINUX_ROUNDS", "20"))
# Guests that are booted one after the other, on request.
BOOTS = int(os.environ.get("BOOTS", "20"))
