# SPDX-License-Identifier: GPL-2.0-only
"""
VFs that QEMU opens by their own files and binds to an iommufd, at both ends or
at one: the drivers' streams know nothing of it. With the guest without a system.

An IOMMU that does not note what a device writes, like the host VM's, is no
source of a live migration: QEMU (10.0 and 11.1) takes all RAM for dirty only
where it has begun to track it, which it does not begin where it cannot
(vfio_container_set_dirty_page_tracking(), vfio_log_sync_needed()). What the VF
has written to a page that was sent before is lost. A warning is all that it has
to say when it starts, the same as with type1, where nothing is lost; one needs
enable-migration=on in either case. A guest that was paused first loses nothing.
"""

from functools import partial

from lib.migration import PAUSED_MS
from lib.qemus import NEWEST, V7_2, V10_0
from lib.tap import Skip, expect

from . import versions

V10_0_IOMMUFD = V10_0.by_iommufd()
NEWEST_IOMMUFD = NEWEST.by_iommufd()
BOTH = [(V10_0_IOMMUFD, V10_0_IOMMUFD), (V10_0_IOMMUFD, NEWEST_IOMMUFD),
        (NEWEST_IOMMUFD, NEWEST_IOMMUFD)]
ONE = [(V7_2, V10_0_IOMMUFD), (V10_0, V10_0_IOMMUFD), (V10_0, NEWEST_IOMMUFD)]
NOTHING_NOTED = "doesn't support device and IOMMU dirty tracking"


def check_possible(host):
    """Raises Skip with what that host's kernel has not."""
    if not host.exists("/dev/iommu"):
        raise Skip(f"{host.release()} has no /dev/iommu (CONFIG_IOMMUFD)")
    if " vfio-dev\n" not in host.read("/proc/devices"):
        raise Skip(f"{host.release()} has no files of VFIO devices (CONFIG_VFIO_DEVICE_CDEV)")


def check_opened(vm):
    """Its BARs are mapped from the VF's own file, or from what its group has handed out."""
    expect(("/dev/vfio/devices/" in vm.memory_map()) == vm.qemu.iommufd,
           f"{vm.name} ({vm.qemu}) has opened its VF in another way")


def checked(play, guest, there):
    check_opened(guest.vm)
    play(guest, there)
    check_opened(guest.vm)


def between(qemus, play, bench):
    for vf, qemu in zip(bench.vfs, qemus):
        if qemu.iommufd:
            check_possible(vf.host)
    versions.between(qemus, partial(checked, play), bench)


def loses_writes(vm):
    return vm.qemu.iommufd and NOTHING_NOTED in vm.log()


def leave(guest, target):
    """Live where that loses nothing."""
    if loses_writes(guest.vm):
        guest.move_paused(target, watched=True, downtime_limit=PAUSED_MS)
    else:
        guest.move(target, watched=True)
    check_opened(guest.vm)


def there_and_back(guest, there):
    here = guest.vm.vf
    leave(guest, there)
    leave(guest, here)


def live(guest, there):
    if loses_writes(guest.vm):
        raise Skip(f"{guest.vm.qemu} loses what a VF writes to RAM where the IOMMU does not note it")
    versions.live(guest, there)


def either_way(attempt, guest, there):
    here = guest.vm.vf
    versions.try_in_vain(attempt, guest, there)
    leave(guest, there)
    versions.try_in_vain(attempt, guest, here)


def title(qemu):
    return f"{qemu.version} ({qemu.protocol}, {'iommufd' if qemu.iommufd else 'type1'})"


FAILURES = [(name, partial(either_way, attempt)) for name, attempt in (
    ("cancelled while RAM is sent, either way", versions.cancelled),
    ("cancelled when the guest is stopped, either way", versions.cancelled_when_stopped),
    ("the destination is killed when the device's state comes, either way", versions.killed_late),
    ("one bit of the device's state is flipped, either way", versions.corrupt),
)]

SCENARIOS = [
    (f"iommufd: {title(a)} and {title(b)}: {name}", partial(between, (a, b), play))
    for pairs, plays in (
        (BOTH, [("live, there and back", live), ("paused, there and back", versions.paused)]),
        (ONE, [("there live, back paused if it must be", there_and_back)]),
        ([BOTH[0], ONE[0]], FAILURES))
    for a, b in pairs for name, play in plays
]
