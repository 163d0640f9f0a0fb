# SPDX-License-Identifier: GPL-2.0-only
"""
The downtime of a guest that is moved from one virtio VF to another, in QEMU 10.0,
under each driver in turns: as QEMU does it by itself, which may stop the guest before
the device had its turn, and told to wait for the device's pre-copy (switchover-ack).
"""

from lib import virtio
from lib.counting_guest import CountingGuest
from lib.migration import DOWNTIME_LIMIT_MS
from lib.qemus import V10_0
from lib.settings import STANDARD

from .owned import ways

SIZES = 4 << 10, 64 << 20
HOWS = ("as it comes", ()), ("switchover-ack", ("switchover-ack",))
MOVES = 4


def _measure_way(writer, way, size):
    with way.bound() as (members, disk):
        virtio.open_trouble().set("extra", size)
        for member in members:
            member.qemu = V10_0
        guest = CountingGuest(disk, members[0])
        try:
            # A QEMU keeps a capability that it was given.
            for number in range(MOVES * len(HOWS)):
                how, capabilities = HOWS[number // MOVES]
                migration = guest.move(members[(number + 1) % 2], capabilities=capabilities,
                                       downtime_limit=DOWNTIME_LIMIT_MS)
                writer.row(figure="owned-downtime", driver=way.name, size=size, how=how,
                           standard=STANDARD,
                           repetition=number % MOVES,
                           downtime_ms=migration.figures["downtime"],
                           total_ms=migration.figures["total-time"],
                           downtime_bytes=migration.figures["ram"]["downtime-bytes"])
            guest.check_none_lost()
        finally:
            guest.end()


def measure(writer, _full):
    for size in SIZES:
        for way in ways():
            print(f"# downtime, {way.name}, {size >> 10} KiB", flush=True)
            _measure_way(writer, way, size)
