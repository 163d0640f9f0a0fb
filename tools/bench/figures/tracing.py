# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel can be made to tell of a stretch of work, line by line."""

import os

TRACEFS = "/sys/kernel/tracing"
BUFFER_KIB = 8192


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def append(path, line):
    """Where a file opened to be written anew forgets all; nor can such files be sought in."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)


class Trace:
    """`with Trace(events) as trace: ...` and then trace.lines; of one process if told so."""

    def __init__(self, events, pid=None):
        self._home = f"{TRACEFS}/instances/vfmig-bench"
        self._events = events
        self._pid = pid
        self.lines = []

    def __enter__(self):
        os.makedirs(self._home, exist_ok=True)
        write(f"{self._home}/buffer_size_kb", str(BUFFER_KIB))
        write(f"{self._home}/set_event_pid", str(self._pid) if self._pid else "")
        write(f"{self._home}/trace", "")
        for event in self._events:
            path = f"{self._home}/events/{event}/enable"
            if os.path.exists(path):
                write(path, "1")
        return self

    def __exit__(self, *error):
        write(f"{self._home}/events/enable", "0")
        with open(f"{self._home}/trace") as file:
            self.lines = [line.rstrip() for line in file if not line.startswith("#")]
        if any("LOST" in line for line in self.lines):
            raise RuntimeError("the kernel told more than there was room for")
        os.rmdir(self._home)
