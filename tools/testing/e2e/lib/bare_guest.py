# SPDX-License-Identifier: GPL-2.0-only
"""The guest without a system, see tools/guest/bare: there in a second, and small."""

from .frames import Frames
from .linux_guest import MAC
from .migration import Migration
from .tap import expect
from .vfs import project_dir
from .vm import Vm

MEMORY = 8
READY_LIMIT = 60
# Downtime is not what is tested; RAM that is sent once takes the least time.
DOWNTIME_MS = 30000
FRAMES_A_SIDE = 3
FRAMES_LIMIT = 30


def new_qemu(vf, incoming=True):
    """The destination needs the ROM by which QEMU starts a kernel, so it has a kernel."""
    return Vm(vf, incoming=incoming, memory=MEMORY,
              options=["-kernel", f"{project_dir()}/build/guest/bare"])


def start(vf):
    """A guest that runs and has its VF."""
    vm = new_qemu(vf, incoming=False)
    try:
        vm.agent.wait_ready(READY_LIMIT)
        return vm
    except BaseException:
        vm.kill()
        raise


class BareGuest:
    """With traffic, wherever it is."""

    def __init__(self, vf):
        self.vm = start(vf)
        self.frames = Frames(MAC)
        try:
            self.frames.wait_returned(FRAMES_A_SIDE, FRAMES_LIMIT)
            self._counts = self.vm.agent.ask("counts")
        except BaseException:
            self.end()
            raise

    def migration(self, destination, *relay, **how):
        return Migration(self.vm, destination, *relay, **{"downtime_limit": DOWNTIME_MS, **how})

    def move(self, vf, **how):
        destination = new_qemu(vf)
        try:
            migration = self.migration(destination, **how)
            outcome = migration.wait()
            expect(outcome == "completed", f"the migration {outcome}: "
                   f"{self.vm.vf.says('last_error')}; {vf.says('last_error')}")
            source, self.vm = self.vm, migration.hand_over()
        except BaseException:
            destination.kill()
            raise
        source.forget()
        self.check_alive()

    def move_paused(self, vf, **how):
        """The guest is paused, and goes on at the destination."""
        self.vm.qmp.execute("stop")
        destination = new_qemu(vf)
        try:
            migration = self.migration(destination, **how)
            expect(migration.wait() == "completed", "the migration of a paused guest failed")
            source, self.vm = self.vm, migration.hand_over_paused()
        except BaseException:
            destination.kill()
            raise
        source.forget()
        expect(not self.vm.running(), "the guest was paused and now runs")
        self.vm.qmp.execute("cont")
        self.check_alive()

    def check_alive(self):
        """Frames come back, and the VF's counters go on."""
        self.frames.wait_returned(FRAMES_A_SIDE, FRAMES_LIMIT)
        self._check_counts()

    def _check_counts(self):
        back = self.frames.returned
        before, now = self._counts, self.vm.agent.ask("counts")
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
        guest_sent = self.vm.agent.ask("counts")["sent"]
        self.frames.take_late(guest_sent, FRAMES_LIMIT)
        self._check_counts()
        expect(self.frames.returned == guest_sent,
               f"{guest_sent} frames sent by the guest, {self.frames.returned} came back")

    def end(self):
        self.frames.close()
        self.vm.kill()
        self.vm.forget()
