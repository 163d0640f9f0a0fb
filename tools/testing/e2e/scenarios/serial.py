# SPDX-License-Identifier: GPL-2.0-only
"""
The Linux guest with a pci-serial, which its stock 8250 drives and a program in
it sends back what comes. The far end of the line checks every byte: those that
the guest had received when it was stopped come back on its new line.

In the host VM no interrupt of the line reaches a guest of QEMU 11.1 that takes it by
KVM's irqfd, as INTx is by default: the same with plain vfio-pci and without a
migration, and not so with 7.2. So there QEMU itself hands it on.
"""

from functools import partial

from lib import linux_guest
from lib.migration import Migration
from lib.qemus import NEWEST, V7_2
from lib.scenario import only_on
from lib.serial import Echo, Serial, available
from lib.tap import Skip, Tap, expect
from lib.vfs import load_modules

# A bus reset takes a second on older ones, and the driver is the same.
KERNELS = "newest",
DRIVER = "sample_vfio_pci"
TTY = f"/dev/$(ls {linux_guest.VF_IN_GUEST}/tty)"


def start(device):
    vm = linux_guest.start(device, Tap.note)
    try:
        linux_guest.find_vf(vm)
        vm.agent.shell(f"stty -F {TTY} 115200 raw -echo clocal")
        vm.agent.shell(f"cat <{TTY} >{TTY} 2>/dev/null &")
        return vm
    except BaseException:
        vm.kill()
        raise


def move(vm, target):
    destination = linux_guest.new_qemu(target)
    try:
        migration = Migration(vm, destination, watched=True)
        outcome = migration.wait()
        expect(outcome == "completed", f"the migration {outcome}: "
               f"{vm.vf.says('last_error')}; {target.says('last_error')}")
        return migration.hand_over()
    except BaseException:
        destination.kill()
        raise


def moves(qemu, bench):
    if not available():
        raise Skip("the host VM has no pci-serial: tools/vm/run --serials")
    if not Serial(0).host.exists(f"/opt/qemu-{qemu.version}"):
        raise Skip(f"the host VM has no {qemu}")
    bench.drop_guest()
    load_modules("sample")
    here, there = Serial(0, qemu), Serial(1, qemu)
    for device in (here, there):
        device.empty_line()
        device.bind(DRIVER)
    vm = start(here)
    try:
        echo = Echo(here.index)
        try:
            echo.wait_more()
            vm = move(vm, there)
            lost, kept = echo.follow(there.index)
            Tap.note(f"{lost} bytes were under way when it was stopped, {kept} of them received")
            echo.wait_more()
        finally:
            echo.end()
    finally:
        vm.kill()


SCENARIOS = only_on(KERNELS, [
    (f"serial: {qemu.version} ({qemu.protocol}): a console on a pci-serial goes on, every byte checked",
     partial(moves, qemu)) for qemu in (V7_2, NEWEST.with_properties("x-no-kvm-intx=on"))
])
