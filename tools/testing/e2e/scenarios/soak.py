# SPDX-License-Identifier: GPL-2.0-only
"""Round trip after round trip: what is lost or left over a little at a time."""

import time

from lib import bare_guest, ledger, linux_guest
from lib.bench import Undisturbed, migrate
from lib.frames import Frames
from lib.migration import Migration
from lib.settings import SOAK_LINUX_ROUNDS, SOAK_ROUNDS
from lib.tap import Tap, expect

# What is allocated once and kept: caches of the kernel, pages of this program.
WARM_UP_ROUNDS = 4
# Between the first reading and the last one: what is lost grows from one to the next.
STRETCHES = 4
SIDES = 2
# Downtime is not what is tested; RAM that is sent once takes the least time.
DOWNTIME_MS = 30000
FRAMES_A_SIDE = 3
FRAMES_LIMIT = 30
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


class BareGuest:
    """The guest without a system, with traffic, wherever it is."""

    def __init__(self, vf):
        self._guest = bare_guest.start(vf)
        self.frames = Frames(linux_guest.MAC)
        self.frames.wait_returned(FRAMES_A_SIDE, FRAMES_LIMIT)
        self._counts = self._guest.agent.ask("counts")

    def move(self, vf):
        destination = bare_guest.new_qemu(vf)
        try:
            migration = Migration(self._guest, destination, downtime_limit=DOWNTIME_MS)
            outcome = migration.wait()
            expect(outcome == "completed", f"the migration {outcome}: "
                   f"{self._guest.vf.says('last_error')}; {vf.says('last_error')}")
            source, self._guest = self._guest, migration.hand_over()
        except BaseException:
            destination.kill()
            raise
        source.forget()
        self.frames.wait_returned(FRAMES_A_SIDE, FRAMES_LIMIT)
        self._check_counts()

    def _check_counts(self):
        back = self.frames.returned
        before, now = self._counts, self._guest.agent.ask("counts")
        expect(not now["backwards"], f"a counter of the VF ran backwards {now['backwards']} times")
        expect(not now["wrong"], f"a counter of the VF was wrong {now['wrong']} times")
        for name in ("received", "sent"):
            expect(now[name] >= before[name], f"{name}: {before[name]} became {now[name]}")
        expect(now["received"] >= now["sent"] >= back,
               f"{now['received']} frames received, {now['sent']} sent, {back} came back")
        self._counts = now

    def check_none_lost(self):
        """What has reached the guest has come back, whatever happened meanwhile."""
        self.frames.stop()
        guest_sent = self._guest.agent.ask("counts")["sent"]
        self.frames.take_late(guest_sent, FRAMES_LIMIT)
        self._check_counts()
        expect(self.frames.returned == guest_sent,
               f"{guest_sent} frames sent by the guest, {self.frames.returned} came back")

    def end(self):
        self.frames.close()
        self._guest.kill()
        self._guest.forget()


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
