# SPDX-License-Identifier: GPL-2.0-only
"""What the program measures by itself, on VFs bound to mock-vfio-pci."""

import os
import subprocess

from lib import vfs
from lib.settings import KERNEL
from show.rows import OUT

FULL = ["--sizes", "4K,16K,64K,256K,1M,4M,16M,64M,256M,1G", "--windows", "64K,256K,1M,4M,16M",
        "--repetitions", "9", "--cycles", "2000", "--socket-most", "1G",
        "--scale-size", "128M"]


def measure(writer, full):
    vfs.load_modules("mock")
    functions = [vfs.Vf(index) for index in range(len(_virtual_functions()))]
    for vf in functions:
        vf.bind("mock_vfio_pci")
    argv = [f"{OUT}/{KERNEL}/vfmig-bench"] + FULL * full
    argv += os.environ.get("BENCH_OPTIONS", "").split()
    with subprocess.Popen(argv + [vf.address for vf in functions], text=True,
                          stdout=subprocess.PIPE) as program:
        writer.take(program.stdout)
    if program.returncode:
        raise RuntimeError(f"vfmig-bench ended with status {program.returncode}")
    for vf in functions:
        violations = vf.says("mock/violations").split()[0]
        if violations != "0":
            raise RuntimeError(f"{vf}: {violations} violations of the contract")


def _virtual_functions():
    device = f"/sys/class/net/{vfs.PF}/device"
    return [name for name in os.listdir(device) if name.startswith("virtfn")]
