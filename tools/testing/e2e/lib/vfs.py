# SPDX-License-Identifier: GPL-2.0-only
"""The host VM's virtual functions, and what the drivers say about them."""

import os
import subprocess

from .settings import KERNEL
from .waiting import until

PF = "eth0"
PF_ADDRESS = "10.0.2.50"
VFIO_DIR = "/sys/kernel/debug/vfmig"
BUILD = f"build/{KERNEL}/src/drivers/vfio"


def _write(path, text):
    with open(path, "w") as file:
        file.write(text)


def project_dir():
    return os.path.realpath(os.path.join(os.path.dirname(__file__), "../../../.."))


def _needed_by(module):
    """Debian's modules that this one of ours depends on, which insmod does not look for."""
    depends = subprocess.check_output(["modinfo", "-F", "depends", module], text=True)
    return [name for name in depends.strip().split(",") if name and name != "vfmig"]


def load_modules(*drivers):
    """Loads the core and the drivers, those that are not there yet."""
    modules = f"{project_dir()}/{BUILD}"
    for path in ["migration/vfmig.ko"] + [f"pci/{name}/{name}-vfio-pci.ko" for name in drivers]:
        name = os.path.basename(path)[:-3].replace("-", "_")
        if not os.path.isdir(f"/sys/module/{name}"):
            module = f"{modules}/{path}"
            subprocess.run(["modprobe", "-a", "vfio_iommu_type1"] + _needed_by(module), check=True)
            subprocess.run(["insmod", module], check=True)


class Vf:
    def __init__(self, index):
        self.index = index
        self.address = os.path.basename(
            os.readlink(f"/sys/class/net/{PF}/device/virtfn{index}"))
        self._device = f"/sys/bus/pci/devices/{self.address}"

    def __str__(self):
        return f"VF{self.index} ({self.address})"

    def driver(self):
        link = f"{self._device}/driver"
        return os.path.basename(os.readlink(link)) if os.path.islink(link) else None

    def bind(self, driver):
        if self.driver() == driver:
            return
        self.unbind()
        _write(f"{self._device}/driver_override", driver)
        _write("/sys/bus/pci/drivers_probe", self.address)
        if self.driver() != driver:
            raise RuntimeError(f"{driver} does not take {self}")

    def unbind(self):
        if self.driver():
            _write(f"{self._device}/driver/unbind", self.address)

    def set_mac(self, mac):
        """All zeroes: the guest may choose its own."""
        subprocess.run(["ip", "link", "set", PF, "vf", str(self.index), "mac", mac],
                       check=True)

    def says(self, name):
        """The text of one of the driver's files in debugfs."""
        with open(f"{VFIO_DIR}/{self.address}/{name}") as file:
            return file.read().strip()

    def knob(self, name, value):
        _write(f"{VFIO_DIR}/{self.address}/{name}", str(value))

    def state(self):
        return self.says("state")

    def wait_state(self, state, limit=10):
        until(lambda: self.state() == state, limit, f"{self} in state {state}")
