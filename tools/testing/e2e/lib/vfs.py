# SPDX-License-Identifier: GPL-2.0-only
"""A host's virtual functions, and what the drivers say about them."""

import os

from . import accel
from .far import Far
from .host import HERE
from .qemus import V7_2
from .settings import FAR
from .waiting import until

PF = "eth0"
# Who talks to the guest: of two hosts, the near one's card beside the PF.
PEER = "peer0" if FAR else PF
PEER_ADDRESS = "10.0.2.50"
VFIO_DIR = "/sys/kernel/debug/vfmig"
CORE = "migration/vfmig"
STATE_LIMIT = 60
RESET_LIMIT = 60
CARRIER_LIMIT = 60


def project_dir():
    return os.path.realpath(os.path.join(os.path.dirname(__file__), "../../../.."))


def _needed_by(module, host):
    """What this module depends on, which insmod does not look for."""
    return [name for name in host.run("modinfo", "-F", "depends", module).strip().split(",") if name]


def insert_modules(paths, host=HERE):
    """Those of ours that are not there yet; each after those that it depends on."""
    ours = [os.path.basename(path) for path in paths]
    for path, name in zip(paths, ours):
        if not host.exists(f"/sys/module/{name.replace('-', '_')}"):
            module = f"{project_dir()}/build/{host.kernel}/src/drivers/vfio/{path}.ko"
            debians = [needed for needed in _needed_by(module, host) if needed not in ours]
            host.run("modprobe", "-a", "vfio_iommu_type1", *debians)
            host.run("insmod", module)


def load_modules(*drivers, host=HERE):
    """Loads the core and the drivers."""
    insert_modules([CORE] + [f"pci/{name}/{name}-vfio-pci" for name in drivers], host)


class Function:
    """A PCI function, what it is bound to, and what its driver says of it."""

    def __init__(self, address, host=HERE, qemu=V7_2):
        self.address = address
        self.host = host
        self.qemu = qemu  # what a guest with this function runs in
        self._device = f"/sys/bus/pci/devices/{address}"

    def __str__(self):
        return f"{self.address}{self.host.name}"

    def driver(self):
        link = self.host.readlink(f"{self._device}/driver")
        return link and os.path.basename(link)

    def bind(self, driver):
        if self.driver() == driver:
            return
        self.unbind()
        self.host.write(f"{self._device}/driver_override", driver)
        self.host.write("/sys/bus/pci/drivers_probe", self.address)
        if self.driver() != driver:
            raise RuntimeError(f"{driver} does not take {self}")

    def unbind(self):
        if self.driver():
            self.host.write(f"{self._device}/driver/unbind", self.address)

    def says(self, name):
        """The text of one of the driver's files in debugfs."""
        return self.host.read(f"{VFIO_DIR}/{self.address}/{name}").strip()

    def errors(self):
        """How much it has complained of so far."""
        return int(self.says("last_error").split()[0])

    def last_transfer(self):
        """By the name of the part or the step, what follows that."""
        rows = (line.split() for line in self.says("last_transfer").splitlines())
        return {name: rest for name, *rest in rows if rest}

    def transferred(self, part):
        """Bytes."""
        return int(self.last_transfer().get(part, [0])[0])

    def complaint(self):
        """For messages: a driver that is not ours has no such file."""
        ours = self.host.exists(f"{VFIO_DIR}/{self.address}/last_error")
        return self.says("last_error") if ours else f"{self.driver()} says nothing"

    def knob(self, name, value):
        self.host.write(f"{VFIO_DIR}/{self.address}/{name}", str(value))

    def state(self):
        return self.says("state").partition(" by ")[0]

    def owner(self):
        """The protocol that drives it, or nothing where nobody does."""
        return self.says("state").partition(" by ")[2]

    def wait_state(self, state, limit=STATE_LIMIT):
        until(lambda: self.state() == state, limit, f"{self} in state {state}")

    def resets(self):
        return int(self.says("resets"))

    def wait_reset(self, before):
        """One that meets an access counts when that is over."""
        until(lambda: self.resets() > before, RESET_LIMIT, f"the driver of {self} to see a reset")


class Vf(Function):
    """One of the igb's."""

    def __init__(self, index, host=HERE, qemu=V7_2):
        link = host.readlink(f"/sys/class/net/{PF}/device/virtfn{index}")
        super().__init__(os.path.basename(link), host, qemu)
        self.index = index

    def __str__(self):
        return f"VF{self.index} ({self.address}){self.host.name}"

    def set_mac(self, mac):
        """All zeroes: the guest may choose its own."""
        self.host.run("ip", "link", "set", PF, "vf", str(self.index), "mac", mac)

    def set_vlan(self, vlan):
        """The tag that the PF puts on and takes off, without the guest's knowing; 0: none."""
        self.host.run("ip", "link", "set", PF, "vf", str(self.index), "vlan", str(vlan))


def reset_card(host):
    """
    For after a guest that ran on memory which had gone from under its VF. There the card reads a
    descriptor of zeroes, a packet without an end. QEMU's igb keeps that over a reset of the VF,
    and drops the first packet of the VF's next user with it. A reset of the PF clears it.
    """
    host.run("ip", "link", "set", PF, "down")
    host.run("ip", "link", "set", PF, "up")
    until(lambda: host.read(f"/sys/class/net/{PF}/carrier").strip() == "1",
          CARRIER_LIMIT, f"carrier of {PF}{host.name}")


def pair(*drivers):
    """Two VFs whose drivers are there: of two hosts if there are two."""
    load_modules(*drivers)
    if not FAR:
        accel.choose(HERE)
        return [Vf(0), Vf(1)]
    far = Far(FAR)
    accel.choose(HERE, far)
    load_modules(*drivers, host=far)
    return [Vf(0), Vf(0, far)]
