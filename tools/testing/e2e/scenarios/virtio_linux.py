# SPDX-License-Identifier: GPL-2.0-only
"""The Linux guest with a file system on its VF, which it writes to all the while."""

from lib.disk_guest import DiskGuest
from lib.qemus import NEWEST, V7_2, V10_0
from lib.scenario import only_on
from lib.tap import Tap

from .versions import check_possible


def there_and_back(bed):
    """By v1; from v1 to v2 and back; by v2."""
    a, b = bed.vfs
    check_possible((V7_2, V10_0, NEWEST), (a, a, a))
    a.qemu = V7_2
    guest = DiskGuest(bed.disk, a, Tap.note)
    try:
        for qemu, there in ((V7_2, b), (V10_0, a), (NEWEST, b), (V7_2, a)):
            there.qemu = qemu
            source = guest.vm.qemu
            migration = guest.move(there, watched=True)
            files = guest.files()
            Tap.note(f"{source} to {qemu}: downtime by QEMU: {migration.figures['downtime']} ms; "
                     f"{files['written']} files written, {files['verified']} verified")
        Tap.note(f"by the host: no fault in the file system, {guest.check_none_lost()} files are whole")
    finally:
        guest.end()


SCENARIOS = only_on(["6.1 draft", "newest 1.4"], [
    ("virtio: the Linux guest writes to its file system: 7.2, 7.2, 10.0, newest, 7.2", there_and_back),
])
