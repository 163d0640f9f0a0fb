# SPDX-License-Identifier: GPL-2.0-only
"""A guest that has lost a write is not taken for one that goes on."""

import struct

from lib.counting_guest import COUNT_SECTOR, STEP, CountingGuest
from lib.qemus import V7_2
from lib.scenario import only_on
from lib.tap import expect
from lib.virtio import SECTOR
from lib.waiting import until

NOTICED_LIMIT = 60


def put_back(bed, count):
    bed.disk.write(COUNT_SECTOR, struct.pack("<I", count).ljust(SECTOR, b"\0"))


def complains(check):
    try:
        check()
    except AssertionError as error:
        return str(error)
    return None


def lost_under_way(bed, guest, count):
    """What lies between the guest's reading and its writing is written over: tried again."""
    put_back(bed, count)
    return complains(guest.count)


def lost_writes(bed):
    """By the host: at the end, when the guest cannot notice; and under it."""
    bed.vfs[0].qemu = V7_2
    guest = CountingGuest(bed.disk, bed.vfs[0])
    try:
        guest.vm.qmp.execute("stop")
        sector = bed.disk.read(COUNT_SECTOR)
        put_back(bed, guest.count() - STEP)
        found = complains(guest.check_none_lost)
        expect(found and "the disk has" in found, f"a lost write at the end: {found}")
        bed.disk.write(COUNT_SECTOR, sector)
        guest.check_none_lost()
        guest.check_alive()
        count = guest.count()
        found = until(lambda: lost_under_way(bed, guest, count), NOTICED_LIMIT, "the guest to notice")
        expect("lost or doubled" in found, f"a lost write under way: {found}")
    finally:
        guest.end()


SCENARIOS = only_on(["6.1 draft"], [
    ("virtio: guests: a write that is lost is noticed, by the guest and at its end", lost_writes),
])
