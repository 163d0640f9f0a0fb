# SPDX-License-Identifier: GPL-2.0-only
"""One QEMU: started, talked to, ended."""

import os
import socket
import subprocess

from .agent import Agent
from .lines import Closed
from .qmp import Qmp
from .settings import PATIENCE
from .waiting import Late

RUN_DIR = "/tmp/vfmig"
MACHINE_ARGV = ["-M", "pc-q35-7.2", "-accel", "tcg", "-cpu", "qemu64",
                "-no-user-config", "-nodefaults", "-display", "none"]
VF_SLOT = "0x10"
VF_OPTIONS = "x-enable-migration=on,x-pre-copy-dirty-page-tracking=off"
QUIT_LIMIT = 60
UNMAPPED = -1

def log_tails(since=0, lines=15):
    """The last words of the QEMUs from that number on, for a failure's report."""
    text = []
    for number in range(since + 1, Vm.count + 1):
        for kind in ("log", "console"):
            path = f"{RUN_DIR}/qemu{number}.{kind}"
            if not os.path.exists(path):
                continue  # it ended well, and was forgotten
            with open(path, errors="replace") as file:
                tail = file.read().splitlines()[-lines:]
            text += [f"qemu{number}.{kind}: {line}" for line in tail if line.strip()]
    return text


class Vm:
    """A QEMU with at most one VF; incoming ones wait to be told from where."""

    count = 0

    def __init__(self, vf=None, incoming=False, paused=False, memory=64, options=()):
        Vm.count += 1
        self.vf = vf
        self.name = f"qemu{Vm.count}"
        os.makedirs(RUN_DIR, exist_ok=True)
        qmp, qmp_far = socket.socketpair()
        serial, serial_far = socket.socketpair()
        argv = [
            # Or it would hold on to its VF when this process dies.
            "setpriv", "--pdeathsig", "KILL",
            "qemu-system-x86_64", "-name", self.name, *MACHINE_ARGV, "-m", str(memory),
            "-chardev", f"socket,id=qmp,fd={qmp_far.fileno()}",
            "-mon", "chardev=qmp,mode=control",
            "-chardev", f"file,id=console,path={RUN_DIR}/{self.name}.console",
            "-chardev", f"socket,id=agent,fd={serial_far.fileno()}",
            "-serial", "chardev:console", "-serial", "chardev:agent",
        ]
        if vf:
            argv += ["-device", f"vfio-pci,host={vf.address},id=vf,bus=pcie.0,"
                                f"addr={VF_SLOT},{VF_OPTIONS}"]
        if incoming:
            argv += ["-incoming", "defer"]
        if paused:
            argv += ["-S"]
        argv += options
        with open(f"{RUN_DIR}/{self.name}.log", "wb") as log:
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=[qmp_far.fileno(), serial_far.fileno()])
        qmp_far.close()
        serial_far.close()
        self.agent = Agent(serial)
        try:
            self.qmp = Qmp(qmp)
        except BaseException:
            self._process.kill()
            raise

    def log(self):
        with open(f"{RUN_DIR}/{self.name}.log", errors="replace") as file:
            return file.read()

    def trace(self, events, enable):
        """QEMU's trace events go to its log."""
        for event in events:
            self.qmp.execute("trace-event-set-state", name=event, enable=enable)

    def running(self):
        return self.qmp.execute("query-status")["running"]

    def vf_decodes(self):
        """Whether the guest has switched on any of the VF's BARs."""
        vf = next(device for bus in self.qmp.execute("query-pci") for device in bus["devices"]
                  if device["qdev_id"] == "vf")
        return any(region["address"] != UNMAPPED for region in vf["regions"])

    def wait_gone(self, limit):
        """Waits for QEMU to end by itself; returns its status."""
        try:
            return self._process.wait(limit * PATIENCE)
        except subprocess.TimeoutExpired:
            raise Late(f"{self.name} does not end") from None

    def quit(self):
        try:
            self.qmp.execute("quit")
            self._process.wait(QUIT_LIMIT * PATIENCE)
        except (Closed, subprocess.TimeoutExpired):
            pass
        self.kill()

    def forget(self):
        """Removes what it said: of many hundred QEMUs that would be much memory."""
        for kind in ("log", "console"):
            os.unlink(f"{RUN_DIR}/{self.name}.{kind}")

    def kill(self):
        """Ends QEMU as a power cut would; no harm if it has ended."""
        self._process.kill()
        self._process.wait()
        self.qmp.close()
        self.agent.close()
