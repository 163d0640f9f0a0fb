# SPDX-License-Identifier: GPL-2.0-only
"""
The data of the plots, for plots.gp: CHART-KERNEL.lines has a block a way, its name and
then "x median low high"; CHART-KERNEL.bars "name median low high". Low and high are quartiles.
"""

from .rows import COPIED, DMA, OUT, Spread, mib_a_second
from .table import MIB, size_text, total_of

WAYS = ("memcpy", "memfd", "v1-mapped", "v1-trapped", "v1-trapped8", "v2-1m", "v2-32k")


def _write(path, title, unit, x, blocks):
    """blocks: lists of (what stands first, Spread), each with what stands above it"""
    medians = [spread.median for _, block in blocks for _, spread in block]
    if not medians:
        return
    log = "y" if min(medians) > 0 and max(medians) > 20 * min(medians) else ""
    with open(f"{OUT}/{path}", "w") as file:
        file.write(f"# title: {title}\n# unit: {unit}\n# x: {x}\n# log: {log}\n")
        for above, block in blocks:
            file.write(above + "".join(f"{at} {spread.median} {spread.low} {spread.high}\n"
                                       for at, spread in block))


def _over(rows, column, value):
    """{way: [(column, Spread of value)]}"""
    return {way: [(at, those.spread(value)) for at, those in dict(rows.by("way"))[way].by(column)]
            for way in WAYS if way in rows.all_of("way")}


class Charts:
    def __init__(self, rows, kernel):
        self._rows = rows
        self._kernel = kernel

    def _lines(self, name, title, unit, x, series):
        _write(f"{name}-{self._kernel}.lines", f"{title}, Linux {self._kernel}", unit, x,
               [(f'\n\n"{way}"\n' if number else f'"{way}"\n', line)
                for number, (way, line) in enumerate(series.items())])

    def _bars(self, name, title, unit, bars):
        _write(f"{name}-{self._kernel}.bars", f"{title}, Linux {self._kernel}", unit, "",
               [("", [(f'"{bar}"', spread) for bar, spread in bars.items()])])

    def throughput(self):
        moved = self._rows.of("throughput")
        if not len(moved):
            return
        size, window = moved.all_of("size")[-1], min(moved.all_of("window"), key=lambda it: abs(it - MIB))
        for direction in ("save", "load"):
            for end in ("memory", "socket"):
                self._lines(f"{direction}-{end}", f"{direction} ({end}), window {size_text(window)}",
                            "MiB/s", "bytes of state",
                            _over(moved.of("throughput", direction=direction, end=end,
                                                window=window), "size", mib_a_second))
            self._lines(f"{direction}-window", f"{direction} of {size_text(size)}", "MiB/s", "bytes of window",
                        _over(moved.of("throughput", direction=direction, end="memory",
                                            size=size), "window", mib_a_second))

    def cost(self):
        names = {COPIED: "device copies", DMA: "DMA"}
        for direction in ("save", "load"):
            taken = {}
            for row in self._rows.of("cost", direction=direction):
                name = row["way"] if row["way"] == "memcpy" else \
                    f"{row['way']}, {names[row['plain']]}{'' if row['no_crc'] else ', CRC'}"
                taken.setdefault(name, []).append(row["ns"] / 1000 / (row["bytes"] / MIB))
            self._bars(f"{direction}-cost", f"where the time of a {direction} goes", "us a MiB",
                       {name: Spread(taken[name]) for name in sorted(taken)})

    def latency(self):
        bars = {}
        for row in self._rows.of("latency"):
            spread = bars[row["op"]] = Spread([ns / 1000 for ns in row["ns"]])
            spread.high = spread.percentile(99)
        self._bars("latency", "latency, up to the 99th percentile", "us", bars)

    def scale(self):
        self._lines("scale", "all devices together", "MiB/s", "devices", {
            way: [(devices, Spread(list(total_of(those).values()))) for devices, those in mine.by("devices")]
            for way, mine in self._rows.of("scale").by("way")})

    def precopy(self):
        self._lines("precopy", "left for stop-and-copy", "% of state", "dirty permille a round",
                    _over(self._rows.of("precopy"), "permille",
                               lambda row: 100 * row["stop_bytes"] / row["size"]))

    def downtime(self):
        moved = self._rows.of("downtime")
        self._bars("downtime", "downtime by QEMU", "ms", {
            guest: those.spread(lambda row: row["downtime_ms"]) for guest, those in moved.by("guest")})
        with_vf = list(moved.of("downtime", guest="with VF"))
        if not with_vf:
            return
        steps = {name: [row[column].get(step, 0) for row in with_vf] for name, column, step in (
            ("quiesce", "source_steps", "quiesce"), ("freeze", "source_steps", "freeze"),
            ("start of the save", "source_steps", "start stop-and-copy"),
            ("commit", "destination_steps", "commit"), ("thaw", "destination_steps", "thaw"),
            ("run", "destination_steps", "run"))}
        steps["save"] = [row["source"]["stop-and-copy"]["busy_us"] for row in with_vf]
        steps["load, with commit"] = [row["destination"]["resuming"]["busy_us"] for row in with_vf]
        self._bars("downtime-vf", "the VF's part of the downtime", "ms", {
            name: Spread([us / 1000 for us in steps[name]]) for name in steps})


def write(rows):
    for kernel in rows.all_of("kernel"):
        charts = Charts(type(rows)([row for row in rows if row["kernel"] == kernel]), kernel)
        for chart in (charts.throughput, charts.cost, charts.latency, charts.scale, charts.precopy,
                      charts.downtime):
            chart()
