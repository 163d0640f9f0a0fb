# SPDX-License-Identifier: GPL-2.0-only
"""
What the bench must show, and what it does. A ratio is taken between rows of one
repetition, which were measured one after the other; shown are its median and
quartiles over the repetitions.
"""

from .rows import COPIED, DMA, Spread, a_mib, mib_a_second

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30


class Unmeasured(Exception):
    """The rows for it are not there."""


def size_text(size):
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if size >= unit:
            return f"{size / unit:g} {name}"
    return f"{size} B"


def ratios(above, below, value=mib_a_second):
    """Of rows with equal repetition numbers."""
    against = {row["repetition"]: value(row) for row in below}
    pairs = [value(row) / against[row["repetition"]] for row in above
             if row["repetition"] in against]
    if not pairs:
        raise Unmeasured
    return Spread(pairs)


def _largest(rows):
    sizes = rows.all_of("size")
    if not sizes:
        raise Unmeasured
    return sizes[-1]


def _best_window(rows):
    """Where most bytes a second are moved."""
    return max(rows.by("window"), key=lambda pair: pair[1].spread(mib_a_second).median)[0]


def against(way, other, direction, end="memory"):
    """Both with the window that is best for the first, so with copies of one length."""
    def measure(rows):
        moved = rows.of("throughput", direction=direction, end=end)
        size = _largest(moved.of("throughput", way=other))
        moved = moved.of("throughput", size=size)
        window = _best_window(moved.of("throughput", way=way))
        moved = moved.of("throughput", window=window)
        return ratios(moved.of("throughput", way=way), moved.of("throughput", way=other)), \
            f"{size_text(size)}, window {size_text(window)}"
    return measure


def costs(direction, what, plain, no_crc):
    """Of a device that is not like that of "throughput"."""
    def measure(rows):
        moved = rows.of("cost", direction=direction, plain=plain, no_crc=no_crc)
        return ratios(moved.of("cost", way="v1-mapped"), moved.of("cost", way="memcpy")), what
    return measure


def entries(of):
    """By mapped saves, with the window that takes fewest in all."""
    def measure(rows):
        moved = rows.of("throughput", direction="save", end="memory", way="v1-mapped")
        size = _largest(moved)
        best = min(moved.of("throughput", size=size).by("window"),
                   key=lambda pair: pair[1].spread(a_mib("calls", "faults")).median)
        return best[1].spread(a_mib(*of)), f"{size_text(size)}, window {size_text(best[0])}"
    return measure


def by_agent(way, other, direction, cpus):
    """From the first step to the last; on one CPU or on all."""
    def measure(rows):
        moved = rows.of("agent", direction=direction)
        number = cpus or max(moved.all_of("cpus"), default=0)
        moved = moved.of("agent", cpus=number)
        return ratios(moved.of("agent", way=way), moved.of("agent", way=other)), \
            f"{size_text(_largest(moved))}, CPUs: {number}"
    return measure


def kernels_copies(way):
    """Of a save and a load together."""
    def measure(rows):
        moved = rows.of("agent", way=way)
        if not len(moved):
            raise Unmeasured
        copied = [sum(row["kernel_copied"] for row in those) / sum(row["bytes"] for row in those)
                  for _, those in moved.by("repetition")]
        return Spread(copied), size_text(_largest(moved))
    return measure


def transition(rows):
    ns = {row["op"]: row["ns"] for row in rows.of("latency")}
    if not ns:
        raise Unmeasured
    stop, nothing = Spread(ns["v1 RUNNING to STOP_COPY"]), Spread(ns["no-op ioctl"])
    return Spread([stop.median / nothing.median]), \
        f"{stop.median / 1000:.1f} us, {nothing.median / 1000:.1f} us"


def stop_share(rows):
    moved = rows.of("precopy", permille=10)
    if not len(moved):
        raise Unmeasured
    return moved.spread(lambda row: 100 * row["stop_bytes"] / row["size"]), \
        size_text(_largest(moved))


def downtime(other):
    def measure(rows):
        with_vf, without = (rows.of("downtime", guest=name) for name in ("with VF", other))
        spread = ratios(with_vf, without, lambda row: row["downtime_ms"])
        return spread, " against ".join(
            f"{those.spread(lambda row: row['downtime_ms']).median:.0f} ms, "
            f"{those.spread(lambda row: row['downtime_bytes']).median / 1e6:.0f} MB"
            for those in (with_vf, without))
    return measure


def vf_share(rows):
    """What the VF itself does while the guest stands still, at both ends."""
    with_vf = rows.of("downtime", guest="with VF")
    if not len(with_vf):
        raise Unmeasured

    def percent(row):
        took = sum(row["source_steps"].get(step, 0)
                   for step in ("quiesce", "freeze", "start stop-and-copy", "end saving"))
        took += row["source"]["stop-and-copy"]["busy_us"]
        took += row["destination"]["resuming"]["busy_us"]
        took += sum(row["destination_steps"].get(step, 0)
                    for step in ("leave resuming", "thaw", "run"))
        return took / 10 / row["downtime_ms"]
    return with_vf.spread(percent), "steps, save, load with commit"


def idle(rows):
    ours, plain = (rows.of("idle", driver=name) for name in ("igbvf_vfio_pci", "vfio-pci"))
    if not len(ours):
        raise Unmeasured
    most = plain.spread(lambda row: row["bytes"]).median
    return ours.spread(lambda row: (row["bytes"] - most) / KIB), "KiB above vfio-pci's"


def _packets_a_second(row):
    return 2 * row["pings"] / (row["ns"] / 1e9)


def packets(rows):
    ours, plain = (rows.of("packets", driver=name) for name in ("igbvf_vfio_pci", "vfio-pci"))
    return ratios(ours, plain, _packets_a_second), \
        f"{ours.spread(_packets_a_second).median:.0f} a second"


def traps(rows):
    """Those that come with packets: more than in as long a time without any."""
    ours, plain = (rows.of("packets", driver=name) for name in ("igbvf_vfio_pci", "vfio-pci"))
    if not len(ours):
        raise Unmeasured

    def a_packet(row):
        return (row["traps"] - row["idle_traps"]) / row["traced_packets"]
    return ours.spread(a_packet), f"{plain.spread(a_packet).median:.3f} under vfio-pci"


def total_of(rows):
    """{repetition: MiB a second of all devices together}"""
    totals = {}
    for repetition, those in rows.by("repetition"):
        all_ns = next(iter(those))["all_ns"]
        totals[repetition] = sum(row["bytes"] for row in those) / MIB / (all_ns / 1e9)
    return totals


def scale(way):
    def measure(rows):
        moved = rows.of("scale", way=way)
        most = max(moved.all_of("devices"), default=1)
        if most == 1:
            raise Unmeasured
        many, one = (total_of(moved.of("scale", devices=number)) for number in (most, 1))
        return Spread([many[repetition] / one[repetition] for repetition in one]), \
            f"{most} devices"
    return measure


def sleeps(rows):
    """Where they wait for each other, many sleep more often than one does alone."""
    def a_gib(devices):
        return moved.of("scale", devices=devices).spread(
            lambda row: row["sleeps"] / (row["bytes"] / GIB))
    moved = rows.of("scale", way="v1-mapped")
    most = max(moved.all_of("devices"), default=1)
    if most == 1:
        raise Unmeasured
    return a_gib(most), f"{a_gib(1).median:g} by one alone"


def fairness(rows):
    """Jain's index of the devices' own throughput."""
    moved = rows.of("scale", way="v1-mapped")
    most = max(moved.all_of("devices"), default=1)
    found = []
    for _, those in moved.of("scale", devices=most).by("repetition"):
        speeds = [mib_a_second(row) for row in those]
        found.append(sum(speeds) ** 2 / (len(speeds) * sum(speed ** 2 for speed in speeds)))
    if not found:
        raise Unmeasured
    return Spread(found), "Jain's index, 1 is even"


def at_least(limit):
    return f">= {limit:g}", lambda value: value >= limit


def at_most(limit):
    return f"<= {limit:g}", lambda value: value <= limit


NO_TARGET = "-", None
# Of virtio VFs there are other tables.
ELSEWHERE = "machine", "owned", "owned-downtime"

LINES = [
    ("v1 mapped save : memcpy", at_least(0.90), against("v1-mapped", "memcpy", "save")),
    ("v1 mapped load : memcpy", at_least(0.85), against("v1-mapped", "memcpy", "load")),
    ("save, the device copies too : memcpy", NO_TARGET, costs("save", "no CRC", COPIED, 1)),
    ("load, the device copies too : memcpy", NO_TARGET, costs("load", "no CRC", COPIED, 1)),
    ("save, CRC : memcpy", NO_TARGET, costs("save", "no copy by the device", DMA, 0)),
    ("load, CRC : memcpy", NO_TARGET, costs("load", "no copy by the device", DMA, 0)),
    ("v1 mapped save : v2 read 1 MiB", at_least(1.0), against("v1-mapped", "v2-1m", "save")),
    ("the same, on into a socket", at_least(1.3), against("v1-mapped", "v2-1m", "save", "socket")),
    ("v1 mapped load : v2 write 1 MiB", NO_TARGET, against("v1-mapped", "v2-1m", "load")),
    ("v1 mapped save : trapped by 8", at_least(100), against("v1-mapped", "v1-trapped8", "save")),
    ("memfd pread : memcpy", NO_TARGET, against("memfd", "memcpy", "save")),
    ("kernel entries a MiB, mapped save", at_most(1), entries(("calls", "faults"))),
    ("of these, system calls", NO_TARGET, entries(("calls",))),
    ("of these, page faults", NO_TARGET, entries(("faults",))),
    ("RUNNING to stop-and-copy : no-op", at_most(10), transition),
    ("stop-and-copy, 1 % dirty: % of state", at_most(2), stop_share),
    ("downtime with VF : without", at_most(1.25), downtime("without VF")),
    ("the same, all RAM sent stopped", at_most(1.25), downtime("without VF, all RAM stopped")),
    ("the VF's own part of it, %", NO_TARGET, vf_share),
    ("idle memory of a device, KiB", at_most(8), idle),
    ("packets: igbvf-vfio-pci : vfio-pci", at_least(0.98), packets),
    ("trapped accesses a packet", at_most(0.01), traps),
    ("v1 mapped, all devices : one", at_least(1.6), scale("v1-mapped")),
    ("v2 read 1 MiB, all devices : one", NO_TARGET, scale("v2-1m")),
    ("memcpy, as many threads : one", NO_TARGET, scale("memcpy")),
    ("fairness among all devices", NO_TARGET, fairness),
    ("sleeps a GiB, all devices at once", NO_TARGET, sleeps),
    *((f"{direction} by an agent, {protocol} : {other}", NO_TARGET, by_agent(way, against, direction, cpus))
      for other, against, cpus in (("memcpy", "memcpy", 1), ("its plugin", "plugin", 1), ("memcpy", "memcpy", 0))
      for protocol, way in (("v1", "v1-mapped"), ("v2", "v2-1m")) for direction in ("save", "load")),
    ("kernel's copies of a byte, agent, v1", at_most(0), kernels_copies("v1-mapped")),
    ("kernel's copies of a byte, agent, v2", at_most(1), kernels_copies("v2-1m")),
]


def show(rows):
    for kernel in rows.all_of("kernel"):
        mine = [row for row in rows if row["kernel"] == kernel]
        if all(row["figure"] in ELSEWHERE for row in mine):
            continue
        print(f"\nWhat it must show, on {kernel}")
        print(f"{'':38}{'measured':>9} {'quartiles':>17} {'target':>8}  ")
        for name, (target, reached), measure in LINES:
            try:
                spread, where = measure(type(rows)(mine))
            except Unmeasured:
                print(f"{name:38}{'-':>9} {'':17} {target:>8}  not measured")
                continue
            verdict = "" if not reached else \
                "reached" if reached(spread.median) else "NOT REACHED"
            quartiles = f"{spread.low:.3g} .. {spread.high:.3g}"
            print(f"{name:38}{spread.median:9.3g} {quartiles:>17} {target:>8}  "
                  f"{verdict:12}{where}")
    print("\nrows and plots: build/bench/", flush=True)
