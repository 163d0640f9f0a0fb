# SPDX-License-Identifier: GPL-2.0-only
"""
The guest's data path: packets a second through a VF under igbvf-vfio-pci and
through one under vfio-pci, in turns, and accesses that end in QEMU.
"""

import subprocess
import time

from lib import linux_guest, vfs
from lib.linux_guest import INTERFACE
from scenarios.datapath import TRAPS, packets, trapped

DRIVERS = "vfio-pci", "igbvf_vfio_pci"
PINGS = 300
TRACED_PINGS = 100


def _say(text):
    print(f"# {text}", flush=True)


def _start(vf, driver):
    """The first address is the one that every guest begins with."""
    vf.bind(driver)
    vf.set_mac(f"52:54:00:76:66:a{vf.index}")
    guest = linux_guest.start_with_network(vf, _say)
    guest.address = f"10.0.2.{120 + vf.index}"
    guest.agent.shell(f"ip addr flush dev {INTERFACE}; "
                      f"ip addr add {guest.address}/24 dev {INTERFACE}")
    return guest


def _flood(guest, number):
    subprocess.run(["ping", "-q", "-n", "-f", "-c", str(number), "-w", "300", guest.address],
                   check=True, stdout=subprocess.DEVNULL)


class Traps:
    """`with Traps(guest) as traps: ...` and then traps.count"""

    def __init__(self, guest):
        self._guest = guest
        self.count = 0

    def __enter__(self):
        self._before = trapped(self._guest)
        self._guest.trace(TRAPS, True)
        return self

    def __exit__(self, *error):
        self._guest.trace(TRAPS, False)
        self.count = trapped(self._guest) - self._before


def _measure_one(guest):
    before, start = packets(guest), time.monotonic_ns()
    _flood(guest, PINGS)
    took = time.monotonic_ns() - start
    row = {"packets": packets(guest) - before, "ns": took, "pings": PINGS}

    # Apart from that: what is traced is slower. Some accesses come with time and
    # not with packets, so as long a time without any is looked at, too.
    before, start = packets(guest), time.monotonic()
    with Traps(guest) as traps:
        _flood(guest, TRACED_PINGS)
    took = time.monotonic() - start
    row["traced_packets"] = packets(guest) - before
    with Traps(guest) as idle:
        time.sleep(took)
    return {**row, "traps": traps.count, "idle_traps": idle.count}


def _in_turns(writer, drivers, repetitions):
    guests = []
    try:
        for index, driver in enumerate(drivers):
            guests.append((driver, _start(vfs.Vf(index), driver)))
            guests[-1][1].qmp.execute("stop")
        for repetition in repetitions:
            for driver, guest in guests:
                guest.qmp.execute("cont")
                _flood(guest, 10)
                writer.row(figure="packets", driver=driver, repetition=repetition,
                           **_measure_one(guest))
                guest.qmp.execute("stop")
    finally:
        for _, guest in guests:
            guest.kill()


def measure(writer, full):
    subprocess.run(["modprobe", "-a", "vfio-pci"], check=True)
    vfs.load_modules("igbvf")
    # Of two QEMUs that are the same one may be a tenth faster for as long as it
    # lives, so each driver has had either place.
    half = 8 if full else 3
    _in_turns(writer, DRIVERS, range(half))
    _in_turns(writer, DRIVERS[::-1], range(half, 2 * half))
