# SPDX-License-Identifier: GPL-2.0-only
"""What works with a VF beyond one that moves over a socket, as operating.rst says it."""

import os
from functools import partial

from lib.bare_guest import MEMORY, new_qemu
from lib.bench import DRIVER
from lib.migration import COMPLETION_LIMIT, Migration
from lib.moving import DOWNTIME_MS
from lib.qemus import MACHINE_10_0, NEWEST, V7_2, V10_0
from lib.scenario import only_on
from lib.snapshots import SnapshotFile
from lib.tap import expect
from lib.vfs import Vf
from lib.vm import Vm

from .rules import KERNELS, both, refused, switch_on
from .versions import between, check_possible

PATH = "/tmp/vfmig-snapshots"
MAPPED = "/tmp/vfmig-mapped"
SNAPSHOT = "before"
# Else QEMU takes several channels for a VF if it can, and says nothing if it cannot.
BY_CHANNELS = "-global", "vfio-pci.x-migration-multifd-transfer=on"
PORT = "rootport"
ROOT_PORT = "-device", f"pcie-root-port,id={PORT},bus=pcie.0,addr=0x5,chassis=1,slot=1"
SECOND_SLOT = "0x11"


def snapshot(guest, _):
    """No frame is on its way when it is taken, so the guest's counts tell one time from another."""
    vm = guest.vm
    file = SnapshotFile(vm, PATH)
    try:
        guest.check_none_lost()
        saved = vm.agent.ask("counts")
        file.save(SNAPSHOT)
        guest.resume_frames()
        guest.check_none_lost()
        expect(vm.agent.ask("counts")["sent"] > saved["sent"], "the guest has not gone on")
        vm.qmp.execute("stop")
        file.load(SNAPSHOT)
        vm.qmp.execute("cont")
        guest.expect_back(saved)
    finally:
        file.remove()


def mapped_file(guest, there):
    """The guest runs while its pages go each to a place of their own; then it is in the file."""
    source = guest.vm
    switch_on(source, "mapped-ram")
    source.qmp.execute("migrate-set-parameters", max_bandwidth=1 << 32, downtime_limit=DOWNTIME_MS,
                       **source.qemu.source_parameters(source.host))
    try:
        source.qmp.execute("migrate", uri=f"file:{MAPPED}")
        over(source)
        expect(not source.running(), "the guest runs on while it is in a file")
        guest.vm = new_qemu(there)
        guest.vm.agent.continue_after(source.agent)
        source.quit()
        switch_on(guest.vm, "mapped-ram")
        guest.vm.qmp.execute("migrate-incoming", uri=f"file:{MAPPED}")
        over(guest.vm)
    finally:
        source.kill()
        os.unlink(MAPPED)
    guest.check_alive()


def over(vm):
    state = vm.qmp.wait_migration(["completed", "failed"], COMPLETION_LIMIT)
    expect(state == "completed", f"{vm.name}: {state}")


def by_channels(guest, there):
    here = guest.vm.vf
    for target in (there, here):
        guest.move(target, watched=True, capabilities=["multifd"])


def second_vf(first):
    """Two more on each host than the first ones of all guests."""
    vf = Vf(first.index + 2, first.host)
    vf.bind(DRIVER)
    return vf


def with_second(vf, qemu):
    return qemu.plus("-device", f"vfio-pci,host={vf.address},id=vf2,bus=pcie.0,addr={SECOND_SLOT},"
                                f"{qemu.vf_options()}")


def two_vfs(bench):
    """From v1 to v2 and back."""
    qemus = V7_2, NEWEST
    check_possible(qemus, bench.vfs)
    here, there = seconds = [second_vf(vf) for vf in bench.vfs]

    def play(guest, target):
        for vf, second in ((target, there), (guest.vm.vf, here)):
            guest.move(vf, watched=True)
            expect("resuming" in second.says("last_transfer"), f"nothing has come to {second}")
            second.wait_state("running")
    between([*map(with_second, seconds, qemus)], play, bench)


def plugged(bench):
    """Into QEMUs that run, at the destination one that waits; not to be unplugged under way."""
    qemus = V7_2, NEWEST
    check_possible(qemus, bench.vfs)
    bench.drop_guest()
    bench.prepare_vfs()
    vms = []
    try:
        for vf, qemu, incoming in zip(bench.vfs, qemus, (False, True)):
            vf.qemu = qemu
            vms.append(Vm(vf, incoming=incoming, memory=MEMORY, options=ROOT_PORT, plugged=True))
            vms[-1].plug_vf(PORT)
        source, destination = vms
        migration = Migration(source, destination, downtime_limit=DOWNTIME_MS, watched=True)
        migration.wait_switchover()
        refused(partial(source.qmp.execute, "device_del", id="vf"), "not allowed while migrating")
        migration.go_on()
        over(source)
        migration.hand_over()
        destination.vf.wait_state("running")
    finally:
        for vm in vms:
            vm.kill()
        for vf in bench.vfs:
            vf.qemu = V7_2


SCENARIOS = only_on(KERNELS, [
    *((f"features: {qemu.version}: a snapshot in a disk's file, and back to it",
       both(qemu, snapshot)) for qemu in (V7_2, NEWEST)),
    ("features: 10.0 to newest: by a file with mapped-ram", partial(between, (V10_0, NEWEST), mapped_file)),
    ("features: 10.0 and newest: the VF's data by several channels (multifd)",
     partial(between, tuple(qemu.on(MACHINE_10_0).plus(*BY_CHANNELS) for qemu in (V10_0, NEWEST)),
             by_channels)),
    ("features: 7.2 (v1) and newest (v2): two VFs in a guest, there and back", two_vfs),
    ("features: 7.2 (v1) to newest (v2): a VF that was plugged in behind a root port", plugged),
])
