# SPDX-License-Identifier: GPL-2.0-only
"""
From one virtio VF to another and back by way of agents, their plugin and the VFs' SoC,
with a guest that proves each write; and what a VF is without an agent.
"""

from contextlib import contextmanager
from functools import partial

from lib.blame import blamed
from lib.held import HELD, held, wait_refusal
from lib.migration import PAUSED_MS
from lib.qemus import V7_2, V10_0
from lib.scenario import sifted
from lib.tap import expect

from . import virtio
from .versions import FAILURES, MOVES

BANDWIDTH = 1 << 32
PAIRS = [(V7_2, V7_2), (V10_0, V10_0), (V7_2, V10_0)]
# Without a checksum nobody notices a bit: the data section has no copy to make one of.
HARMLESS = [entry for entry in FAILURES if "flipped" not in entry[0]]


def name(pair):
    return " and ".join(f"{qemu.version} ({qemu.protocol})" for qemu in pair)


@contextmanager
def counting(bed, qemus):
    """As virtio's, and the agents are heard if it fails."""
    with bed.heard(), virtio.counting(bed, qemus) as both:
        yield both


def by_agents(pair, play, bed):
    """And by nobody else."""
    with counting(bed, pair) as (guest, there):
        here = guest.vm.vf
        before = bed.moved_so_far()
        play(guest, there)
        bed.expect_agents_moved(here, there, before)
        bed.expect_agents_moved(there, here, before)


def in_vain(pair, play, bed):
    with counting(bed, pair) as (guest, there):
        play(guest, there)


def without_an_agent(pair, bed):
    """It works, can be paused and go on; a migration fails at the device's first step."""
    with counting(bed, pair) as (guest, there):
        here = guest.vm.vf
        bed.agent(here).stop()
        guest.check_alive()
        with blamed(here, "no agent is attached"), guest.failing(there):
            pass
        expect(here.state() == "running", f"{here} is {here.state()}")
        if guest.vm.qemu.has_pre_copy(here.host):
            expect(not guest.vm.was_stopped(), "the guest was stopped for a migration that could not be")
        guest.check_alive()
        guest.vm.qmp.execute("stop")
        guest.vm.qmp.execute("cont")
        guest.check_alive()
        # It may come while the guest runs, and from then on it can be migrated.
        bed.agent(here).start()
        guest.move(there)


def destination_without_one(pair, bed):
    with counting(bed, pair) as (guest, there):
        bed.agent(there).stop()
        with blamed(there, "no agent is attached"), guest.failing(there, tells=False):
            pass
        guest.check_alive()
        bed.agent(there).start()
        guest.move(there)


def unfit(of_source, of_destination, reason, bed):
    """What the agents are, by these options, is compared before the guest stops."""
    with counting(bed, (HELD, HELD)) as (guest, there):
        agents = bed.agent(guest.vm.vf), bed.agent(there)
        try:
            for agent, options in zip(agents, (of_source, of_destination)):
                agent.restart(*options)
            with blamed(there, reason) as complains, \
                    guest.failing(there, **held(guest.vm.qemu, BANDWIDTH)) as migration:
                wait_refusal(migration, complains)
            expect(not guest.vm.was_stopped(), "the guest was stopped before the refusal")
        finally:
            for agent in agents:
                agent.restart()
        guest.check_alive()
        guest.move(there, downtime_limit=PAUSED_MS)


# The others are on request.
SIFT = {
    "6.1": ["7.2 (v1) and 10.0 (v2): live", "7.2 (v1) and 10.0 (v2): paused", "cancelled when the guest",
            "7.2 (v1) and 7.2 (v1): without an agent", "older state"],
    "newest": ["10.0 (v2) and 10.0 (v2): live", "10.0 (v2) and 10.0 (v2): the destination has no agent",
               "killed when the device's state comes", "another plugin"],
}
SCENARIOS = sifted(SIFT, [
    *((f"oob: {name(pair)}: {what}", partial(by_agents, pair, play)) for pair in PAIRS for what, play in MOVES),
    *((f"oob: {name(pair)}: {what}", partial(in_vain, pair, play)) for pair in PAIRS[2:] for what, play in HARMLESS),
    *((f"oob: {name(pair)}: {what}", partial(play, pair)) for pair in PAIRS[:2] for what, play in (
        ("without an agent it works, and a migration fails at once", without_an_agent),
        ("the destination has no agent: the guest stays", destination_without_one))),
    ("oob: unfit: the destination's agent has another plugin: refused before the guest is stopped",
     partial(unfit, (), ("--name", "other"), "plugin")),
    ("oob: unfit: the destination's agent knows an older state: refused before the guest is stopped",
     partial(unfit, ("--state-version", "2"), ("--state-version", "1"), "version of the state")),
])
