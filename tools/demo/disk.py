# SPDX-License-Identifier: GPL-2.0-only
"""A Linux guest whose disk is a virtio VF, which it writes to all the while."""

from lib import kvm_exits, timeline, virtio
from lib.accel import accel
from lib.disk_guest import DiskGuest


class Disk:
    well = "no complaint in the guest, its files are written and verified on"
    make_bed = virtio.Bed

    def __init__(self, say):
        self.say = say
        self.bed = self.make_bed()
        self.a, self.b = self.bed.vfs
        self.introduce()
        say(accel())
        kvm_exits.record(self.a.host)
        self.guest = DiskGuest(self.bed.disk, self.a, say)
        say("the guest has its disk: Debian's kernel, its stock virtio_blk, A passed through")

    def introduce(self):
        self.say(f"drivers loaded: {self.bed.owner.driver()} has the PF, {self.a.driver()} its VFs; "
                 f"A is {self.a}, B is {self.b}")
        self.say(f"their owner migrates them by {self.bed.design()}")

    def move(self, name, target):
        """One way; returns what was wrong."""
        before = self.guest.files()
        try:
            migration = self.guest.go(target)
            self.say(f"{name}: completed, the guest runs at the destination")
            self.guest.check_alive()
        except AssertionError as error:
            return [str(error)]
        self._report(name, migration, before)
        return []

    def _report(self, name, migration, before):
        now = self.guest.files()
        print(f"\n  {name}")
        for line in (*timeline.lines(migration), *self.carried()):
            print(f"  {line}")
        print(f"  files meanwhile: {now['written'] - before['written']} written anew, "
              f"{now['verified'] - before['verified']} read and compared\n", flush=True)

    def carried(self):
        """Who had the state in between, where there is more to say of that."""
        return []

    def end(self):
        """What the host finds on the disk."""
        try:
            whole = self.guest.check_none_lost()
        except AssertionError as error:
            return [str(error)]
        self.say(f"the host looks at the disk: no fault in the file system, {whole} files are "
                 "as the guest wrote them last")
        return []
