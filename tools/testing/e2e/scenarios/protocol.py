# SPDX-License-Identifier: GPL-2.0-only
"""Small guests without a system, seconds each: what needs no traffic."""

from contextlib import contextmanager

from lib import relay
from lib.bench import DRIVER
from lib.blame import blamed
from lib.held import held_vfs, hold, wait_refusal
from lib.migration import PAUSED_MS, Migration
from lib.tap import expect
from lib.vm import Vm

MOCK = "mock_vfio_pci"
# So much that the refusal is back before all of it has been sent.
MOCK_SIZE = 16 << 20
LOAD_LIMIT = 60


@contextmanager
def pair(bench, paused=False):
    """A guest of 64 MB on A and one that waits on B; neither survives this."""
    vms = []
    try:
        vms.append(Vm(bench.vfs[0], paused=paused))
        vms.append(Vm(bench.vfs[1], incoming=True))
        yield vms
    finally:
        for vm in vms:
            vm.kill()


def small_guest(bench):
    bench.drop_guest()
    bench.prepare_vfs()
    with pair(bench) as (source, destination):
        moves(source, destination)
        destination.vf.wait_state("running")


def small_guest_paused(bench):
    bench.drop_guest()
    bench.prepare_vfs()
    with pair(bench) as (source, destination):
        source.qmp.execute("stop")
        moves_paused(source, destination)


def never_started(bench):
    """Not even its firmware has seen the VF, and QEMU has never told it to stop."""
    bench.drop_guest()
    bench.prepare_vfs()
    with pair(bench, paused=True) as (source, destination):
        expect(not source.vf_decodes(), "memory decoding is on before the guest runs")
        moves_paused(source, destination)


def moves(source, destination, **how):
    expect(Migration(source, destination, **how).wait() == "completed",
           f"failed: {source.vf.says('last_error')}; {destination.vf.says('last_error')}")


def moves_paused(source, destination):
    moves(source, destination, downtime_limit=PAUSED_MS)
    destination.qmp.wait_migration(["completed"], LOAD_LIMIT)
    expect(not destination.running(), "the guest was paused and now runs")
    destination.qmp.execute("cont")
    destination.vf.wait_state("running")


def refused_early(bench, prepare, reason, through=None):
    """
    An unfit destination: refused before the guest is stopped, and by the core:
    with luck a backend refuses what the core let through.
    """
    bench.drop_guest()
    bench.prepare_vfs(MOCK)
    for vf in bench.vfs:
        vf.knob("mock/size", MOCK_SIZE)
    prepare()
    with held_vfs(bench), pair(bench) as (source, destination), blamed(destination.vf, reason) as complains:
        migration = hold(source, destination, through, bandwidth=MOCK_SIZE)
        wait_refusal(migration, complains)
        outcome = migration.wait()
        expect(outcome == "failed", f"an unfit destination: the migration {outcome}")
        source.wait_back()
        expect(not source.was_stopped(), "the guest was stopped before the refusal")


def another_fact(bench):
    refused_early(bench, lambda: bench.vfs[1].knob("mock/fact_equal", 7),
                  "does not match the source's")


def another_backend(bench):
    refused_early(bench, lambda: bench.vfs[1].bind(DRIVER), "another driver")


def flipped_early(bench):
    through = relay.flip_bit(stopped=False)
    refused_early(bench, lambda: None, "CRC", through)
    expect(through.done.is_set(), "the device said nothing in pre-copy")


SCENARIOS = [
    ("protocol: a guest of firmware only, live", small_guest),
    ("protocol: a guest of firmware only, paused", small_guest_paused),
    ("protocol: a guest never started: memory decoding is off", never_started),
    ("identity: a fact differs: refused before the guest is stopped", another_fact),
    ("identity: another backend: refused before the guest is stopped", another_backend),
    ("broken: a bit is flipped in pre-copy: refused before the guest is stopped", flipped_early),
]
