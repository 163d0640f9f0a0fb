# SPDX-License-Identifier: GPL-2.0-only
"""The guest without a system, see tools/guest/bare: there in a second, and small."""

from .vfs import project_dir
from .vm import Vm

MEMORY = 8
READY_LIMIT = 60


def new_qemu(vf, incoming=True):
    """The destination needs the ROM by which QEMU starts a kernel, so it has a kernel."""
    return Vm(vf, incoming=incoming, memory=MEMORY,
              options=["-kernel", f"{project_dir()}/build/guest/bare"])


def start(vf):
    """A guest that runs and has its VF."""
    vm = new_qemu(vf, incoming=False)
    vm.agent.wait_ready(READY_LIMIT)
    return vm
