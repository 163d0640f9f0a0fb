# SPDX-License-Identifier: GPL-2.0-only
"""
The Linux guest, with a VF: the booted state is loaded with a VF beside it, the
guest finds the VF on its bus and loads the driver.
"""

from .booted import MEMORY, kept_state
from .saving import load_from_file
from .vm import VF_SLOT, Vm
from .waiting import until

ADDRESS = "10.0.2.100"
MAC = "52:54:00:76:66:99"
INTERFACE = "eth0"
CARRIER_LIMIT = 60
VF_IN_GUEST = f"/sys/bus/pci/devices/0000:00:{int(VF_SLOT, 16):02x}.0"
# The ROM through which QEMU starts an uncompressed kernel is part of the
# machine's state, so it must be there when the state is loaded.
ROM_OF_BOOT = ["-option-rom", "pvh.bin"]


def new_qemu(vf):
    """Waits to be told where its guest comes from."""
    return Vm(vf, incoming=True, memory=MEMORY, options=ROM_OF_BOOT)


def start(vf, progress=lambda text: None):
    """A running guest that has not looked for the VF yet."""
    state = kept_state(progress)
    vm = new_qemu(vf)
    load_from_file(vm, state)
    if not vm.running():
        vm.qmp.execute("cont")
    vm.agent.ask("hello")
    return vm


def find_vf(vm):
    vm.agent.shell("echo 1 >/sys/bus/pci/rescan")
    vm.agent.shell(f"test -d {VF_IN_GUEST}")


def load_driver(vm):
    vm.agent.shell("insmod /igbvf.ko")
    vm.agent.shell(f"ip addr add {ADDRESS}/24 dev {INTERFACE} && ip link set {INTERFACE} up")
    until(lambda: vm.agent.ask(f"netdev {INTERFACE}")["carrier"] == "1",
          CARRIER_LIMIT, "carrier in the guest")


def start_with_network(vf, progress=lambda text: None):
    vm = start(vf, progress)
    progress("the guest runs; it looks for its VF and loads igbvf")
    find_vf(vm)
    load_driver(vm)
    return vm
