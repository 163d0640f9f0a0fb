# SPDX-License-Identifier: GPL-2.0-only
"""Round trip after round trip: what is lost or left over a little at a time."""

import time

from lib import ledger
from lib.bare_guest import BareGuest
from lib.bench import Undisturbed, migrate
from lib.moving import DOWNTIME_MS
from lib.settings import SOAK_LINUX_ROUNDS, SOAK_ROUNDS
from lib.tap import Tap, expect

# What is allocated once and kept: caches of the kernel, pages of this program.
WARM_UP_ROUNDS = 4
# Between the first reading and the last one: what is lost grows from one to the next.
STRETCHES = 4
SIDES = 2
TOLD_EVERY = 10


def errors(bench):
    return [vf.says("last_error") for vf in bench.vfs]


def no_drift(bench, rounds, round_trips):
    """Runs a few and then all, and holds the kernel's books side by side."""
    bench.drop_guest()
    bench.prepare_vfs()
    stretches = min(STRETCHES, rounds)
    done = 0
    round_trips(bench, min(WARM_UP_ROUNDS, rounds))
    ledger.Reading.settled()
    readings, errors_before = [ledger.Reading.settled()], errors(bench)
    start = time.monotonic()
    for stretch in range(1, stretches + 1):
        number = rounds * stretch // stretches - done
        round_trips(bench, number)
        done += number
        readings.append(ledger.Reading.settled())
        Tap.note(f"{done} round trips in {time.monotonic() - start:.0f} s, most grown: "
                 f"{ledger.most_grown(readings[0], readings[-1])}")
    expect(errors(bench) == errors_before, f"the driver has refused something: {errors(bench)}")
    wrong = ledger.complaints(readings, rounds)
    expect(not wrong, "; ".join(wrong))


def bare_round_trips(bench, number):
    here, there = bench.vfs
    guest = BareGuest(here)
    try:
        for done in range(1, number + 1):
            guest.move(there)
            guest.move(here)
            if done % TOLD_EVERY == 0:
                Tap.note(f"{done} round trips, {guest.frames.sent} frames sent, "
                         f"{guest.frames.returned} came back")
        guest.check_none_lost()
    finally:
        guest.end()


def linux_round_trips(bench, number):
    try:
        for done in range(1, number + 1):
            for _ in range(SIDES):
                with Undisturbed(bench):
                    source = bench.guest
                    migrate(bench, downtime_limit=DOWNTIME_MS)
                source.forget()
            Tap.note(f"{done} round trips, {bench.stream.received >> 10} KiB from the guest, "
                     f"{bench.stream.sent >> 10} KiB sent to it")
        bench.guest.agent.ask("stream-stop")
    finally:
        bench.drop_guest()


def bare(bench):
    no_drift(bench, SOAK_ROUNDS, bare_round_trips)


def linux(bench):
    no_drift(bench, SOAK_LINUX_ROUNDS, linux_round_trips)


SCENARIOS = [
    (f"soak: {SOAK_ROUNDS} round trips of a guest without a system", bare),
    (f"soak: {SOAK_LINUX_ROUNDS} round trips of the Linux guest", linux),
]
