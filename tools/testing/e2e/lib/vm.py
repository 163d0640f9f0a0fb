# SPDX-License-Identifier: GPL-2.0-only
"""One QEMU: started, talked to, ended."""

import select
import socket

from . import kvm_exits
from .accel import accel
from .agent import Agent
from .host import HERE, RUN_DIR
from .lines import Closed
from .qemus import NEWEST, V7_2
from .qmp import Qmp, QmpError
from .settings import HUGE_PAGES
from .waiting import Late, until

# Not the host's CPU: a guest must find the same one wherever it comes.
MACHINE_ARGV = ["-cpu", "qemu64", "-no-user-config", "-nodefaults", "-display", "none",
                # None of the guests restarts itself. One that is reset has failed,
                # and would else be taken for one whose memory was lost on the way.
                "-no-reboot"]
VF_SLOT = "0x10"
# In huge pages, because QEMU's igb, which the VFs are of, sends nothing of a
# packet of which a piece goes on into a page that does not lie beside the first
# (net_tx_pkt_add_raw_fragment_pci()). The name is that of RAM without a backend.
RAM = "pc.ram"
RAM_BACKEND = "memory-backend-memfd,hugetlb=on" if HUGE_PAGES else "memory-backend-ram"
START_LIMIT = 60
QUIT_LIMIT = 60
BACK_LIMIT = 60
UNMAPPED = -1


def report(since=0):
    """What there is to be known of a failure, of the QEMUs from that number on."""
    return cpu_states() + kvm_exits.last_exits() + log_tails(since)


def log_tails(since=0, lines=15):
    """The last words of the QEMUs from that number on, for a failure's report."""
    text = []
    for number in range(since + 1, Vm.count + 1):
        for kind in ("log", "console"):
            path, host = f"{RUN_DIR}/qemu{number}.{kind}", Vm.hosts[number - 1]
            if not host.exists(path):
                continue  # it ended well, and was forgotten
            tail = host.read(path).splitlines()[-lines:]
            text += [f"qemu{number}.{kind}: {line}" for line in tail if line.strip()]
    return text


def cpu_states():
    """Where the guests' CPUs are, for a failure's report: a guest that stands still looks twice the same."""
    text = []
    for vm in Vm.alive:
        try:
            status = vm.qmp.execute("query-status")["status"]
            for _ in range(2):
                registers = vm.qmp.execute("human-monitor-command", command_line="info registers")
                text += [f"{vm.name}, {status}: {line}" for line in registers.splitlines()
                         if line.startswith(("RIP", "EIP"))]
        except (Closed, Late, OSError, QmpError) as error:
            reason = vm.end_reason()
            text.append(f"{vm.name} has ended: {reason}" if reason else
                        f"{vm.name} does not answer: {error}")
    return text


class Vm:
    """
    A QEMU with at most one VF, whose host and choice of QEMU it is then, and
    which is there from the start unless it is to be plugged; incoming ones wait
    to be told from where.
    """

    count = 0
    hosts = []
    alive = []

    def __init__(self, vf=None, incoming=False, paused=False, memory=64, options=(), plugged=False):
        self.vf = vf
        self.host = vf.host if vf else HERE
        self.qemu = vf.qemu if vf else V7_2
        Vm.count += 1
        Vm.hosts.append(self.host)
        self.name = f"qemu{Vm.count}"
        if HUGE_PAGES:
            self.host.need_huge_pages(memory)
        servers = [socket.create_server(("", 0)) for _ in range(2)]
        qmp_port, agent_port = (server.getsockname()[1] for server in servers)
        argv = [
            self.qemu.program(self.host), "-name", self.name,
            "-M", f"{self.qemu.machine},memory-backend={RAM}",
            "-accel", accel().name, *MACHINE_ARGV, "-m", str(memory),
            "-object", f"{RAM_BACKEND},id={RAM},size={memory}M",
            "-chardev", f"socket,id=qmp,host={self.host.controller},port={qmp_port}",
            "-mon", "chardev=qmp,mode=control",
            "-chardev", f"file,id=console,path={RUN_DIR}/{self.name}.console",
            "-chardev", f"socket,id=agent,host={self.host.controller},port={agent_port}",
            "-serial", "chardev:console", "-serial", "chardev:agent",
        ]
        if vf:
            argv += self.qemu.vf_objects()
        if vf and not plugged:
            argv += ["-device", f"{self._vf_device()},bus=pcie.0,addr={VF_SLOT}"]
        if incoming:
            argv += ["-incoming", "defer"]
        if paused:
            argv += ["-S"]
        argv += options
        self._process = self.host.start(argv, f"{RUN_DIR}/{self.name}.log")
        try:
            qmp, serial = map(self._accept, servers)
            self.agent = Agent(serial)
            self.qmp = Qmp(qmp)
            if self.qemu.version not in (self.qmp.version, NEWEST.version):
                raise RuntimeError(f"{self.name} is QEMU {self.qmp.version}, not {self.qemu}")
        except Closed as error:
            self._process.kill()
            raise RuntimeError(f"{self.qemu} did not start: {self.log()}") from error
        except BaseException:
            self._process.kill()
            raise
        Vm.alive.append(self)

    def _vf_device(self):
        return f"vfio-pci,host={self.vf.address},id=vf,{self.qemu.vf_options()}"

    def plug_vf(self, bus):
        self.command(f"device_add {self._vf_device()},bus={bus}")

    def command(self, line):
        """One of the monitor for people, which complains where it has not done it."""
        said = self.qmp.execute("human-monitor-command", command_line=line).splitlines()
        complaints = [each for each in said if each.strip() and not each.startswith("warning: ")]
        if complaints:
            raise QmpError(f"{line}: {'; '.join(complaints)}")

    def _accept(self, server):
        """QEMU connects to it, or ends."""
        with server:
            if until(lambda: select.select([server], [], [], 0)[0] or
                     self._process.poll() is not None, START_LIMIT, f"{self.qemu} to start") is True:
                raise RuntimeError(f"{self.qemu} did not start: {self.log()}")
            return server.accept()[0]

    def log(self):
        return self.host.read(f"{RUN_DIR}/{self.name}.log")

    def console(self):
        return self.host.read(f"{RUN_DIR}/{self.name}.console")

    def memory_map(self):
        return self.host.read(f"/proc/{self._process.pid}/smaps")

    def trace(self, events, enable):
        """QEMU's trace events go to its log."""
        for event in events:
            self.qmp.execute("trace-event-set-state", name=event, enable=enable)

    def end_reason(self):
        """Why QEMU has said that it would end, or None if it has not."""
        return next((event["data"]["reason"] for event in self.qmp.history
                     if event["event"] == "SHUTDOWN"), None)

    def running(self):
        return self.qmp.execute("query-status")["running"]

    def was_stopped(self):
        """Ever."""
        return any(event["event"] == "STOP" for event in self.qmp.history)

    def wait_back(self):
        """After a migration that came to nothing: the guest runs here, and so does its VF."""
        if not self.running():
            self.qmp.wait(["RESUME"], BACK_LIMIT)
        self.vf.wait_state("running", BACK_LIMIT)

    def vf_decodes(self):
        """Whether the guest has switched on any of the VF's BARs."""
        vf = next(device for bus in self.qmp.execute("query-pci") for device in bus["devices"]
                  if device["qdev_id"] == "vf")
        return any(region["address"] != UNMAPPED for region in vf["regions"])

    def wait_gone(self, limit):
        """Waits for QEMU to end by itself; returns its status."""
        until(lambda: self._process.poll() is not None, limit, f"{self.name} to end")
        return self._process.poll()

    def quit(self):
        try:
            self.qmp.execute("quit")
            self.wait_gone(QUIT_LIMIT)
        except (Closed, Late):
            pass
        self.kill()

    def forget(self):
        """Removes what it said: of many hundred QEMUs that would be much memory."""
        for kind in ("log", "console"):
            self.host.remove(f"{RUN_DIR}/{self.name}.{kind}")

    def kill(self):
        """Ends QEMU as a power cut would; no harm if it has ended."""
        if self in Vm.alive:
            Vm.alive.remove(self)
        self._process.kill()
        self.wait_gone(QUIT_LIMIT)
        self.qmp.close()
        self.agent.close()
