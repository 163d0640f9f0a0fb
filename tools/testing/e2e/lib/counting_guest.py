# SPDX-License-Identifier: GPL-2.0-only
"""The guest that is a boot sector of its VF, and proves each write: see tools/guest/counter."""

import re
import struct

from .moving import MovingGuest
from .tap import expect
from .vfs import project_dir
from .virtio import SECTOR
from .vm import Vm
from .waiting import until

COUNT_SECTOR = 1
# Of the counts, it says one in so many.
STEP = 64
BOOT_LIMIT = 120
GOES_ON_LIMIT = 60
GOES_ON = 2 * STEP
RESET_DISK = "f"
# The count that it begins with, or one that it has come to; a word may be cut off by a reboot.
_word = re.compile(r"(S?)([a-p]{8})\n")


def _number(line):
    return int("".join(f"{ord(letter) - ord('a'):x}" for letter in line), 16)


class CountingGuest(MovingGuest):
    def __init__(self, disk, vf):
        self._disk = disk
        self._said_earlier = ""
        self.boots = 0
        with open(f"{project_dir()}/build/guest/counter", "rb") as file:
            disk.write(0, file.read() + bytes(SECTOR))
        super().__init__(Vm(vf))
        try:
            until(self.count, BOOT_LIMIT, "the guest to boot from its VF")
        except BaseException:
            self.end()
            raise

    def new_qemu(self, vf):
        return Vm(vf, incoming=True)

    def take_over(self, migration, vm):
        self._said_earlier += migration.source.console()
        super().take_over(migration, vm)

    def count(self):
        """The last one that was said; each that was said before has been looked at."""
        self.boots, last = 0, 0
        said = self._said_earlier + self.vm.console()
        expect("X" not in said, f"{self.vm.name}: a write was lost or doubled after {said[-20:]!r}")
        for begins, letters in _word.findall(said):
            count = _number(letters)
            if begins:
                self.boots += 1
                expect(last <= count <= last + STEP, f"{self.vm.name}: has found {count} after {last}")
            else:
                expect(count == (last // STEP + 1) * STEP, f"{self.vm.name}: said {count} after {last}")
            last = count
        return last

    def wait_counts(self, counts):
        begun = self.count()
        until(lambda: self.count() >= begun + counts, GOES_ON_LIMIT,
              f"the guest to count on from {begun}")

    def check_alive(self):
        self.wait_counts(GOES_ON)

    def reset_disk(self):
        """Behind the back of its driver, so that it has none."""
        self.vm.agent.tell(RESET_DISK)

    def reboot(self):
        """By QEMU's reset button; it has its disk again after this, whatever it waits for."""
        self.vm.qmp.execute("set-action", reboot="reset")
        self.count()
        boots = self.boots
        self.vm.qmp.execute("system_reset")
        until(lambda: self.count() and self.boots > boots, BOOT_LIMIT, "the guest to boot again")

    def check_none_lost(self):
        """By what the host finds on the disk."""
        self.vm.qmp.execute("stop")
        said = self.count()
        stored = struct.unpack_from("<I", self._disk.read(COUNT_SECTOR))[0]
        expect(said <= stored <= said + STEP, f"the guest has said {said}, the disk has {stored}")
        self.vm.qmp.execute("cont")
