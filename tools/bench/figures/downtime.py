# SPDX-License-Identifier: GPL-2.0-only
"""
The Linux guest's downtime with a VF and without one, in turns, and what the VF
takes of it. Whoever does not move is paused, so that it takes no CPU time.

With a VF behind an IOMMU all RAM counts as dirty, and is sent again while the
guest stands still. So the guest without a VF moves in two ways: as it would, and
with all of its RAM sent while it stands still.
"""

from lib import linux_guest, vfs
from lib.bench import DRIVER
from lib.booted import MEMORY, kept_state
from lib.linux_guest import ROM_OF_BOOT
from lib.migration import DOWNTIME_LIMIT_MS, PAUSED_MS, Migration
from lib.saving import load_from_file
from lib.vm import Vm

from .mmio import Accesses

PART_COLUMNS = "bytes", "chunks", "records", "busy_us", "wall_us"


def _say(text):
    print(f"# {text}", flush=True)


def last_transfer(vf):
    """debugfs' table: {part: {column: value}}, {step: us}."""
    parts, steps = {}, {}
    for line in vf.says("last_transfer").splitlines():
        words = line.split()
        if words[-1] in ("wall_us", "us"):
            continue
        if len(words) == 1 + len(PART_COLUMNS):
            parts[words[0]] = dict(zip(PART_COLUMNS, map(int, words[1:])))
        else:
            name, value = line.rsplit(maxsplit=1)
            steps[name.strip()] = int(value)
    return parts, steps


def _without_vf():
    return Vm(incoming=True, memory=MEMORY, options=ROM_OF_BOOT)


class Traveller:
    """A guest that goes from QEMU to QEMU."""

    def __init__(self, guest, new_destination):
        self.guest = guest
        self._new_destination = new_destination

    def go(self, downtime_limit):
        destination = self._new_destination(self.guest)
        try:
            migration = Migration(self.guest, destination, downtime_limit=downtime_limit)
            outcome = migration.wait()
            if outcome != "completed":
                raise RuntimeError(f"the migration {outcome}")
            self.guest = migration.hand_over()
        except BaseException:
            destination.kill()
            raise
        return migration


def _row(name, migration, accesses, repetition):
    ram = migration.figures["ram"]
    row = {"figure": "downtime", "guest": name, "repetition": repetition,
           "downtime_ms": migration.figures["downtime"],
           "total_ms": migration.figures["total-time"],
           "precopy_bytes": ram["precopy-bytes"], "downtime_bytes": ram["downtime-bytes"]}
    if migration.source.vf:
        row["source"], row["source_steps"] = last_transfer(migration.source.vf)
        row["destination"], row["destination_steps"] = last_transfer(migration.destination.vf)
        row["mmio"] = accesses.count
    return row


def measure(writer, full):
    vfs.load_modules("igbvf")
    functions = [vfs.Vf(0), vfs.Vf(1)]
    for vf in functions:
        vf.bind(DRIVER)
        vf.set_mac(linux_guest.MAC)

    def other(guest):
        return linux_guest.new_qemu(next(vf for vf in functions if vf is not guest.vf))

    with_vf = Traveller(linux_guest.start_with_network(functions[0], _say), other)
    with_vf.guest.qmp.execute("stop")
    lone = _without_vf()
    load_from_file(lone, kept_state(_say))
    without = Traveller(lone, lambda guest: _without_vf())
    journeys = [("with VF", with_vf, DOWNTIME_LIMIT_MS),
                ("without VF", without, DOWNTIME_LIMIT_MS),
                ("without VF, all RAM stopped", without, PAUSED_MS)]
    _say("two guests, one with a VF: each moves in turn")
    try:
        for repetition in range(10 if full else 4):
            for name, traveller, downtime_limit in journeys:
                traveller.guest.qmp.execute("cont")
                traveller.guest.agent.ask("hello")
                with Accesses() as accesses:
                    migration = traveller.go(downtime_limit)
                writer.row(**_row(name, migration, accesses, repetition))
                traveller.guest.agent.ask("hello")
                traveller.guest.qmp.execute("stop")
    finally:
        for traveller in (with_vf, without):
            traveller.guest.kill()
