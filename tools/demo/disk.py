# SPDX-License-Identifier: GPL-2.0-only
"""A Linux guest whose disk is a virtio VF, which it writes to all the while."""

from lib import kvm_exits, timeline, virtio
from lib.accel import accel
from lib.disk_guest import DiskGuest


class Disk:
    well = "no complaint in the guest, its files are written and verified on"

    def __init__(self, say):
        self._say = say
        bed = virtio.Bed()
        self.a, self.b = bed.vfs
        say(f"drivers loaded: {bed.owner.driver()} has the PF, {self.a.driver()} its VFs; "
            f"A is {self.a}, B is {self.b}")
        say(f"their owner migrates them by {bed.design()}")
        say(accel())
        kvm_exits.record(self.a.host)
        self._guest = DiskGuest(bed.disk, self.a, say)
        say("the guest has its disk: Debian's kernel, its stock virtio_blk, A passed through")

    def move(self, name, target):
        """One way; returns what was wrong."""
        before = self._guest.files()
        try:
            migration = self._guest.go(target)
            self._say(f"{name}: completed, the guest runs at the destination")
            self._guest.check_alive()
        except AssertionError as error:
            return [str(error)]
        self._report(name, migration, before)
        return []

    def _report(self, name, migration, before):
        now = self._guest.files()
        print(f"\n  {name}")
        for line in timeline.lines(migration):
            print(f"  {line}")
        print(f"  files meanwhile: {now['written'] - before['written']} written anew, "
              f"{now['verified'] - before['verified']} read and compared\n", flush=True)

    def end(self):
        """What the host finds on the disk."""
        try:
            whole = self._guest.check_none_lost()
        except AssertionError as error:
            return [str(error)]
        self._say(f"the host looks at the disk: no fault in the file system, {whole} files are "
                  "as the guest wrote them last")
        return []
