# SPDX-License-Identifier: GPL-2.0-only
"""A migration as a person wants to read it."""

from .traffic import PING_INTERVAL

_WORDS = {
    ("source", "active"): "migration begins, the guest runs on",
    ("source", "stop"): "the guest is stopped",
    ("destination", "resume"): "the guest runs at the destination",
    ("source", "completed"): "the source says: completed",
}


def _device_lines(migration):
    source, target = (vm.vf.last_transfer() for vm in (migration.source, migration.destination))
    stop, load = source.get("stop-and-copy"), target.get("resuming")
    if stop:
        yield f"{stop[0]} bytes of device state, saved in {int(stop[3]) / 1000:.1f} ms"
    if load and "commit" in target:
        yield f"loaded and verified in {int(target['commit'][0]) / 1000:.1f} ms"


def _downtime_lines(migration, pinged):
    by_qemu = f"downtime: {migration.figures['downtime']} ms by QEMU"
    if not pinged:
        yield by_qemu
        return
    yield f"{by_qemu}, {pinged['silence'] * 1000:.0f} ms without an answer by ping"
    yield (f"pings: {pinged['sent']} sent, {pinged['lost']} lost, which is "
           f"{pinged['lost'] * PING_INTERVAL:.1f} s of them")


def lines(migration, pinged=None):
    """@pinged: by whoever has pinged the guest meanwhile."""
    events = migration.events()
    begin = next(time for time, who, what in events if (who, what) == ("source", "active"))
    for time, who, what in events:
        if (who, what) in _WORDS:
            yield f"{time - begin:8.3f} s  {who:12}{_WORDS[who, what]}"
    if migration.protocols:
        yield "protocol: {} at the source, {} at the destination".format(*migration.protocols)
    ram = migration.figures["ram"]
    yield (f"RAM: {ram['precopy-bytes'] / 1e6:.1f} MB while the guest ran, "
           f"{ram['downtime-bytes'] / 1e6:.1f} MB while it stood still")
    yield "VF: " + ", ".join(_device_lines(migration))
    yield from _downtime_lines(migration, pinged)
