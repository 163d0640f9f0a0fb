# SPDX-License-Identifier: GPL-2.0-only
"""
The Linux guest with its igbvf moves from VF to VF by way of agents that have igb.so: from
outside, by the registers of a PF that stock igb drives. Its stream and its link go on.
"""

from contextlib import contextmanager

from lib import linux_guest
from lib.bench import Bench, Undisturbed, migrate
from lib.blame import blamed
from lib.host import HERE
from lib.migration import Migration
from lib.oob import MEMBER_DRIVER, PLUGIN, Agent, install
from lib.qemus import V7_2, V10_0
from lib.scenario import only_on
from lib.tap import Skip, Tap, expect
from lib.vfs import PF, load_modules

from .linux import SLOW
from .versions import check_possible

IGB = PLUGIN.replace("soc.so", "igb.so")
# Where QEMU and index of the VF are those that the guest goes to.
ROUTE = [(V7_2, 1), (V10_0, 0), (V10_0, 1), (V7_2, 0)]
ANOTHER_MAC = "52:54:00:76:66:98"
REFUSED = "the PF refuses the guest's address"
# Its counts are those of the VF that it has, see Documentation/igb-plugin.rst.
ITS_VFS = "the driver's "


class IgbAgent(Agent):
    """Is let at the registers of the VFs' PF, and at nothing else."""

    def settings(self):
        pf = HERE.readlink(f"/sys/class/net/{PF}/device").rpartition("/")[2]
        return ["--plugin", IGB, "--registers", pf, "--network", "no"]


class ByAgents(Bench):
    """The same guest; its VFs' driver knows nothing of them."""

    def __init__(self):
        super().__init__()
        load_modules("oob")
        install(IGB)
        self.agents = []

    def prepare_vfs(self, driver=MEMBER_DRIVER):
        super().prepare_vfs(driver)
        self.agents = self.agents or [IgbAgent(vf) for vf in self.vfs]

    def moved(self):
        """What agents have saved and loaded so far."""
        return [sum(of_each) for of_each in zip(*(agent.bytes_moved() for agent in self.agents))]

    def end(self):
        self.drop_guest()
        for agent in self.agents:
            agent.stop()
        for vf in self.vfs:
            vf.qemu = V7_2
            vf.unbind()


class Pause(Undisturbed):
    """But for the statistics that the VF keeps, which are another's after a move."""

    def complaints(self, before, after):
        return [what for what in super().complaints(before, after) if not what.startswith(ITS_VFS)]


@contextmanager
def by_agents(shared):
    """With the VFs of the guest that the others share, which is made anew afterwards."""
    if "iomem=relaxed" not in HERE.read("/proc/cmdline").split():
        raise Skip("the host VM's kernel lets nobody map the registers of a PF: --relaxed-iomem")
    shared.drop_guest()
    bench = ByAgents()
    try:
        yield bench
    except BaseException:
        for agent in bench.agents:
            Tap.note(f"{agent.vf}: {agent.facts()}")
            for line in agent.said().splitlines()[-8:]:
                Tap.note(f"agent: {line}")
        raise
    finally:
        bench.end()


def there_and_back(shared):
    """By v1, from v1 to v2, by v2, and back."""
    with by_agents(shared) as bench:
        check_possible((V7_2, V10_0), bench.vfs)
        bench.need_traffic()
        for qemu, index in ROUTE:
            before, by = bench.moved(), bench.guest.qemu
            bench.vfs[index].qemu = qemu
            with Pause(bench):
                migration = migrate(bench, watched=True)
            saved, loaded = (now - then for now, then in zip(bench.moved(), before))
            expect(saved and saved == loaded, f"the agents have saved {saved} bytes and loaded {loaded}")
            Tap.note(f"{by} to {qemu}: {saved} bytes, downtime by QEMU: {migration.figures['downtime']} ms")


def in_vain(bench, play, **how):
    """The migration comes to nothing, and frames go on where they did."""
    with Pause(bench):
        destination = bench.new_destination()
        try:
            play(Migration(bench.guest, destination, **how))
        finally:
            destination.kill()
        bench.guest.wait_back()


def cancelled(shared):
    """While the function runs, and when it has been stopped."""
    def early(migration):
        migration.wait_active()
        migration.cancel()

    def late(migration):
        migration.wait_switchover()
        migration.cancel()

    with by_agents(shared) as bench:
        bench.need_traffic()
        in_vain(bench, early, bandwidth=SLOW)
        in_vain(bench, late, watched=True)
        with Pause(bench):
            migrate(bench)


def refused(shared):
    """The PF says so when it is asked, which is before the source has gone."""
    def fails(migration):
        expect(migration.wait() == "failed", "the migration has not failed")

    with by_agents(shared) as bench:
        bench.need_traffic()
        there = bench.other_vf()
        there.set_mac(ANOTHER_MAC)
        with blamed(there, "was asked to load"):
            in_vain(bench, fails)
        bench.agents[there.index].await_said(REFUSED)
        there.set_mac(linux_guest.MAC)
        with Pause(bench):
            migrate(bench)


SCENARIOS = only_on(["6.1", "newest"], [
    ("oob igb: the Linux guest with traffic on its VF: 7.2, 7.2, 10.0, 10.0, 7.2", there_and_back),
    ("oob igb: cancelled in pre-copy, and when it is stopped: frames go on, and then it moves", cancelled),
    ("oob igb: the destination's PF keeps another address: the guest stays", refused),
])
