# SPDX-License-Identifier: GPL-2.0-only
"""The guest without a system, see tools/guest/bare: there in a second, and small."""

from .frames import Frames
from .linux_guest import MAC
from .moving import MovingGuest
from .tap import Tap, expect
from .vfs import PEER, project_dir
from .vm import Vm

MEMORY = 8
READY_LIMIT = 60
FRAMES_A_SIDE = 3
FRAMES_LIMIT = 120


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


class BareGuest(MovingGuest):
    """With traffic, wherever it is."""

    def __init__(self, vf, interface=PEER):
        super().__init__(start(vf))
        self._returned_earlier = 0
        self.frames = Frames(MAC, interface)
        try:
            self.frames.wait_returned(FRAMES_A_SIDE, FRAMES_LIMIT)
            self._counts = self._ask_counts()
        except BaseException:
            self.end()
            raise

    def new_qemu(self, vf):
        return new_qemu(vf)

    def check_alive(self):
        """Frames come back, and the VF's counters go on."""
        self.frames.wait_returned(FRAMES_A_SIDE, FRAMES_LIMIT)
        self._check_counts()

    def _ask_counts(self):
        now = self.vm.agent.ask("counts")
        expect(not now["backwards"], f"a counter of the VF ran backwards {now['backwards']} times")
        expect(not now["wrong"], f"a counter of the VF was wrong {now['wrong']} times; first "
               f"{now['reg']:#x}: {now['before']} before the ring was emptied, {now['after']} "
               f"after it, {now['own']} by the guest's own count")
        return now

    def _check_counts(self):
        back = self._returned()
        before, now = self._counts, self._ask_counts()
        if now["spurious"] > before["spurious"]:
            Tap.note(f"the guest has had {now['spurious']} spurious interrupts")
        for name in ("received", "sent"):
            expect(now[name] >= before[name], f"{name}: {before[name]} became {now[name]}")
        expect(now["received"] >= now["sent"] >= back,
               f"{now['received']} frames received, {now['sent']} sent, {back} came back")
        self._counts = now

    def _returned(self):
        return self._returned_earlier + self.frames.returned

    def change_frames(self, frames):
        """From now on these count; of those before none was lost, and no others were heard."""
        self.check_none_lost()
        self._returned_earlier += self.frames.returned
        self.frames.close()
        self.frames = frames

    def expect_back(self, counts):
        """
        The guest is again as it was when it had these counts and no frame was on
        its way, and has sent none back since. Others' may come at any time.
        """
        now = self._ask_counts()
        expect(now["sent"] == counts["sent"], f"sent: {now['sent']}, saved with {counts['sent']}")
        self._returned_earlier, self._counts = counts["sent"], now
        self._begin_frames()

    def resume_frames(self):
        """After check_none_lost()."""
        self._returned_earlier += self.frames.returned
        self._begin_frames()

    def _begin_frames(self):
        self.frames.close()
        self.frames = Frames(MAC)
        self.check_alive()

    def check_none_lost(self):
        """What has reached the guest has come back, whatever happened meanwhile."""
        self.frames.stop()
        guest_sent = self.vm.agent.ask("counts")["sent"]
        self.frames.take_late(guest_sent - self._returned_earlier, FRAMES_LIMIT)
        self._check_counts()
        expect(self._returned() == guest_sent,
               f"{guest_sent} frames sent by the guest, {self._returned()} came back")

    def end(self):
        self.frames.close()
        super().end()
