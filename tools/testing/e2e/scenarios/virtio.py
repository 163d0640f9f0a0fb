# SPDX-License-Identifier: GPL-2.0-only
"""
From one virtio VF to another and back, through their owner, with a guest that
proves each write to its disk. What fails must cost it nothing but a pause.
"""

from contextlib import contextmanager
from functools import partial

from lib.counting_guest import CountingGuest
from lib.qemus import NEWEST, V7_2, V10_0
from lib.scenario import only_on

from .versions import FAILURES, MOVES, check_possible

OLD_AND_NEW = V7_2, V10_0
PAIRS = [OLD_AND_NEW, (V10_0, NEWEST)]


@contextmanager
def counting(bed, qemus):
    """A guest in the first QEMU, and the VF where the second would run."""
    check_possible(qemus, bed.vfs)
    for vf, qemu in zip(bed.vfs, qemus):
        vf.qemu = qemu
    guest = CountingGuest(bed.disk, bed.vfs[0])
    try:
        yield guest, bed.vfs[1]
        guest.check_none_lost()
    finally:
        # Before the next one opens the VFs.
        bed.end_trouble()
        guest.end()


def between(qemus, play, bed):
    with counting(bed, qemus) as (guest, there):
        play(guest, there)


def of_pair(pair, plays):
    a, b = pair
    return [(f"virtio: {a.version} ({a.protocol}) and {b.version} ({b.protocol}): {name}",
             partial(between, pair, play)) for name, play in plays]


LIVE, PAUSED = MOVES[:1], MOVES[1:]
SCENARIOS = [
    *(scenario for pair in PAIRS for scenario in of_pair(pair, LIVE)),
    *only_on(["6.1 draft", "newest 1.4"], of_pair(OLD_AND_NEW, PAUSED)),
    *only_on(["6.1 draft"], of_pair(PAIRS[1], PAUSED) + of_pair(OLD_AND_NEW, FAILURES)),
]
