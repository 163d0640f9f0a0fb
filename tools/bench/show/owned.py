# SPDX-License-Identifier: GPL-2.0-only
"""
Virtio VFs: what each driver takes for an arc, to move a state, and of the time that a
guest stands still. Medians of the turns, in which every driver had the same states.
"""

from .rows import Spread
from .table import KIB, MIB, size_text

# A row of a table is a sum of steps.
ARCS = [("stopped", [arc]) for arc in (
    "RUNNING to RUNNING_P2P", "RUNNING_P2P to STOP", "STOP to STOP_COPY", "STOP_COPY to STOP",
    "STOP to RUNNING_P2P", "RUNNING_P2P to RUNNING", "STOP to RESUMING", "RESUMING to STOP")] + [
        ("pre-copy", [arc]) for arc in (
            "RUNNING to PRE_COPY", "PRECOPY_INFO", "PRE_COPY to PRE_COPY_P2P",
            "PRE_COPY_P2P to STOP_COPY")]
STOPS = ["RUNNING to RUNNING_P2P", "RUNNING_P2P to STOP", "STOP to STOP_COPY"]
PRE_COPY_STOPS = ["PRE_COPY to PRE_COPY_P2P", "PRE_COPY_P2P to STOP_COPY"]
MOVES = ["read", "write", "RESUMING to STOP", "STOP to RUNNING_P2P", "RUNNING_P2P to RUNNING"]
# What begins before a guest stops, and what comes after it runs, are not in it.
WAITS = [("stopped", STOPS + MOVES), ("pre-copy", PRE_COPY_STOPS + MOVES),
         ("pre-copy, changed", PRE_COPY_STOPS + MOVES)]
TRANSFERS = [("memcpy", ["memcpy"]), ("CRC32C", ["crc32c"]),
             ("save", ["STOP to STOP_COPY", "read"]), ("load", ["write", "RESUMING to STOP"])]


def _sums(rows, steps, column):
    """{repetition: sum of a column}"""
    sums = {}
    for row in rows:
        if row["step"] in steps:
            sums[row["repetition"]] = sums.get(row["repetition"], 0) + row[column]
    return sums


class Tables:
    def __init__(self, rows, kernel, standard):
        self._rows = rows
        self._drivers = rows.all_of("driver")
        self._title = f"virtio {standard}, on {kernel}"

    def _spread(self, driver, kind, size, steps, column):
        mine = self._rows.of("owned", driver=driver, kind=kind, size=size)
        sums = _sums(mine, steps, column)
        return type(self._rows)([{"sum": value} for value in sums.values()]).spread(
            lambda row: row["sum"]) if sums else None

    def _cell(self, kind, size, steps, driver):
        took = self._spread(driver, kind, size, steps, "ns")
        if not took:
            return "-"
        asked = self._spread(driver, kind, size, steps, "commands").median
        return f"{took.median / 1000:.0f} ({asked:.0f})"

    def _print(self, what, lines):
        """Without lines in which there is nothing."""
        table = [(name, [cell(driver) for driver in self._drivers]) for name, cell in lines]
        table = [(name, cells) for name, cells in table if any(text != "-" for text in cells)]
        if not table:
            return
        print(f"\n{self._title}: {what}")
        for name, cells in [("", self._drivers)] + table:
            print(f"{name:36}" + "".join(f"{text:>22}" for text in cells))

    def arcs(self):
        size = self._rows.all_of("size")[0]
        self._print(f"us (commands), state of {size_text(size)}", [
            (steps[0], lambda driver, kind=kind, steps=steps: self._cell(kind, size, steps, driver))
            for kind, steps in ARCS])

    def transfers(self):
        self._print("us (commands) to move a stopped function's state", [
            (f"{name}, {size_text(size)}",
             lambda driver, size=size, steps=steps: self._cell("stopped", size, steps, driver))
            for size in self._rows.all_of("size") for name, steps in TRANSFERS])

    def commands(self):
        def cell(driver, steps):
            asked = self._spread(driver, "stopped", size, steps, "commands")
            return f"{asked.median / (size / MIB):.2f}" if asked else "-"
        size = self._rows.all_of("size")[-1]
        self._print(f"commands a MiB, state of {size_text(size)}", [
            (name, lambda driver, steps=steps: cell(driver, steps))
            for name, steps in TRANSFERS[2:]])

    def waits(self):
        self._print("us (commands) of both functions while the guest stands still", [
            (f"{kind}, {size_text(size)}",
             lambda driver, size=size, kind=kind, steps=steps: self._cell(kind, size, steps, driver))
            for kind, steps in WAITS for size in self._rows.all_of("size")])

    def against(self, peer):
        """Its time by ours, in one turn: above 1 ours is ahead."""
        def cell(driver, kind, size, steps):
            theirs, mine = (_sums(self._rows.of("owned", driver=name, kind=kind, size=size), steps, "ns")
                            for name in (peer, driver))
            ratios = [theirs[number] / mine[number] for number in mine if number in theirs]
            if not ratios or driver == peer:
                return "-"
            spread = Spread(ratios)
            return f"{spread.median:.2f} ({spread.low:.2f}..{spread.high:.2f})"
        self._print(f"{peer} : ours, of those times (quartiles)", [
            (f"{kind}, {size_text(size)}",
             lambda driver, kind=kind, size=size, steps=steps: cell(driver, kind, size, steps))
            for kind, steps in WAITS for size in self._rows.all_of("size")])

    def traffic(self):
        def cell(driver, kind, size):
            sent = self._spread(driver, kind, size, ["all"], "bytes")
            asked = self._spread(driver, kind, size, ["all"], "commands")
            return f"{sent.median / KIB:.0f} KiB ({asked.median:.0f})" if sent else "-"
        self._print("bytes (commands) of a whole migration", [
            (f"{kind}, {size_text(size)}", lambda driver, kind=kind, size=size: cell(driver, kind, size))
            for kind, _ in WAITS for size in self._rows.all_of("size")])

    def downtime(self, moved):
        if not len(moved):
            return

        def cell(driver, size, how):
            mine = moved.of("owned-downtime", driver=driver, size=size, how=how)
            if not len(mine):
                return "-"
            took = mine.spread(lambda row: row["downtime_ms"])
            return f"{took.median:.0f} ({took.least:.0f}..{took.most:.0f})"
        self._print("downtime by QEMU 10.0, ms (least and most)", [
            (f"{how}, {size_text(size)}", lambda driver, size=size, how=how: cell(driver, size, how))
            for how in moved.all_of("how") for size in moved.all_of("size")])


def show(rows):
    for kernel in rows.all_of("kernel"):
        for standard in rows.all_of("standard"):
            mine = rows.of("owned", kernel=kernel, standard=standard)
            if not len(mine):
                continue
            tables = Tables(mine, kernel, standard)
            tables.arcs()
            tables.transfers()
            tables.commands()
            tables.waits()
            tables.against("Linux's")
            tables.traffic()
            tables.downtime(rows.of("owned-downtime", kernel=kernel, standard=standard))
