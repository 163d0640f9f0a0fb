# SPDX-License-Identifier: GPL-2.0-only
"""
VFs that only their SoC can save: those of the emulated virtio owner without an
administration queue. Each has an agent, which asks the SoC for it; what the driver
knows of that is in debugfs.
"""

import os
import re
import signal
from contextlib import contextmanager

from . import trouble
from .host import HERE, RUN_DIR
from .tap import Tap, expect
from .vfs import project_dir
from .virtio import DISK_DRIVER, Bed, number
from .waiting import until

MODULE, MEMBER_DRIVER = "pci/oob/oob-vfio-pci", "oob_vfio_pci"
BUILT = f"{project_dir()}/build/agent"
# Where the user that it runs as may read it.
PLUGIN = "/tmp/vfmig-plugins/soc.so"
# Where the host VM finds the SoC's port of the first member, see tools/vm/README.md.
SOC, FIRST_PORT = "192.168.77.100", 3333
# For all calls of a plugin for one request; the driver waits longer.
LIMIT_MS = 6000
ATTACH_LIMIT = 30
NOTICE_LIMIT = 60
MET_LIMIT = 60
# So late that whoever waits has given up before.
NEVER_MS = 10 * 60 * 1000
LAST_LINES = 8
_worker = re.compile(r"agent (\d+), process (\d+), ")


def soc_of(vf):
    """IP:PORT."""
    return f"{SOC}:{FIRST_PORT + number(vf) - 1}"


def install(plugin):
    """Of those that were built, the one that agents are to find there."""
    HERE.run("install", "-D", "-m", "755", f"{BUILT}/{os.path.basename(plugin)}", plugin)


class Agent:
    """The supervisor of one function's, and what it has said."""

    count = 0

    def __init__(self, vf, *options):
        self.vf = vf
        self._options = options
        self._process = self._log = None
        self.start()

    def start(self, *options):
        """Returns when it is attached; further options hold for this time."""
        Agent.count += 1
        self._log = f"{RUN_DIR}/agent-{Agent.count}.log"
        before = self.facts()["generations"]
        self._process = HERE.start([f"{BUILT}/vfmig-agent", "--device", self.vf.address, *self.settings(),
                                    *self._options, *options], self._log)
        self._await_another(before)

    def settings(self):
        """The plugin, and what goes with it."""
        return ["--plugin", PLUGIN, "--arg", soc_of(self.vf), "--limit-ms", str(LIMIT_MS)]

    def _await_another(self, generations):
        until(lambda: self.facts()["generations"] != generations and self.is_attached(), ATTACH_LIMIT,
              f"an agent of {self.vf}, which says: {self.said()[-200:]}")

    def facts(self):
        """Of debugfs, by their first words."""
        rows = (line.partition(" ") for line in self.vf.says("agent").splitlines())
        return {name: rest for name, _, rest in rows}

    def is_attached(self):
        return self.facts()["agent"] != "none"

    def bytes_moved(self):
        facts = self.facts()
        return int(facts["saved"]), int(facts["loaded"])

    def said(self):
        return HERE.read(self._log) if self._log and HERE.exists(self._log) else ""

    def await_said(self, words):
        until(lambda: words in self.said(), NOTICE_LIMIT, f"the agent to say: {words}")

    def _worker(self):
        """The process that has the plugin."""
        return int(_worker.findall(self.said())[-1][1])

    @contextmanager
    def replaced(self):
        """The worker ends inside; afterwards its supervisor has another one."""
        before = self.facts()["generations"]
        yield
        self._await_another(before)

    def kill_worker(self):
        os.kill(self._worker(), signal.SIGKILL)

    def kill(self):
        """All of it, at once."""
        self._process.kill()
        self._await_gone()

    def freeze_worker(self):
        """It hangs, until its supervisor has enough of it."""
        os.kill(self._worker(), signal.SIGSTOP)

    def is_started(self):
        return self._process.poll() is None

    def stop(self):
        """As an operator does."""
        if self.is_started():
            self._process.send_signal(signal.SIGTERM)
        self._await_gone()

    def _await_gone(self):
        until(lambda: not self.is_started() and not self.is_attached(), NOTICE_LIMIT,
              f"the agent of {self.vf} to be gone")

    def restart(self, *options):
        self.stop()
        self.start(*options)

    def await_let_run(self):
        """What an earlier one has left stopped is let run before anything else, unless it is held."""
        def is_let_run():
            facts = self.facts()
            return facts["agent"] != "none" and (facts["stopped"] == "no" or facts["held"] == "yes")

        until(is_let_run, NOTICE_LIMIT,
              f"{self.vf} to be let run")


class OobBed(Bed):
    """Its members have agents, of the SoC's plugin, while there is no other word."""

    def __init__(self):
        super().__init__([MODULE], DISK_DRIVER, MEMBER_DRIVER)
        install(PLUGIN)
        self.agents = {vf.address: Agent(vf) for vf in self.vfs}

    @contextmanager
    def heard(self):
        """What agents and drivers have to say of what fails inside."""
        try:
            yield
        except BaseException:
            for vf in self.vfs:
                Tap.note(f"{vf}: {self.agent(vf).facts()}")
                for line in self.agent(vf).said().splitlines()[-LAST_LINES:]:
                    Tap.note(f"agent: {line}")
            raise

    def agent(self, vf):
        return self.agents[vf.address]

    def soc_meets(self, what, request, vf, arg=0, **options):
        """With such a request for that VF, of trouble.py, once unless told otherwise."""
        self.trouble.meets(what, request, arg, member=number(vf), **options)

    def soc_hangs(self, request, vf, **options):
        """The answer does not come while anybody waits for it."""
        self.soc_meets(trouble.LATE, request, vf, arg=NEVER_MS, **options)

    def await_met(self):
        until(lambda: not self.trouble.times_left(), MET_LIMIT, "the request that is to meet trouble")

    def soc_goes(self):
        """At once, for every VF; until end_trouble()."""
        self.trouble.set("soc_is_gone", 1)

    def end_trouble(self):
        """And each VF has an agent, whatever was done to them."""
        super().end_trouble()
        for agent in self.agents.values():
            if not agent.is_started():
                agent.start()

    def recover(self):
        """The SoC is well, and the agents find that out: what was stopped runs before anybody does anything."""
        self.end_trouble()
        for agent in self.agents.values():
            agent.await_let_run()

    def expect_agents_moved(self, source, target, before):
        """More than they had by then, and as much out of the one as into the other."""
        saved = self.agent(source).bytes_moved()[0] - before[source.address][0]
        loaded = self.agent(target).bytes_moved()[1] - before[target.address][1]
        expect(saved and saved == loaded, f"the agents have saved {saved} bytes and loaded {loaded}")

    def moved_so_far(self):
        return {vf.address: self.agent(vf).bytes_moved() for vf in self.vfs}
