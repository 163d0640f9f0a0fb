# SPDX-License-Identifier: GPL-2.0-only
"""
A host of QEMUs and VFs: the one that this program runs on, HERE, or another
with the same methods, see far.py.
"""

import os
import subprocess

from .settings import KERNEL

RUN_DIR = "/tmp/vfmig"
HUGE_PAGE_POOL = "/sys/kernel/mm/hugepages/hugepages-2048kB"
HUGE_PAGE_MIB = 2
# For two guests at once and one that ends: later there may be none left in one piece.
FIRST_HUGE_PAGES = 192
# The v2 uAPI has pre-copy since then, and lets a device say how much it has to send.
WHOLE_V2_SINCE = (6, 2)


class Host:
    """What follows from the few things that a host can do."""

    def release(self):
        return self.read("/proc/sys/kernel/osrelease").strip()

    def version(self):
        return tuple(int(part) for part in self.release().split(".")[:2])

    def has_whole_v2(self):
        return self.version() >= WHOLE_V2_SINCE

    def need_huge_pages(self, mebibytes):
        """Sets aside what is missing for a guest of that size; it goes back to the pool after."""
        wanted = -(-mebibytes // HUGE_PAGE_MIB)
        missing = wanted - self._unused_huge_pages()
        if missing <= 0:
            return
        number = self._huge_pages("nr") + missing
        self.write(f"{HUGE_PAGE_POOL}/nr_hugepages", str(max(number, FIRST_HUGE_PAGES)))
        unused = self._unused_huge_pages()
        if unused < wanted:
            raise RuntimeError(f"{unused} huge pages are left{self.name}, of "
                               f"{self._huge_pages('nr')}; a guest of {mebibytes} MiB needs {wanted}")

    def _unused_huge_pages(self):
        return self._huge_pages("free") - self._huge_pages("resv")

    def _huge_pages(self, which):
        return int(self.read(f"{HUGE_PAGE_POOL}/{which}_hugepages"))


class Here(Host):
    """The host VM that this runs in."""

    name = ""
    kernel = KERNEL
    # Where QEMUs find each other, and this program.
    address = controller = "127.0.0.1"

    def read(self, path):
        with open(path, errors="replace") as file:
            return file.read()

    def write(self, path, text):
        with open(path, "w") as file:
            file.write(text)

    def exists(self, path):
        return os.path.exists(path)

    def readlink(self, path):
        return os.readlink(path) if os.path.islink(path) else None

    def clock_ahead(self):
        """By how many seconds its clock is ahead of ours."""
        return 0.0

    def remove(self, path):
        os.unlink(path)

    def run(self, *argv):
        """What it printed; raises if it failed."""
        return subprocess.run(argv, check=True, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE).stdout

    def start(self, argv, log):
        """Something with poll() and kill()."""
        os.makedirs(os.path.dirname(log), exist_ok=True)
        # Or it would hold on to its VF when this process dies.
        argv = ["setpriv", "--pdeathsig", "KILL", *argv]
        with open(log, "wb") as output:
            return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


HERE = Here()
