# SPDX-License-Identifier: GPL-2.0-only
"""
The SoC is unreachable in each phase of a migration, or is slow, cut off in the middle, says
nonsense, or has another device's state. The guest goes on where it is, with its disk as
soon as the SoC is there to let it; and then it moves.
"""

from functools import partial

from lib import trouble
from lib.blame import blamed
from lib.held import HELD, held, let_go
from lib.migration import PAUSED_MS
from lib.qemus import V7_2, V10_0
from lib.scenario import sifted

from .oob import counting
from .virtio import OLD_AND_NEW

SLOW = 1 << 20
SLOW_MS = 300
MANY = 100_000
# By an answer that is a state's size, as no state's is.
NONSENSE = -31 & 0xffffffff
FIRST_BYTE, LAST_BYTES = 0, 5
# The request, and those of the abort that follows.
TIMES = 3
# It was the agent that could not; of a load that is known before the guest is to run there.
REASON, OF_LOAD = "agent", "whether all is loaded"


def recovered(bed, guest, there, **how):
    bed.recover()
    guest.check_alive()
    guest.move(there, **how)


def gone_before(bed):
    """The migration fails before anything is stopped, and the guest does not notice."""
    with counting(bed, OLD_AND_NEW) as (guest, there):
        bed.soc_goes()
        guest.check_alive()
        with blamed(guest.vm.vf, REASON), guest.failing(there):
            pass
        guest.check_alive()
        recovered(bed, guest, there)


def gone_in_pre_copy(bed):
    with counting(bed, (HELD, V7_2)) as (guest, there):
        with blamed(guest.vm.vf, REASON):
            with guest.failing(there, **held(guest.vm.qemu, SLOW)) as migration:
                migration.wait_active()
                migration.check_early()
                bed.soc_goes()
                let_go(migration)
        recovered(bed, guest, there, downtime_limit=PAUSED_MS)


def gone_when_stopped(qemus, bed):
    """
    Nobody can let the VF run then: the guest waits for its disk, and has it as soon as somebody can.
    By v2 the destination may be loading still what was saved before.
    """
    with counting(bed, qemus) as (guest, there):
        with blamed(guest.vm.vf, REASON, there):
            with guest.failing(there, watched=True) as migration:
                migration.wait_switchover()
                bed.soc_goes()
                migration.go_on()
        recovered(bed, guest, there)


def gone_while_asked(request, of_source, qemus, bed):
    """In the middle of a request: it was being dealt with."""
    with counting(bed, qemus) as (guest, there):
        whose = guest.vm.vf if of_source else there
        bed.soc_hangs(request, whose)
        with blamed(whose, REASON):
            with guest.failing(there, tells=of_source):
                bed.await_met()
                bed.soc_goes()
        recovered(bed, guest, there)


def slow(bed):
    """It takes its time with all that it is asked for; the guest moves there and back."""
    with counting(bed, OLD_AND_NEW) as (guest, there):
        here = guest.vm.vf
        for target in (there, here):
            # They have no answer to wait for, and would add up.
            bed.trouble.meets(trouble.LATE, trouble.LOAD, arg=0, times=MANY, slot=0)
            bed.trouble.meets(trouble.LATE, trouble.ANY, arg=SLOW_MS, times=MANY, slot=1)
            guest.move(target)
            bed.end_trouble()


def answers_badly(what, request, arg, of_source, qemus, bed):
    with counting(bed, qemus) as (guest, there):
        whose = guest.vm.vf if of_source else there
        bed.soc_meets(what, request, whose, arg=arg, times=TIMES)
        with blamed(whose, REASON), guest.failing(there, tells=of_source):
            pass
        recovered(bed, guest, there)


def anothers(qemus, bed):
    """The SoC of the destination refuses it, and says so before the guest is to run there."""
    with counting(bed, qemus) as (guest, there):
        bed.soc_meets(trouble.FOREIGN, trouble.PENDING, guest.vm.vf, times=TIMES)
        with blamed(there, OF_LOAD), guest.failing(there, tells=False):
            pass
        recovered(bed, guest, there)


BAD = [("cut off in what it saves", trouble.SHORT, trouble.SAVE, LAST_BYTES, True),
       ("cut off in an answer", trouble.SHORT, trouble.GET_STATE, LAST_BYTES, True),
       ("cut off in what it loads", trouble.SHORT, trouble.LOAD, LAST_BYTES, False),
       ("nonsense is pending", trouble.VALUE, trouble.PENDING, NONSENSE, True),
       ("an answer is none", trouble.BAD_BYTE, trouble.PENDING, FIRST_BYTE, True),
       ("a load is not done", trouble.FAIL, trouble.LOAD, 0, False)]
PHASES = [("while it saves", trouble.SAVE, True), ("while it loads", trouble.LOAD, False)]
OLD, NEW = (V7_2, V7_2), (V10_0, V10_0)


def title(qemus):
    return f"{qemus[0].version} ({qemus[0].protocol})"


SIFT = {
    "6.1": ["7.2 (v1): gone when the guest is stopped", "7.2 (v1): gone while it loads", "cut off in what it saves",
            "7.2 (v1): another device"],
    "newest": ["gone before", "10.0 (v2): gone while it saves", "10.0 (v2): another device"],
}
SCENARIOS = sifted(SIFT, [
    ("oob SoC: gone before a migration: fails at once", gone_before),
    ("oob SoC: 7.2 (v1): gone while RAM is sent: the guest stays", gone_in_pre_copy),
    *((f"oob SoC: {title(qemus)}: gone when the guest is stopped: it stays", partial(gone_when_stopped, qemus))
      for qemus in (OLD, NEW)),
    *((f"oob SoC: {title(qemus)}: gone {when}: the guest stays",
       partial(gone_while_asked, request, of_source, qemus))
      for qemus in (OLD, NEW) for when, request, of_source in PHASES),
    ("oob SoC: 7.2 (v1) and 10.0 (v2): slow in all it does: completes", slow),
    *((f"oob SoC: 7.2 (v1): {what}: the guest stays", partial(answers_badly, *how, OLD)) for what, *how in BAD),
    *((f"oob SoC: {title(qemus)}: another device's state: the guest stays", partial(anothers, qemus))
      for qemus in (OLD, NEW)),
])
