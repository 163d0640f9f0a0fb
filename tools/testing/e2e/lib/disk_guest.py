# SPDX-License-Identifier: GPL-2.0-only
"""
The Linux guest with a virtio VF as its disk: a file system, and on it files that are
written anew, read and compared all the time (tools/guest/agent/files.c).
"""

import re
import struct
import subprocess
import tempfile
import zlib
from contextlib import contextmanager

from . import linux_guest
from .booted import DISK_MODULES
from .host import HERE
from .moving import MovingGuest
from .observation import KERNEL_TROUBLE
from .tap import expect
from .waiting import until

DEVICE, MOUNTED, FILES = "/dev/vda", "/mnt", "/files"
DIRECTORY = MOUNTED + FILES
BLOCK_SIZE = 4096
BLOCKS = 8
GOES_ON = 8
GOES_ON_LIMIT = 60
_disk_messages = re.compile(r"virtio|vda|EXT4-fs|JBD2")
_farewell = re.compile(r"EXT4-fs \(vda\): unmounting")


def _on_disk(*argv):
    return subprocess.run(argv, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)


class DiskGuest(MovingGuest):
    """It writes on, wherever it is."""

    def __init__(self, disk, vf, progress=lambda text: None):
        self._disk = disk
        HERE.run("mkfs.ext4", "-q", "-F", disk.path)
        super().__init__(linux_guest.start(vf, progress))
        try:
            progress("the guest runs; it looks for its VF and mounts the file system on it")
            self._mount()
            self.vm.agent.ask("log")  # what the driver has to say when it begins
            self.vm.agent.ask(f"files-start {DIRECTORY}")
            self.check_alive()
        except BaseException:
            self.end()
            raise

    def _mount(self):
        agent = self.vm.agent
        linux_guest.find_vf(self.vm)
        agent.shell(" && ".join(f"insmod /{name}.ko" for name in DISK_MODULES))
        agent.shell(f"mkdir {MOUNTED} && mount -t ext4 {DEVICE} {MOUNTED} && mkdir {DIRECTORY}")

    def new_qemu(self, vf):
        return linux_guest.new_qemu(vf)

    def files(self):
        """How many were written and verified so far; raises what is wrong with them."""
        report = self.vm.agent.ask("files-report")
        expect("failed" not in report, f"the guest's files: {report.get('failed')}")
        return report

    def check_alive(self):
        begun = self.files()
        until(lambda: self._has_gone_on(begun), GOES_ON_LIMIT, "the guest to write and verify files")
        self._check_messages()

    def _has_gone_on(self, begun):
        now = self.files()
        return all(now[what] >= begun[what] + GOES_ON for what in ("written", "verified"))

    def _check_messages(self):
        for message in self.vm.agent.ask("log")["messages"]:
            expect(not KERNEL_TROUBLE.search(message), f"the guest's kernel is in trouble: {message}")
            expect(_farewell.search(message) or not _disk_messages.search(message),
                   f"the guest's driver spoke: {message}")

    def check_none_lost(self):
        """The guest is done with its disk; by what the host finds on it. Returns how many files."""
        report = self.vm.agent.ask("files-stop")
        expect("failed" not in report, f"the guest's files: {report.get('failed')}")
        self.vm.agent.shell(f"umount {MOUNTED}")
        self._check_messages()
        HERE.run("blockdev", "--flushbufs", self._disk.path)
        self._check_file_system()
        with self._copied() as directory:
            for number, generation in enumerate(report["generations"]):
                if generation:
                    check_file(directory, number, generation)
        return sum(generation > 0 for generation in report["generations"])

    def _check_file_system(self):
        fsck = _on_disk("e2fsck", "-f", "-n", self._disk.path)
        expect(fsck.returncode == 0, f"e2fsck has found faults: {fsck.stdout}")

    @contextmanager
    def _copied(self):
        """Out of the file system, which not every host VM's kernel knows."""
        with tempfile.TemporaryDirectory() as directory:
            _on_disk("debugfs", "-R", f"rdump {FILES} {directory}", self._disk.path)
            yield f"{directory}{FILES}"


def check_file(directory, number, generation):
    """Each block is of that file and that time, and whole."""
    with open(f"{directory}/{number}", "rb") as file:
        data = file.read()
    expect(len(data) == BLOCKS * BLOCK_SIZE, f"file {number} has {len(data)} bytes")
    for i in range(BLOCKS):
        block = data[i * BLOCK_SIZE:(i + 1) * BLOCK_SIZE]
        checksum, *says = struct.unpack_from("<IIII", block)
        expect(checksum == zlib.crc32(block[4:]), f"file {number}, block {i}: the checksum is wrong")
        expect(says == [number, generation, i],
               f"file {number}, block {i}: has {says}, the guest wrote {[number, generation, i]}")
