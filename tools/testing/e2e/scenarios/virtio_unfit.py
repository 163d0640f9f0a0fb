# SPDX-License-Identifier: GPL-2.0-only
"""A VF that cannot take what comes: refused before the guest is stopped."""

from lib import trouble
from lib.blame import blamed
from lib.held import HELD, held, wait_refusal
from lib.migration import PAUSED_MS
from lib.scenario import only_on
from lib.tap import Skip, expect
from lib.virtio import ALWAYS, IS_DRAFT, number

from .virtio import counting

BANDWIDTH = 1 << 32
# What a VF says of itself when it is opened, and a byte of it: the draft's first field's
# type; of 1.4 the features, which are the value of the first part.
if IS_DRAFT:
    DESCRIBE, BYTE, DIFFERS = 0xc, 0, "length of context field 0x100"
else:
    DESCRIBE, BYTE, DIFFERS = 0xf, 16, "features 0 to 63"


def refused_early(guest, there, reason):
    with blamed(there, reason) as complains, guest.failing(there, **held(guest.vm.qemu, BANDWIDTH)) as migration:
        wait_refusal(migration, complains)
    expect(not guest.vm.was_stopped(), "the guest was stopped before the refusal")
    guest.check_alive()


def lacks_something(bed):
    with counting(bed, (HELD, HELD)) as (guest, there):
        bed.trouble.meets(trouble.BAD_BYTE, DESCRIBE, arg=BYTE, member=number(there), times=ALWAYS)
        refused_early(guest, there, DIFFERS)
        bed.end_trouble()
        guest.move(there, downtime_limit=PAUSED_MS)


def another_standard(bed):
    """Its VFs have another backend."""
    there = bed.member_of_another()
    if not there:
        raise Skip("the host VM has no other owner")
    there.qemu = HELD
    with counting(bed, (HELD, HELD)) as (guest, _):
        refused_early(guest, there, "another driver")


SCENARIOS = only_on(["6.1"], [
    ("virtio: unfit: the destination lacks a field, or a feature: refused before the guest is stopped",
     lacks_something),
]) + only_on(["6.1 draft"], [
    ("virtio: unfit: the destination is of the other standard: refused before the guest is stopped",
     another_standard),
])
