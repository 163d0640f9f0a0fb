# SPDX-License-Identifier: GPL-2.0-only
"""
What QEMU itself allows with a VF and what it refuses, version by version, as
README.md and operating.rst say it. No driver is asked, and no kernel.
"""

import signal
from functools import partial

from lib.bare_guest import MEMORY, BareGuest, new_qemu
from lib.host import RUN_DIR
from lib.migration import PAUSED_MS, Migration
from lib.qemus import NEWEST, PLENTY, V5_2, V7_2, V10_0, WITH_TRACKING
from lib.qmp import QmpError
from lib.scenario import only_on
from lib.tap import Tap, expect
from lib.vfs import reset_card
from lib.vm import Vm

from .protocol import MOCK
from .versions import GONE_LIMIT, between, check_possible

KERNELS = ["newest"]
# The v2 uAPI lets a device say how much it has to send since 6.2.
KERNELS_WITHOUT_SIZE = ["6.1"]
NOWHERE = "exec:cat >/dev/null"
SAVED_LIMIT = 120
# Takes nothing of what is saved until somebody has written to it.
GATE = f"{RUN_DIR}/gate"
AFTER_GATE = f"exec:cat <{GATE} && cat >/dev/null"
GATE_LIMIT = 60
REFUSED = {"postcopy-ram": "not supported with postcopy",
           "background-snapshot": "not supported with background snapshot"}
WITHOUT_ENABLE = "x-pre-copy-dirty-page-tracking=off"
VIOMMU = "-device", "intel-iommu,caching-mode=on"
# All of the guest's RAM is out in half a second. QEMU measures 100 ms at a time what
# goes out; until it has, it takes a guest whose RAM is out for one with nothing left.
BRISK = 2 << 20
SHORTEST_MS = 1
# RAM takes seconds: there is time to go over to post-copy, and that does not take long.
SLOW = 256 << 10
PASSES = 4
PASSES_LIMIT = 60
PAGE = 4096
# Of the mock: so little that nothing of it is sent before the guest is stopped, if QEMU may.
SMALL_STATE = 4096


def switch_on(vm, *names):
    vm.qmp.execute("migrate-set-capabilities",
                   capabilities=[{"capability": name, "state": True} for name in ("events", *names)])


def refused(action, *reasons):
    try:
        action()
    except (QmpError, RuntimeError) as error:
        expect(any(reason in str(error) for reason in reasons), f"refused, but: {error}")
    else:
        raise AssertionError("QEMU does not refuse it")


def cannot_leave(vm, *reasons):
    refused(partial(vm.qmp.execute, "migrate", uri=NOWHERE), *reasons)


def with_paused_vm(qemu, play, bench):
    """That has never run: QEMU does not look at the guest."""
    here = bench.vfs[0]
    check_possible([qemu], [here])
    bench.drop_guest()
    bench.prepare_vfs()
    here.qemu = qemu
    vm = None
    try:
        vm = Vm(here, paused=True, memory=MEMORY)
        play(vm)
    finally:
        if vm:
            vm.kill()
        here.qemu = V7_2


def off_by_default(vm):
    cannot_leave(vm, "doesn't support migration",
                 "doesn't support device and IOMMU dirty tracking")


def refuses(capabilities, vm):
    for capability, reason in capabilities.items():
        switch_on(vm, capability)
        cannot_leave(vm, reason)
        vm.qmp.execute("migrate-set-capabilities",
                       capabilities=[{"capability": capability, "state": False}])


def post_copy_ends_the_destination(qemu, bench):
    """All is accepted; where the source is left by then is a matter of luck."""
    check_possible([qemu] * 2, bench.vfs)
    bench.drop_guest()
    bench.prepare_vfs()
    for vf in bench.vfs:
        vf.qemu = qemu
    here, there = bench.vfs
    guest = destination = None
    try:
        guest = BareGuest(here)
        destination = new_qemu(there)
        guest.migration(destination, bandwidth=SLOW, downtime_limit=SHORTEST_MS,
                        capabilities=["postcopy-ram"]).wait_active()
        guest.vm.qmp.execute("migrate-start-postcopy")
        guest.vm.qmp.execute("migrate-set-parameters", max_bandwidth=1 << 32)
        status = destination.wait_gone(GONE_LIMIT)
        expect(status == -signal.SIGABRT, f"the destination ended with {status}")
        expect(not guest.vm.running(), "the guest runs at the source")
        Tap.note(f"the source: {guest.vm.qmp.execute('query-migrate')['status']}")
    finally:
        if destination:
            destination.kill()
        if guest:
            guest.end()
        for vf in bench.vfs:
            vf.qemu = V7_2
        for host in dict.fromkeys(vf.host for vf in bench.vfs):
            reset_card(host)


def background_snapshot_lacks_the_vf(guest, _):
    """QEMU stops the guest for a moment. If all RAM were saved in that, the VF would be, too."""
    vm = guest.vm
    host = vm.vf.host
    host.run("mkfifo", GATE)
    try:
        switch_on(vm, "background-snapshot")
        vm.qmp.execute("migrate", uri=AFTER_GATE)
        vm.qmp.wait(["RESUME"], SAVED_LIMIT)
        host.run("timeout", str(GATE_LIMIT), "sh", "-c", f"echo >{GATE}")
        state = vm.qmp.wait_migration(["completed", "failed"], SAVED_LIMIT)
    finally:
        host.remove(GATE)
    expect(state == "completed", f"the background snapshot {state}")
    guest.check_alive()
    sent = [vm.vf.last_transfer()[part][0] for part in ("pre-copy", "stop-and-copy")]
    expect(sent == ["0", "0"], f"bytes of the VF in it: {sent}")


def does_not_start(qemu, reason, bench):
    refused(partial(with_paused_vm, qemu, lambda vm: None, bench), reason)


def one_way(guest, there):
    guest.move(there, watched=True)


def wait_passes(vm):
    vm.qmp.wait(["MIGRATION_PASS"], PASSES_LIMIT, lambda event: event["data"]["pass"] >= PASSES)


def after_many_passes(guest, there, check):
    """Nothing ends it but a longer downtime."""
    destination = new_qemu(there)
    try:
        migration = guest.migration(destination, bandwidth=BRISK, downtime_limit=SHORTEST_MS)
        wait_passes(guest.vm)
        check(guest.vm.qmp.execute("query-migrate"))
        guest.vm.qmp.execute("migrate-set-parameters", downtime_limit=PAUSED_MS)
        outcome = migration.wait()
        expect(outcome == "completed", f"the migration {outcome}")
        return migration
    except BaseException:
        destination.kill()
        raise


def all_ram_again(figures):
    ram = figures["ram"]
    sent, pages = ram["normal"] + ram["duplicate"], ram["total"] // PAGE
    expect(sent > (PASSES - 2) * pages, f"{sent} pages sent, of {pages}")


def tracked_in_pre_copy(guest, there):
    guest.vm = after_many_passes(guest, there, all_ram_again).hand_over()
    guest.check_alive()


def paused_with_a_short_limit(guest, there):
    guest.vm.qmp.execute("stop")
    guest.vm = after_many_passes(guest, there, all_ram_again).hand_over_paused()
    guest.vm.qmp.execute("cont")
    guest.check_alive()


def size_unknown(guest, there):
    """On a kernel that does not let the device say how much there is to send."""
    destination = new_qemu(there)
    try:
        migration = guest.migration(destination, bandwidth=BRISK, switchover_bandwidth=0)
        wait_passes(guest.vm)
        guest.vm.qmp.execute("migrate-set-parameters", avail_switchover_bandwidth=PLENTY)
        outcome = migration.wait()
        expect(outcome == "completed", f"the migration {outcome}")
        guest.vm = migration.hand_over()
    except BaseException:
        destination.kill()
        raise
    guest.check_alive()


def acknowledged_switchover(qemu, bench):
    """An unfit destination, of which the source hears in time."""
    check_possible([qemu] * 2, bench.vfs)
    bench.drop_guest()
    bench.prepare_vfs(MOCK)
    vms = []
    for vf in bench.vfs:
        vf.qemu = qemu
        vf.knob("mock/size", SMALL_STATE)
    bench.vfs[1].knob("mock/fact_equal", 7)
    try:
        vms = [Vm(vf, incoming=incoming, memory=MEMORY) for vf, incoming in zip(bench.vfs, (False, True))]
        source, destination = vms
        outcome = Migration(source, destination, capabilities=["switchover-ack"]).wait()
        expect(outcome == "failed", f"an unfit destination: the migration {outcome}")
        expect("does not match the source's" in destination.vf.says("last_error"), "it is not the driver's")
        expect(not source.was_stopped(), "the guest was stopped before the refusal")
    finally:
        for vm in vms:
            vm.kill()
        for vf in bench.vfs:
            vf.qemu = V7_2


def alone(qemu, play):
    return partial(with_paused_vm, qemu, play)


def both(qemu, play):
    return partial(between, (qemu, qemu), play)


SCENARIOS = only_on(KERNELS, [
    *((f"rules: {qemu.version}: a VF does not migrate unless told that it may",
       alone(qemu.with_options(WITHOUT_ENABLE), off_by_default))
      for qemu in (V5_2, V7_2, V10_0, NEWEST)),
    *((f"rules: {qemu.version}: post-copy is accepted, and ends the destination",
       partial(post_copy_ends_the_destination, qemu)) for qemu in (V5_2, V7_2)),
    *((f"rules: {qemu.version}: post-copy and background snapshots are refused",
       alone(qemu, partial(refuses, REFUSED))) for qemu in (V10_0, NEWEST)),
    ("rules: 7.2: a background snapshot is accepted, and lacks the VF's state",
     both(V7_2, background_snapshot_lacks_the_vf)),
    *((f"rules: {qemu.version}: a guest with a virtual IOMMU, not translating, moves",
       both(qemu.plus(*VIOMMU), one_way)) for qemu in (V5_2, V7_2, NEWEST)),
    ("rules: 10.0: a guest with a virtual IOMMU does not start",
     partial(does_not_start, V10_0.plus(*VIOMMU), "not supported with vIOMMU")),
    ("rules: 7.2: where dirty pages are asked for in pre-copy all RAM is sent in each pass",
     both(V7_2.with_options(WITH_TRACKING), tracked_in_pre_copy)),
    *((f"rules: {qemu.version}: a paused guest waits for a downtime-limit that all RAM fits into",
       both(qemu, paused_with_a_short_limit)) for qemu in (V7_2, NEWEST)),
    *((f"rules: {qemu.version}: with switchover-ack an unfit destination refuses before the guest is stopped",
       partial(acknowledged_switchover, qemu)) for qemu in (V10_0, NEWEST)),
]) + only_on(KERNELS_WITHOUT_SIZE, [
    (f"rules: {qemu.version}: a device of unknown size waits for avail-switchover-bandwidth",
     both(qemu, size_unknown)) for qemu in (V10_0, NEWEST)])
