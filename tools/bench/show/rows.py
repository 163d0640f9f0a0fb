# SPDX-License-Identifier: GPL-2.0-only
"""Rows: one a repetition, of all parts and kernels of a run of the bench."""

import glob
import json
import os
import statistics
import time

from lib.vfs import project_dir

OUT = f"{project_dir()}/build/bench"
# How the mock comes by its bytes ("plain"), see Documentation/mock.rst.
COPIED, DMA = 1, 2


class Writer:
    """A part's rows, as they are measured; a part that starts over begins anew."""

    def __init__(self, part, kernel):
        self.path = f"{OUT}/{kernel}.{part}.rows"
        self.kernel = kernel

    def __enter__(self):
        self._file = open(self.path, "w")
        self.row(figure="machine", release=os.uname().release, cpus=os.cpu_count(),
                 cpu=_cpu(), date=int(time.time()))
        return self

    def __exit__(self, *error):
        self._file.close()

    def row(self, **values):
        self._file.write(json.dumps({"kernel": self.kernel, **values}) + "\n")
        self._file.flush()

    def take(self, lines):
        for line in lines:
            self.row(**json.loads(line))


def _cpu():
    with open("/proc/cpuinfo") as file:
        return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))


class Rows:
    def __init__(self, rows):
        self._rows = rows

    @staticmethod
    def of_all():
        rows = []
        for path in sorted(glob.glob(f"{OUT}/*.rows")):
            with open(path) as file:
                rows += [json.loads(line) for line in file]
        return Rows(rows)

    def keep(self):
        with open(f"{OUT}/results.json", "w") as file:
            file.write('{"rows": [\n' + ",\n".join(map(json.dumps, self._rows)) + "\n]}\n")

    def of(self, figure, **wanted):
        return Rows([row for row in self._rows if row["figure"] == figure and
                     all(row.get(name) == value for name, value in wanted.items())])

    def __iter__(self):
        return iter(self._rows)

    def __len__(self):
        return len(self._rows)

    def all_of(self, name):
        """The values of a column, each once, in order."""
        return sorted({row[name] for row in self._rows if name in row})

    def by(self, name):
        """(value, its rows), for each value of a column."""
        for value in self.all_of(name):
            yield value, Rows([row for row in self._rows if row.get(name) == value])

    def spread(self, value):
        return Spread([value(row) for row in self._rows])


class Spread:
    """Median, quartiles and ends of some values."""

    def __init__(self, values):
        self.values = sorted(values)
        self.median = statistics.median(self.values)
        self.least, self.most = self.values[0], self.values[-1]
        self.low, self.high = self.percentile(25), self.percentile(75)

    def percentile(self, percent):
        return self.values[round((len(self.values) - 1) * percent / 100)]


def mib_a_second(row):
    return row["bytes"] / (1 << 20) / (row["ns"] / 1e9)


def a_mib(*columns):
    def count(row):
        return sum(row[column] for column in columns) / (row["bytes"] / (1 << 20))
    return count
