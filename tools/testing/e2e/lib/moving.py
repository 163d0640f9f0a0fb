# SPDX-License-Identifier: GPL-2.0-only
"""
What moves from VF to VF and is looked after on the way. What a guest is, and
whether it is well, say those that derive from it.
"""

from contextlib import contextmanager

from .migration import Migration
from .tap import Tap, expect

# Downtime is not what is tested; RAM that is sent once takes the least time.
DOWNTIME_MS = 30000


class MovingGuest:
    def __init__(self, vm):
        self.vm = vm

    def new_qemu(self, vf):
        """One that waits for this guest."""
        raise NotImplementedError

    def check_alive(self):
        """Raises unless it goes on."""
        raise NotImplementedError

    def migration(self, destination, *relay, **how):
        return Migration(self.vm, destination, *relay, **{"downtime_limit": DOWNTIME_MS, **how})

    def move(self, vf, **how):
        migration = self.go(vf, **how)
        self.check_alive()
        return migration

    def go(self, vf, **how):
        """Whether its device works there is another question."""
        with self.going(vf, **how) as migration:
            pass
        return migration

    @contextmanager
    def going(self, vf, **how):
        """For what happens under way; the guest is taken over when that has, and the migration is done."""
        destination = self.new_qemu(vf)
        try:
            migration = self.migration(destination, **how)
            yield migration
            outcome = migration.wait()
            expect(outcome == "completed", f"the migration {outcome}: "
                   f"{self.vm.vf.complaint()}; {vf.complaint()}")
            self.take_over(migration, migration.hand_over())
        except BaseException:
            destination.kill()
            raise

    @contextmanager
    def failing(self, vf, tells=True, **how):
        """
        For what has the migration fail; then the guest runs where it was. A source of QEMU
        7.2 does not tell why a destination has given up.
        """
        destination = self.new_qemu(vf)
        try:
            migration = self.migration(destination, **how)
            yield migration
            outcome = migration.wait()
            expect(outcome == "failed", f"the migration {outcome}")
            if tells:
                Tap.note(f"{self.vm.qemu}: {migration.reason()}")
        finally:
            destination.kill()
        self.vm.wait_back()

    def move_paused(self, vf, **how):
        """The guest is paused, and goes on at the destination."""
        self.vm.qmp.execute("stop")
        destination = self.new_qemu(vf)
        try:
            migration = self.migration(destination, **how)
            expect(migration.wait() == "completed", "the migration of a paused guest failed")
            self.take_over(migration, migration.hand_over_paused())
        except BaseException:
            destination.kill()
            raise
        expect(not self.vm.running(), "the guest was paused and now runs")
        self.vm.qmp.execute("cont")
        self.check_alive()

    def take_over(self, migration, vm):
        """The guest is in that QEMU now, and the source is gone."""
        self.vm = vm
        migration.source.forget()

    def end(self):
        self.vm.kill()
        self.vm.forget()
