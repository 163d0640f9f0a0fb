# SPDX-License-Identifier: GPL-2.0-only
"""A driver for virtio functions that polls: rings, block requests, commands."""

import struct
import time

from vfio import IOVA

NOTIFY = 0x3000
SIZE = 16
DESC, AVAIL, USED, INDIRECT = 0, 0x400, 0x800, 0xc00
NEXT, WRITE, IS_INDIRECT = 1, 2, 4
VERSION_1, PLATFORM, INDIRECT_DESC, EVENT_IDX = 1 << 32, 1 << 33, 1 << 28, 1 << 29
SR_IOV, ADMIN_VQ, BLK_MQ = 1 << 37, 1 << 41, 1 << 12
NEEDS_RESET = 0x40
SECTOR = 512


class NoAnswer(Exception):
    pass


class Queue:
    def __init__(self, virtio, index):
        self._index = index
        self._memory = virtio.memory.bytes
        self.at = virtio.memory.allocate(0x1000)
        self.added = 0
        self.seen = 0
        self._notify = virtio.registers
        virtio.enable_queue(index, [IOVA + self.at + part for part in (DESC, AVAIL, USED)])

    def _describe(self, table, i, buffer):
        at, size, flags = buffer
        struct.pack_into("<QIHH", self._memory, table + 16 * i, IOVA + at, size, flags, i + 1)

    def add(self, buffers, indirect=False):
        """Each is (offset in memory, size, is it the device's to write)."""
        described = [(at, size, (WRITE if writable else 0) | NEXT) for at, size, writable in buffers]
        described[-1] = (*described[-1][:2], described[-1][2] & ~NEXT)
        if indirect:
            for i, buffer in enumerate(described):
                self._describe(self.at + INDIRECT, i, buffer)
            described = [(self.at + INDIRECT, 16 * len(described), IS_INDIRECT)]
        for i, buffer in enumerate(described):
            self._describe(self.at + DESC, i, buffer)
        struct.pack_into("<H", self._memory, self.at + AVAIL + 4 + 2 * (self.added % SIZE), 0)
        self.added += 1
        struct.pack_into("<H", self._memory, self.at + AVAIL + 2, self.added & 0xffff)

    def kick(self):
        self._notify.write(NOTIFY + 4 * self._index, self._index, 2)

    def used(self):
        return struct.unpack_from("<H", self._memory, self.at + USED + 2)[0]

    def wait(self, seconds=5):
        """The used length."""
        until = time.monotonic() + seconds
        while self.used() == self.seen & 0xffff:
            if time.monotonic() > until:
                raise NoAnswer
            time.sleep(0.001)
        length = struct.unpack_from("<I", self._memory, self.at + USED + 8 + 8 * (self.seen % SIZE))[0]
        self.seen += 1
        return length


class Virtio:
    def __init__(self, function, features):
        self.function = function
        self.memory = function.memory
        self.registers = function.bar(0)
        self._features = features
        self.queues = []

    def start(self, *queues):
        """The common configuration's offsets are the standard's."""
        regs = self.registers
        regs.write(20, 0, 1)
        while regs.read(20, 1):
            pass
        regs.write(20, 3, 1)
        for word in (0, 1):
            regs.write(8, word)
            regs.write(12, self._features >> (32 * word) & 0xffffffff)
        regs.write(20, 0xb, 1)
        assert regs.read(20, 1) == 0xb
        self.queues = [Queue(self, index) for index in queues]
        regs.write(20, 0xf, 1)
        return self

    def enable_queue(self, index, addresses):
        regs = self.registers
        regs.write(22, index, 2)
        regs.write(24, SIZE, 2)
        for at, address in zip((32, 40, 48), addresses):
            regs.write(at, address & 0xffffffff)
            regs.write(at + 4, address >> 32)
        regs.write(28, 1, 2)

    def status(self):
        return self.registers.read(20, 1)


class Disk(Virtio):
    def __init__(self, function):
        super().__init__(function, VERSION_1 | PLATFORM | INDIRECT_DESC | BLK_MQ)
        self._head = self.memory.allocate(0x1000)
        self._data = self.memory.allocate(0x1000)

    def ask(self, kind, sector, data=bytes(SECTOR), indirect=False, queue=0):
        """Adds a request, and tells the device of it."""
        self.memory.bytes[self._data:self._data + len(data)] = data
        struct.pack_into("<IIQB", self.memory.bytes, self._head, kind, 0, sector, 0xff)
        buffers = [(self._head, 16, False), (self._data, len(data), kind == 0),
                   (self._head + 16, 1, True)]
        self.queues[queue].add(buffers, indirect)
        self.queues[queue].kick()

    def status_byte(self):
        return self.memory.bytes[self._head + 16]

    def read(self, sector, **options):
        self.ask(0, sector, **options)
        self.queues[0].wait()
        assert self.status_byte() == 0
        return self.memory.bytes[self._data:self._data + SECTOR]

    def write(self, sector, data):
        self.ask(1, sector, data)
        self.queues[0].wait()
        assert self.status_byte() == 0


class Answer:
    def __init__(self, used, room):
        self.used = used
        self.status, self.qualifier, self.output = struct.unpack_from("<HHI", room.ljust(8, b"\0"))
        self.result = room[8:max(used, 8)]

    def why(self):
        return self.status, self.qualifier


class Owner(Virtio):
    BIGGEST = 8 << 20

    def __init__(self, function):
        super().__init__(function, VERSION_1 | PLATFORM | INDIRECT_DESC | EVENT_IDX | SR_IOV | ADMIN_VQ)
        self._to = self.memory.allocate(self.BIGGEST)
        self._from = self.memory.allocate(self.BIGGEST)

    def restart(self):
        return self.start(self.registers.read(60, 2))

    def ask(self, opcode, member=0, data=b"", room=4096, group=1, seconds=5, raw=None, indirect=True):
        """@raw: all that the device reads, in place of a whole head and the data."""
        head = struct.pack("<HH12xQ", opcode, group, member)
        sent = head + data if raw is None else raw
        memory = self.memory.bytes
        memory[self._to:self._to + len(sent)] = sent
        memory[self._from:self._from + 8 + room] = b"\xee" * (8 + room)
        # In pieces, because nobody says that the head is one.
        cut = min(7, len(sent))
        buffers = [(self._to, cut, False), (self._to + cut, len(sent) - cut, False),
                   (self._from, 3, True), (self._from + 3, 5 + room, True)]
        queue = self.queues[0]
        queue.add([buffer for buffer in buffers if buffer[1]], indirect)
        queue.kick()
        used = queue.wait(seconds)
        return Answer(used, memory[self._from:self._from + 8 + room])
