# SPDX-License-Identifier: GPL-2.0-only
"""
The emulated virtio owner of the host VM (tools/vm/README.md) and its members. All
functions have one disk, which the host has by a member of its own.
"""

import mmap
import os
from glob import glob

from . import accel, trouble
from .host import HERE
from .settings import STANDARD
from .tap import expect
from .vfs import CORE, Function, insert_modules
from .waiting import until
from .window import Window

PCI = "/sys/bus/pci/devices"
PF = "0000:00:1a.0"
MEMBERS = ["0000:00:1b.0", "0000:00:1b.1"]
HOSTS_MEMBER = "0000:00:1b.2"
# Of another owner, where there is one.
OTHER_PF, OTHER_MEMBER = "0000:00:16.0", "0000:00:17.0"
OWNER_DRIVER, MEMBER_DRIVER, DISK_DRIVER = "virtio_adm_owner", "virtio_adm_vfio_pci", "virtio-pci"
MODULES = "pci/virtio/virtio-adm-owner", "pci/virtio/virtio-adm-vfio-pci"
# Since then Linux itself asks an owner for device parts, which the draft has not.
LINUX_ASKS_SINCE = (6, 13)
TROUBLE = "resource4"
TROUBLE_SIZE = 4096
SECTOR = 512
DISK_LIMIT = 120


IS_DRAFT = STANDARD == "draft"
# Of an answer, status and qualifier.
EINVAL, INVALID_FIELD = 22, 3
# More often than any test asks.
ALWAYS = 100000


def number(member):
    """As its owner counts."""
    return MEMBERS.index(member.address) + 1


class HostsDisk:
    """Of a function that virtio-pci has; read and written past the host's cache."""

    def __init__(self, address):
        block = until(lambda: glob(f"{PCI}/{address}/virtio*/block/*"), DISK_LIMIT,
                      f"the disk of {address}")
        self.path = f"/dev/{os.path.basename(block[0])}"

    def _at(self, sector, size, flags, transfer):
        disk = os.open(self.path, flags | os.O_DIRECT)
        buffer = mmap.mmap(-1, size)
        try:
            done = transfer(disk, buffer, sector * SECTOR)
        finally:
            os.close(disk)
        expect(done == size, f"{self.path}: {done} bytes of {size}")
        return buffer[:]

    def read(self, sector):
        return self._at(sector, SECTOR, os.O_RDONLY,
                        lambda disk, buffer, at: os.preadv(disk, [buffer], at))

    def write(self, sector, data):
        def put(disk, buffer, at):
            buffer[:] = data
            return os.pwritev(disk, [buffer], at)
        self._at(sector, len(data), os.O_WRONLY | os.O_SYNC, put)


def _bind_owner(address, driver, members):
    pf = Function(address)
    pf.bind(driver)
    HERE.write(f"{PCI}/{address}/sriov_drivers_autoprobe", "0")
    HERE.write(f"{PCI}/{address}/sriov_numvfs", str(members))
    return pf


def _bind_members(addresses, driver):
    members = [Function(address) for address in addresses]
    for member in members:
        member.bind(driver)
    return members


def bind(owner_driver, member_driver):
    """The owner, two members for guests, and the host's disk."""
    pf = _bind_owner(PF, owner_driver, len(MEMBERS) + 1)
    members = _bind_members(MEMBERS, member_driver)
    Function(HOSTS_MEMBER).bind(DISK_DRIVER)
    return pf, members, HostsDisk(HOSTS_MEMBER)


def open_trouble():
    """The owner's window for it, which is there as long as what this returns."""
    window = os.open(f"{PCI}/{PF}/{TROUBLE}", os.O_RDWR)
    try:
        return trouble.Trouble(Window(window, 0, TROUBLE_SIZE))
    finally:
        os.close(window)


class Bed:
    """The drivers of ours, and the owner's window for trouble."""

    def __init__(self, modules=MODULES, owner_driver=None, member_driver=MEMBER_DRIVER):
        insert_modules([CORE, *modules])
        by_linux = not IS_DRAFT and HERE.version() >= LINUX_ASKS_SINCE
        self.owner, self.vfs, self.disk = bind(
            owner_driver or (DISK_DRIVER if by_linux else OWNER_DRIVER), member_driver)
        accel.choose(HERE)
        self.trouble = open_trouble()

    def owned_by_linux(self):
        return self.owner.driver() == DISK_DRIVER

    @staticmethod
    def member_of_another():
        """Of another owner, or None."""
        if not HERE.exists(f"{PCI}/{OTHER_PF}"):
            return None
        _bind_owner(OTHER_PF, OWNER_DRIVER, 1)
        return _bind_members([OTHER_MEMBER], MEMBER_DRIVER)[0]

    def ask_trouble(self, name, vf):
        """What the window knows of a member."""
        return self.trouble.get(name, number(vf))

    def refuse(self, opcode, vf):
        """That command for that member, as if it made no sense."""
        self.trouble.meets(trouble.FAIL, opcode, arg=EINVAL | INVALID_FIELD << 16, member=number(vf),
                           times=ALWAYS)

    def end_trouble(self):
        self.trouble.set("reset", 1)

    def design(self):
        """What its members are migrated by; Linux asks only for one."""
        if self.owned_by_linux():
            return "device parts (virtio 1.4)"
        said = HERE.read(f"/sys/kernel/debug/{OWNER_DRIVER}/{PF}/status")
        return next(line for line in said.splitlines() if line.startswith("design ")).partition(" ")[2]

    def drop_guest(self):
        """No guest outlives its scenario."""
