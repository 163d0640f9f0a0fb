# SPDX-License-Identifier: GPL-2.0-only
"""A plot a figure and kernel; points are medians, with their quartiles."""

from .rows import COPIED, DMA, OUT, Spread, mib_a_second
from .svg import Page
from .table import MIB, size_text, total_of

WAYS = ("memcpy", "memfd", "v1-mapped", "v1-trapped", "v1-trapped8", "v2-1m", "v2-32k")
WINDOW = MIB
CALLS = ("quiesce", "freeze", "save_begin", "save", "load_begin", "load", "load_commit", "thaw", "run")


def _over(rows, column, value):
    """{way: [(column, Spread of value)]}"""
    return {way: [(at, those.spread(value)) for at, those in mine.by(column)]
            for way in WAYS
            if len(mine := type(rows)([row for row in rows if row["way"] == way]))}


def throughput(rows, title):
    page = Page(f"Throughput, {title}")
    moved = rows.of("throughput")
    if not len(moved):
        return page
    largest = moved.all_of("size")[-1]
    windows = moved.all_of("window")
    window = WINDOW if WINDOW in windows else windows[-1]
    for direction in ("save", "load"):
        for end in ("memory", "socket"):
            those = moved.of("throughput", direction=direction, end=end)
            page.lines(f"{direction} ({end}), by bytes of state; window {size_text(window)}",
                       "MiB/s", _over(those.of("throughput", window=window), "size", mib_a_second))
        page.lines(f"{direction} (memory) of {size_text(largest)}, by window", "MiB/s",
                   _over(moved.of("throughput", direction=direction, end="memory", size=largest),
                         "window", mib_a_second))
        page.lines(f"{direction} (memory) of {size_text(largest)}: kernel's CPU time, by window",
                   "us a MiB", _over(
                       moved.of("throughput", direction=direction, end="memory", size=largest),
                       "window", lambda row: row["sys_us"] / (row["bytes"] / MIB)))
    return page


def cost(rows, title):
    page = Page(f"Where the time goes, {title}")
    names = {COPIED: "copied", DMA: "DMA"}

    def name(row):
        if row["way"] == "memcpy":
            return "memcpy"
        return f"{row['way']}, {names[row['plain']]}"

    for direction in ("save", "load"):
        for no_crc in (1, 0):
            taken = {}
            for row in rows.of("cost", direction=direction, no_crc=no_crc):
                taken.setdefault(name(row), []).append(row["ns"] / 1000 / (row["bytes"] / MIB))
            page.bars(f"{direction}, {'no CRC' if no_crc else 'CRC'}", "us a MiB",
                      {what: Spread(taken[what]) for what in sorted(taken)})
    return page


def latency(rows, title):
    """Bars to the median; the line ends at the 99th percentile."""
    page = Page(f"Latency: median, and a line to p99, {title}")
    for kind in ("v1", "v2"):
        bars = {}
        for row in rows.of("latency"):
            if row["op"].startswith(kind) or row["op"] == "no-op ioctl":
                spread = Spread([value / 1000 for value in row["ns"]])
                spread.high = spread.percentile(99)
                bars[row["op"].removeprefix(f"{kind} ")] = spread
        page.bars(kind, "us", bars)
    return page


def scale(rows, title):
    page = Page(f"Many devices at once, {title}")
    series = {}
    for way, mine in rows.of("scale").by("way"):
        series[way] = [(devices, Spread(list(total_of(those).values())))
                       for devices, those in mine.by("devices")]
    page.lines("all together, by number of devices", "MiB/s", series)
    return page


def precopy(rows, title):
    page = Page(f"Pre-copy, {title}")
    moved = rows.of("precopy")
    page.lines("left for stop-and-copy, by dirty permille a round", "% of state",
               _over(moved, "permille", lambda row: 100 * row["stop_bytes"] / row["size"]))
    page.lines("all bytes, by dirty permille a round", "% of state",
               _over(moved, "permille", lambda row: 100 * (row["stop_bytes"] + row["precopy_bytes"])
                     / row["size"]))
    return page


def igbvf(rows, title):
    page = Page(f"igbvf in a migration, {title}")
    moved = rows.of("downtime")
    page.bars("downtime by QEMU", "ms", {
        guest: those.spread(lambda row: row["downtime_ms"]) for guest, those in moved.by("guest")})
    with_vf = list(moved.of("downtime", guest="with VF"))
    if with_vf:
        def times(column, name):
            return Spread([row[column].get(name, 0) / 1000 for row in with_vf])
        page.bars("the VF's part of it", "ms", {
            "quiesce": times("source_steps", "quiesce"),
            "freeze": times("source_steps", "freeze"),
            "start of the save": times("source_steps", "start stop-and-copy"),
            "save": Spread([row["source"]["stop-and-copy"]["busy_us"] / 1000 for row in with_vf]),
            "load, with commit": Spread([row["destination"]["resuming"]["busy_us"] / 1000
                                         for row in with_vf]),
            "commit": times("destination_steps", "commit"),
            "thaw": times("destination_steps", "thaw"),
            "run": times("destination_steps", "run"),
        })
        for which, name in ((0, "register reads"), (1, "register writes")):
            page.bars(name, "by call", {
                call: Spread([row["mmio"].get(call, [0, 0])[which] for row in with_vf])
                for call in CALLS})
    return page


def idle(rows, title):
    """What is kept that vfio-pci does not keep, by who allocated it."""
    page = Page(f"Memory of an idle device, {title}")
    moved = rows.of("idle")
    ours, plain = (list(moved.of("idle", driver=name)) for name in ("igbvf_vfio_pci", "vfio-pci"))
    if not ours:
        return page
    bars = {}
    for site in {site for row in ours for site in row["sites"]}:
        before = Spread([row["sites"].get(site, 0) for row in plain]).median
        spread = Spread([(row["sites"].get(site, 0) - before) / 1024 for row in ours])
        if spread.median > 0.05:
            bars[site] = spread
    page.bars("beyond vfio-pci's", "KiB", dict(sorted(bars.items(), key=lambda bar: -bar[1].median)[:12]))
    return page


def packets(rows, title):
    page = Page(f"The guest's packets, {title}")
    moved = rows.of("packets")
    page.bars("packets a second", "flood of pings", {
        driver: those.spread(lambda row: 2 * row["pings"] / (row["ns"] / 1e9))
        for driver, those in moved.by("driver")})
    page.bars("trapped accesses", "a packet", {
        driver: those.spread(lambda row: (row["traps"] - row["idle_traps"]) / row["traced_packets"])
        for driver, those in moved.by("driver")})
    return page


def memory(rows, title):
    page = Page(f"Memory of the windows of a device, {title}")
    for window, those in rows.of("memory").by("window"):
        page.bars(f"window {size_text(window)}", "KiB", {
            row["when"]: Spread([row["used"] / 1024]) for row in those})
    return page


def draw(rows):
    for kernel in rows.all_of("kernel"):
        mine = type(rows)([row for row in rows if row["kernel"] == kernel])
        for figure in (throughput, cost, latency, scale, precopy, memory, idle, igbvf, packets):
            page = figure(mine, f"Linux {kernel}")
            if page:
                page.write(f"{OUT}/{figure.__name__}-{kernel}.svg")
