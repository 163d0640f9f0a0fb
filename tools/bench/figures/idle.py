# SPDX-License-Identifier: GPL-2.0-only
"""
Memory that a device costs while nobody has it open: what binding it to
igbvf-vfio-pci allocates and keeps, beside what binding it to vfio-pci does.
"""

import os
import re
import subprocess

from lib import vfs

from .tracing import Trace

DRIVERS = "vfio-pci", "igbvf_vfio_pci"
EVENTS = [f"kmem/{name}" for name in
          ("kmalloc", "kmalloc_node", "kmem_cache_alloc", "kmem_cache_alloc_node", "kfree",
           "kmem_cache_free")]
_alloc = re.compile(r"call_site=(.*) ptr=(\S+) .*bytes_alloc=(\d+)")
_free = re.compile(r"call_site=.* ptr=(\S+)")


def _kept(lines):
    """(who, bytes) of each object that was allocated and not freed."""
    kept = {}
    for line in lines:
        if match := _alloc.search(line):
            kept[match[2]] = match[1], int(match[3])
        elif match := _free.search(line):
            kept.pop(match[1], None)
    return list(kept.values())


def measure(writer, full):
    subprocess.run(["modprobe", "-a", "vfio-pci"], check=True)
    vfs.load_modules("igbvf")
    vf = vfs.Vf(0)
    for repetition in range(9 if full else 5):
        for driver in DRIVERS:
            vf.unbind()
            with Trace(EVENTS, os.getpid()) as trace:
                vf.bind(driver)
            kept = _kept(trace.lines)
            sites = {}
            for who, size in kept:
                name = who.split("+")[0]
                sites[name] = sites.get(name, 0) + size
            writer.row(figure="idle", driver=driver, repetition=repetition,
                       bytes=sum(sites.values()), sites=sites)
