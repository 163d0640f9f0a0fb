# SPDX-License-Identifier: GPL-2.0-only
"""The owner and two members."""

import os

import vfio
from driver import Disk, Owner
from lib.trouble import Trouble

PF = "0000:00:1a.0"
VFS = ["0000:00:1b.0", "0000:00:1b.1"]
TOKEN = "a2c4e6a8-0000-4000-8000-0123456789ab"

EINVAL, ENXIO, ENOMEM, EBUSY, EEXIST, ENOSPC = 22, 6, 12, 16, 17, 28
# Of each member, as the owner is told by its properties (run).
QUEUES = 2
COMMAND, OPCODE, FIELD, GROUP, MEMBER, NORESOURCE = 1, 2, 3, 4, 5, 6


class Bed:
    def __init__(self):
        os.system("modprobe vfio-pci enable_sriov=1 && modprobe vfio_iommu_type1")
        self.memory = vfio.Memory()
        vfio.bind(PF, "vfio-pci")
        function = vfio.Function(self.memory, PF, TOKEN)
        function.set_token(TOKEN)
        self.owner = Owner(function)
        self.trouble = Trouble(function.bar(4))
        self.disks = []

    def enable_vfs(self):
        vfio.write_file(f"{vfio.PCI}/{PF}/sriov_numvfs", str(len(VFS)))
        for address in VFS:
            vfio.bind(address, "vfio-pci")
            self.disks.append(Disk(vfio.Function(self.memory, address, TOKEN)))
