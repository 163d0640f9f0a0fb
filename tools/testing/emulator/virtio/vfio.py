# SPDX-License-Identifier: GPL-2.0-only
"""PCI functions by way of vfio-pci, with memory that they can reach."""

import ctypes
import fcntl
import mmap
import os
import struct
import uuid

from lib.virtio import PCI
from lib.window import Window

SET_IOMMU = 0x3b66
GROUP_SET_CONTAINER = 0x3b68
GROUP_GET_DEVICE_FD = 0x3b6a
GET_REGION_INFO = 0x3b6c
DEVICE_RESET = 0x3b6f
MAP_DMA = 0x3b71
DEVICE_FEATURE = 0x3b75
TYPE1V2 = 3
FEATURE_SET_VF_TOKEN = 1 << 17
CONFIG_REGION = 7

IOVA = 0x10000000
MEMORY = 96 << 20


class Memory:
    """What all functions reach, at IOVA."""

    def __init__(self):
        self.container = os.open("/dev/vfio/vfio", os.O_RDWR)
        self.bytes = mmap.mmap(-1, MEMORY)
        self._is_mapped = False
        self._next = 0

    def attach(self, group):
        fcntl.ioctl(group, GROUP_SET_CONTAINER, struct.pack("i", self.container))
        if self._is_mapped:
            return
        fcntl.ioctl(self.container, SET_IOMMU, TYPE1V2)
        where = ctypes.addressof(ctypes.c_char.from_buffer(self.bytes))
        fcntl.ioctl(self.container, MAP_DMA, struct.pack("IIQQQ", 32, 3, where, IOVA, MEMORY))
        self._is_mapped = True

    def allocate(self, size):
        """An offset; nothing is ever given back."""
        at = self._next
        self._next = (at + size + 0xfff) & ~0xfff
        if self._next > MEMORY:
            raise MemoryError
        return at


class Function:
    def __init__(self, memory, address, token):
        self.memory = memory
        link = os.path.basename(os.readlink(f"{PCI}/{address}/iommu_group"))
        self._group = os.open(f"/dev/vfio/{link}", os.O_RDWR)
        memory.attach(self._group)
        name = bytearray(f"{address} vf_token={token}".encode() + b"\0")
        self._fd = fcntl.ioctl(self._group, GROUP_GET_DEVICE_FD, name)  # of what is mutable, its value
        config = self._region(CONFIG_REGION)[0]
        command = struct.unpack("<H", os.pread(self._fd, 2, config + 4))[0]
        # Memory and bus master.
        os.pwrite(self._fd, struct.pack("<H", command | 6), config + 4)
        self._config = config

    def _region(self, index):
        info = bytearray(struct.pack("IIIIQQ", 32, 0, index, 0, 0, 0))
        fcntl.ioctl(self._fd, GET_REGION_INFO, info)
        _, _, _, _, size, offset = struct.unpack("IIIIQQ", info)
        return offset, size

    def bar(self, index):
        offset, size = self._region(index)
        return Window(self._fd, offset, size)

    def set_token(self, token):
        data = struct.pack("II", 24, FEATURE_SET_VF_TOKEN) + uuid.UUID(token).bytes
        fcntl.ioctl(self._fd, DEVICE_FEATURE, data)

    def reset(self):
        fcntl.ioctl(self._fd, DEVICE_RESET)
        os.pwrite(self._fd, struct.pack("<H", 6), self._config + 4)
