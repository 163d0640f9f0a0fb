# SPDX-License-Identifier: GPL-2.0-only
"""
What the guest does to its virtio VF while it moves: the VF's state is with the
owner, so that no reset can take it from under the migration.
"""

from lib.held import HELD, held, let_go
from lib.qemus import V10_0
from lib.scenario import only_on
from lib.tap import expect
from lib.virtio import IS_DRAFT
from lib.waiting import until

from .virtio import OLD_AND_NEW, counting

SLOW = 1 << 20
RESET_LIMIT = 60
IN_FLIGHT_LIMIT = 60
FOR_EVER = 1 << 30


def reset_disk(bed, guest):
    vf = guest.vm.vf
    before = bed.ask_trouble("flrs", vf)
    guest.reset_disk()
    until(lambda: bed.ask_trouble("flrs", vf) > before, RESET_LIMIT, "the guest to reset its VF")
    expect_no_driver(bed, vf)


def expect_no_driver(bed, vf):
    expect(not bed.ask_trouble("device_status", vf), f"{vf} has a driver")


def in_pre_copy(bed, guest, target, *events):
    with guest.going(target, **held(guest.vm.qemu, SLOW)) as migration:
        migration.wait_active()
        migration.check_early()
        for event in events:
            event(bed, guest)
        expect(guest.vm.running(), "the guest was stopped before all had happened to it")
        let_go(migration)
    guest.vm.vf.wait_state("running")


def ends_the_save(bed, guest, target):
    """By v2 a reset does so, and QEMU finds that out; without a driver the guest stays until it has one."""
    with guest.failing(target, **held(guest.vm.qemu, SLOW)) as migration:
        migration.wait_active()
        migration.check_early()
        reset_disk(bed, guest)
        let_go(migration)
    guest.reboot()
    guest.move(target)


def reset_in_pre_copy(bed):
    """There it arrives without a driver; on the way back it has one again before it goes."""
    with counting(bed, (HELD, V10_0)) as (guest, there):
        here = guest.vm.vf
        in_pre_copy(bed, guest, there, reset_disk)
        expect_no_driver(bed, there)
        guest.reboot()
        guest.check_alive()
        if guest.vm.qemu.has_pre_copy(there.host):
            ends_the_save(bed, guest, here)
        else:
            in_pre_copy(bed, guest, here, reset_disk, lambda _, rebooting: rebooting.reboot())
        guest.check_alive()


def without_driver(bed):
    """There is no queue when the guest is stopped; by v1, see reset_in_pre_copy()."""
    with counting(bed, (V10_0, V10_0)) as (guest, there):
        reset_disk(bed, guest)
        guest.go(there, watched=True)
        expect_no_driver(bed, there)
        guest.reboot()
        guest.check_alive()


def in_flight(bed):
    """A request that would take for ever: done where the guest comes, or before it goes."""
    with counting(bed, OLD_AND_NEW) as (guest, there):
        here = guest.vm.vf
        for source, target in ((here, there), (there, here)):
            bed.trouble.set("request_delay", FOR_EVER)
            until(lambda: bed.ask_trouble("in_flight", source), IN_FLIGHT_LIMIT, "a request in flight")
            with guest.going(target, watched=True) as migration:
                migration.wait_switchover()
                left = bed.ask_trouble("in_flight", source)
                expect(left == IS_DRAFT, f"{left} requests are in flight when the guest is stopped")
                bed.trouble.set("request_delay", 0)
                migration.go_on()
            guest.check_alive()


SCENARIOS = [
    *only_on(["6.1 draft", "6.1 1.4", "newest draft"], [
        ("virtio: 7.2 (v1) and 10.0 (v2): the guest resets its VF (FLR) in pre-copy", reset_in_pre_copy)]),
    *only_on(["6.1 draft", "newest 1.4"], [
        ("virtio: 7.2 (v1) and 10.0 (v2): a request is in flight when the guest is stopped", in_flight)]),
    *only_on(["6.1 draft"], [("virtio: 10.0 (v2): without a driver", without_driver)]),
]
