# SPDX-License-Identifier: GPL-2.0-only
"""
What migratability costs a guest that is not being migrated: nothing. And what
its traffic needs in this test bed.
"""

import re

from lib import traffic
from lib.host import HUGE_PAGE_MIB
from lib.linux_guest import ADDRESS, INTERFACE
from lib.tap import Tap, expect

PINGS = 200
TRAPS = "vfio_region_read", "vfio_region_write"
# The guest's driver polls its mailbox and counters every other second; a
# doorbell or a ring pointer that is trapped would cost one access a packet.
MOST_ACCESSES_PER_PACKET = 0.1


def trapped(guest):
    """Accesses to the VF's registers that ended in QEMU, whichever page they are in."""
    log = guest.log()
    return sum(log.count(event) for event in TRAPS)


def seen_by_driver(vf):
    _, reads, _, writes, *_ = vf.says("page0").split()
    return int(reads) + int(writes)


def packets(guest):
    counters = guest.agent.ask(f"netdev {INTERFACE}")["kernel"]
    return int(counters["rx_packets"]) + int(counters["tx_packets"])


def no_doorbell_is_trapped(bench):
    guest = bench.need_traffic()
    packets_before, driver_before = packets(guest), seen_by_driver(guest.vf)
    accesses_before = trapped(guest)
    guest.trace(TRAPS, True)
    try:
        ping = traffic.Ping(ADDRESS)
        ping.wait_answers(PINGS, 120)
        ping.stop()
        count = packets(guest) - packets_before
    finally:
        guest.trace(TRAPS, False)
    accesses = trapped(guest) - accesses_before
    driver = seen_by_driver(guest.vf) - driver_before
    Tap.note(f"{accesses} trapped accesses, {count} packets; the driver saw {driver}")
    expect(count > PINGS, f"only {count} packets for {PINGS} pings")
    expect(accesses > 0, "QEMU traces nothing, not even the driver's page")
    expect(accesses < count * MOST_ACCESSES_PER_PACKET,
           f"{accesses} accesses trapped for {count} packets")


def memory_is_in_huge_pages(bench):
    guest = bench.need_guest()
    sizes = re.findall(r"^[^\n]*/memfd:memory-backend-memfd.*?^KernelPageSize: *(\d+) kB",
                       guest.memory_map(), re.MULTILINE | re.DOTALL)
    expect(sizes == [str(HUGE_PAGE_MIB * 1024)], f"the guest's RAM is in pages of {sizes} KiB")


SCENARIOS = [
    ("datapath: the guest's memory is in huge pages, the emulated card needs it",
     memory_is_in_huge_pages),
    ("datapath: no page with doorbells or rings is trapped", no_doorbell_is_trapped),
]
