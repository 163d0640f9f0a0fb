# SPDX-License-Identifier: GPL-2.0-only
"""The Linux guest with a file system on its VF moves by way of agents, plugin and SoC."""

from lib.disk_guest import DiskGuest
from lib.qemus import V7_2, V10_0
from lib.scenario import only_on
from lib.tap import Tap, expect

from .versions import check_possible

MORE = 8 << 20
ROUTE = [(V7_2, 1), (V10_0, 0), (V10_0, 1), (V7_2, 0)]


def there_and_back(bed):
    """By v1; from v1 to v2 and back; by v2. On the way back the SoC has 8 MiB more to carry."""
    check_possible((V7_2, V10_0), bed.vfs)
    bed.vfs[0].qemu = V7_2
    guest = DiskGuest(bed.disk, bed.vfs[0], Tap.note)
    try:
        for step, (qemu, index) in enumerate(ROUTE):
            source, there = guest.vm.vf, bed.vfs[index]
            there.qemu = qemu
            if step == 2:
                bed.trouble.set("extra", MORE)
            before, by = bed.moved_so_far(), guest.vm.qemu
            migration = guest.move(there, watched=True)
            bed.expect_agents_moved(source, there, before)
            files = guest.files()
            Tap.note(f"{by} to {qemu}: downtime by QEMU: {migration.figures['downtime']} ms; "
                     f"{files['written']} files written, {files['verified']} verified")
        expect(bed.agent(bed.vfs[0]).bytes_moved()[1] > MORE, "what was more was not moved")
        Tap.note(f"by the host: no fault in the file system, {guest.check_none_lost()} files are whole")
    finally:
        bed.trouble.set("extra", 0)
        guest.end()


SCENARIOS = only_on(["6.1"], [
    ("oob: the Linux guest writes to its file system: 7.2, 7.2, 10.0, 10.0, 7.2", there_and_back),
])
