# SPDX-License-Identifier: GPL-2.0-only
"""
The owner fails a command while a guest moves, is late, or dies. The guest stays where
it is and goes on, at once or as soon as the owner has recovered; and the driver says
which command it was.
"""

from functools import partial

from lib import trouble
from lib.blame import blamed
from lib.host import HERE
from lib.qemus import V7_2, V10_0
from lib.scenario import only_on
from lib.tap import Skip, expect
from lib.virtio import ALWAYS, IS_DRAFT, OWNER_DRIVER, number

from .virtio import OLD_AND_NEW, counting

TIMEOUT = f"/sys/module/{OWNER_DRIVER}/parameters/timeout_ms"
SHORT_MS = 1000
LATE_MS = 30
MODE_SET, READ, WRITE = (0x8, 0xa, 0xb) if IS_DRAFT else (0x11, 0xf, 0x10)
NAMES = {MODE_SET: "DEV_MODE_SET",
         READ: "DEV_CTX_READ" if IS_DRAFT else "DEV_PARTS_GET",
         WRITE: "DEV_CTX_WRITE" if IS_DRAFT else "DEV_PARTS_SET"}


def fails(guest, target, trouble_begins, early=False):
    """The migration, of trouble that begins before it, or when the guest has been stopped."""
    if early:
        trouble_begins()
    with guest.failing(target, watched=not early) as migration:
        if not early:
            migration.wait_switchover()
            trouble_begins()
            migration.go_on()


def refused(bed, guest, target, opcode, whose):
    """
    A command; then the guest moves all the same. Device parts have been read when QEMU is
    at the switchover, and perhaps written: of a function that has not changed since its
    parts were sent in pre-copy no more comes.
    """
    early = not IS_DRAFT
    with blamed(whose, NAMES[opcode]):
        fails(guest, target, partial(bed.refuse, opcode, whose), early)
    bed.end_trouble()
    guest.check_alive()
    guest.move(target)


def refuses(bed):
    with counting(bed, OLD_AND_NEW) as (guest, there):
        here = guest.vm.vf
        refused(bed, guest, there, READ, here)
        refused(bed, guest, here, READ, there)
        refused(bed, guest, there, WRITE, there)
        refused(bed, guest, here, WRITE, here)


def refuses_to_stop(qemu, bed):
    """By v2 QEMU resets the function then, so that the guest has a disk again when it has booted."""
    with counting(bed, (qemu, qemu)) as (guest, there):
        here = guest.vm.vf
        resets = here.resets()
        with blamed(here, NAMES[MODE_SET]):
            fails(guest, there, partial(bed.refuse, MODE_SET, here), early=True)
        bed.end_trouble()
        if qemu.protocol == "v2":
            expect(here.resets() > resets, f"{qemu} has not reset {here}")
            guest.reboot()
        guest.check_alive()
        guest.move(there)


def is_late(bed):
    with counting(bed, OLD_AND_NEW) as (guest, there):
        here = guest.vm.vf
        bed.trouble.meets(trouble.LATE, trouble.ANY, arg=LATE_MS, times=ALWAYS)
        for target in (there, here):
            left = bed.trouble.times_left()
            guest.move(target, watched=True)
            expect(bed.trouble.times_left() < left, "the owner was late with nothing")


def dies_by(bed, what, guest, target):
    """When the guest is stopped. Its VF is stopped until a new owner can be told to let it run."""
    with blamed(guest.vm.vf, NAMES[READ]):
        fails(guest, target,
              partial(bed.trouble.meets, what, READ, member=number(guest.vm.vf), times=ALWAYS),
              early=not IS_DRAFT)
    if what == trouble.GONE:
        expect(bed.ask_trouble("mode", guest.vm.vf), "the VF runs, though nobody can have told it to")
    bed.end_trouble()
    guest.check_alive()
    guest.move(target)


def dies(bed):
    """
    It is gone; and in the other direction, it does not answer any more. Device parts are
    read when the guest is stopped only by v2 without pre-copy.
    """
    if bed.owned_by_linux():
        raise Skip("Linux's own driver waits for its owner for ever")
    with counting(bed, OLD_AND_NEW if IS_DRAFT else (V10_0, V10_0)) as (guest, there):
        here = guest.vm.vf
        usual = HERE.read(TIMEOUT)
        HERE.write(TIMEOUT, str(SHORT_MS))
        try:
            dies_by(bed, trouble.GONE, guest, there)
            dies_by(bed, trouble.NEVER, guest, here)
        finally:
            HERE.write(TIMEOUT, usual)


SCENARIOS = [
    *only_on(["6.1 draft", "newest 1.4"], [
        ("virtio: 7.2 (v1) and 10.0 (v2): the owner refuses to read or write: the guest stays", refuses)]),
    *only_on(["6.1 draft"], [
        ("virtio: 7.2 (v1): the owner refuses to stop a function: the guest stays",
         partial(refuses_to_stop, V7_2)),
        ("virtio: 10.0 (v2): the owner refuses to stop a function: the guest stays, and boots anew",
         partial(refuses_to_stop, V10_0))]),
    *only_on(["6.1 1.4"], [
        ("virtio: 7.2 (v1) and 10.0 (v2): the owner is late each time: completes", is_late)]),
    *only_on(["6.1 draft", "6.1 1.4"], [
        ("virtio: the owner is gone, or silent, when the guest is stopped: goes on when that recovers", dies)]),
]
