# SPDX-License-Identifier: GPL-2.0-only
"""
Register accesses that igbvf-vfio-pci itself makes, by the call of its backend:
its calls of ioread32() and iowrite32() are probed, and so is the backend.
"""

import collections
import re

from lib.settings import KERNEL
from lib.vfs import project_dir

from .callsites import Module
from .tracing import TRACEFS, Trace, append

MODULE = "igbvf_vfio_pci"
FILE = f"{project_dir()}/build/{KERNEL}/src/drivers/vfio/pci/igbvf/igbvf-vfio-pci.ko"
CALLS = ("quiesce", "freeze", "save_begin", "save", "load", "load_commit", "run")
ACCESSES = {"ioread32": "read", "iowrite32": "write"}
GROUP = "vfmig_bench"
_line = re.compile(r"^\s*\S.*-(\d+)\s+\[.*?: (\w+): \(")


def _probes():
    for call in CALLS:
        yield f"p:{GROUP}/{call} {MODULE}:igbvf_{call}"
        yield f"r:{GROUP}/{call}_over {MODULE}:igbvf_{call}"
    module = Module(FILE)
    for function, event in ACCESSES.items():
        for caller, offset in module.calls_of(function):
            yield f"p:{GROUP}/{event} {MODULE}:{caller}+{offset}"


class Accesses:
    """`with Accesses() as accesses: ...` and then accesses.count[call] = [reads, writes]"""

    def __init__(self):
        self.count = collections.defaultdict(lambda: [0, 0])

    def __enter__(self):
        for probe in _probes():
            append(f"{TRACEFS}/kprobe_events", probe)
        self._trace = Trace([GROUP])
        self._trace.__enter__()
        return self

    def __exit__(self, *error):
        self._trace.__exit__()
        for event in [*CALLS, *(f"{call}_over" for call in CALLS), *ACCESSES.values()]:
            append(f"{TRACEFS}/kprobe_events", f"-:{GROUP}/{event}")
        self._count(self._trace.lines)

    def _count(self, lines):
        at = {}
        for line in lines:
            match = _line.match(line)
            if not match:
                continue
            thread, event = match.groups()
            if event in CALLS:
                at[thread] = event
                self.count[event]  # named, if without an access
            elif event.endswith("_over"):
                at.pop(thread, None)
            else:
                self.count[at.get(thread, "else")][event == "write"] += 1
