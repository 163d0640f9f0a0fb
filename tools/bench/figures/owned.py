# SPDX-License-Identifier: GPL-2.0-only
"""
What the program measures on an emulated owner's VFs: each driver that can migrate
them, in turns, with the same states. Linux's own is one where it was built.
"""

import os
import subprocess
from contextlib import contextmanager

from lib import accel, virtio
from lib.host import HERE
from lib.settings import KERNEL
from lib.vfs import CORE, Function, insert_modules
from show.rows import OUT

LINUX_DRIVER = "virtio_vfio_pci"
LINUX_MODULE = f"{OUT}/{KERNEL}/foreign/virtio-vfio-pci.ko"
SIZES = "4K,64K,1M,16M,64M"
TURNS, FULL_TURNS = 3, 9


class Way:
    """A driver of the VFs, and one of their owner."""

    def __init__(self, name, member_driver, owner_driver):
        self.name = name
        self.member_driver = member_driver
        self.owner_driver = owner_driver

    @contextmanager
    def bound(self):
        """The two VFs, and the disk."""
        _, members, disk = virtio.bind(self.owner_driver, self.member_driver)
        try:
            yield members, disk
        finally:
            for address in [*virtio.MEMBERS, virtio.HOSTS_MEMBER]:
                Function(address).unbind()
            HERE.write(f"{virtio.PCI}/{virtio.PF}/sriov_numvfs", "0")


def ways():
    """Those that this kernel and this standard have; the modules are loaded."""
    insert_modules([CORE, *virtio.MODULES])
    accel.choose(HERE)
    found = [Way("ours", virtio.MEMBER_DRIVER, virtio.OWNER_DRIVER)]
    if virtio.IS_DRAFT or HERE.version() < virtio.LINUX_ASKS_SINCE:
        return found
    found.append(Way("ours, by virtio-pci", virtio.MEMBER_DRIVER, virtio.DISK_DRIVER))
    if os.path.exists(LINUX_MODULE):
        HERE.run("modprobe", "-a", "vfio-pci", "vfio_iommu_type1")
        if not HERE.exists(f"/sys/module/{LINUX_DRIVER}"):
            HERE.run("insmod", LINUX_MODULE)
        found.append(Way("Linux's", LINUX_DRIVER, virtio.DISK_DRIVER))
    return found


def _run(writer, way, turn, members):
    addresses = [member.address for member in members]
    argv = [f"{OUT}/{KERNEL}/vfmig-bench", "--sizes", SIZES, *os.environ.get("BENCH_OPTIONS", "").split()]
    # One repetition a turn, of small states more (src/owned.c), which count on from turn to turn.
    argv += ["--figures", "owned", "--driver", way.name, "--turn", str(turn), "--repetitions", "1"]
    with subprocess.Popen(argv + addresses, text=True, stdout=subprocess.PIPE,
                          env={**os.environ, "VFMIG_DEV": addresses[0]}) as program:
        writer.take(program.stdout)
    if program.returncode:
        raise RuntimeError(f"vfmig-bench ended with status {program.returncode}, {way.name}: "
                           f"{members[0].complaint()}; {members[1].complaint()}")


def measure(writer, full):
    found = ways()
    for turn in range(FULL_TURNS if full else TURNS):
        for way in found:
            print(f"# {way.name}, turn {turn}", flush=True)
            with way.bound() as (members, _):
                _run(writer, way, turn, members)
