# SPDX-License-Identifier: GPL-2.0-only
"""The owner and two members."""

import vfio
from driver import Disk, Owner
from lib import vfs
from lib.host import HERE
from lib.trouble import Trouble
from lib.virtio import MEMBERS, PCI, PF

DRIVER = "vfio-pci"
# For Linux's own driver, where a rule wants that.
STOCK_VF = "0000:00:1b.2"
TOKEN = "a2c4e6a8-0000-4000-8000-0123456789ab"

EINVAL, ENXIO, ENOMEM, EBUSY, EEXIST, ENOSPC = 22, 6, 12, 16, 17, 28
# Of each member, as the owner is told by its properties (run).
QUEUES = 2
COMMAND, OPCODE, FIELD, GROUP, MEMBER, NORESOURCE = 1, 2, 3, 4, 5, 6


class Bed:
    def __init__(self):
        HERE.run("modprobe", DRIVER, "enable_sriov=1")
        HERE.run("modprobe", "vfio_iommu_type1")
        self.memory = vfio.Memory()
        vfs.Function(PF).bind(DRIVER)
        function = vfio.Function(self.memory, PF, TOKEN)
        function.set_token(TOKEN)
        self.owner = Owner(function)
        self.trouble = Trouble(function.bar(4))
        self.disks = []

    def enable_vfs(self, more=0):
        HERE.write(f"{PCI}/{PF}/sriov_numvfs", str(len(MEMBERS) + more))
        for address in MEMBERS:
            vfs.Function(address).bind(DRIVER)
            self.disks.append(Disk(vfio.Function(self.memory, address, TOKEN)))
