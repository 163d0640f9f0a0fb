# SPDX-License-Identifier: GPL-2.0-only
"""
The Linux guest whose disk is a virtio VF that has no interface to migrate it by: an agent
asks the VF's SoC for its state, and the other VF's agent gives it to that one's.
"""

import os

from disk import Disk
from lib import oob

REQUESTS = ("set_state", "pending", "save", "load", "loaded_all")


class End:
    """What the driver of one VF knows of its agent's doings in a move."""

    def __init__(self, role, done, agent):
        self._role, self._done, self._agent = role, done, agent
        self._before = self._counts()

    def _counts(self):
        facts = self._agent.facts()
        return {name: int(facts[name].split()[0]) for name in (*REQUESTS, self._done)}

    def line(self):
        now, facts = self._counts(), self._agent.facts()
        more = {name: now[name] - self._before[name] for name in now}
        requests = ", ".join(f"{more[name]} {name}" for name in REQUESTS if more[name])
        return (f"{self._role}: its SoC has {self._done} {more[self._done]} bytes, through plugin "
                f"{facts['plugin'].partition(' ')[0]} of vfmig-agent: {requests}")


class Oob(Disk):
    """Nobody but the agents has moved a state: as much was saved here as was loaded there."""

    make_bed = oob.OobBed

    def introduce(self):
        self.say(f"drivers loaded: {self.bed.owner.driver()} has the PF, {self.a.driver()} its VFs; "
                 f"A is {self.a}, B is {self.b}")
        self.say("they have no administration queue: nobody but their SoC can save or load one")
        for name, vf in ("A", self.a), ("B", self.b):
            self.say(f"{name} has a vfmig-agent with the plugin {os.path.basename(oob.PLUGIN)}, of QEMU's RFC of 2022, "
                     f"which has its SoC at {oob.soc_of(vf)}")
        self.say(f"guests run in {self.a.qemu} as Debian has it, which knows nothing of plugins")

    def move(self, name, target):
        source = self.guest.vm.vf
        before = self.bed.moved_so_far()
        self._ends = (End("source", "saved", self.bed.agent(source)),
                      End("destination", "loaded", self.bed.agent(target)))
        wrong = super().move(name, target)
        if not wrong:
            try:
                self.bed.expect_agents_moved(source, target, before)
            except AssertionError as error:
                wrong = [str(error)]
        return wrong

    def carried(self):
        return [end.line() for end in self._ends]
