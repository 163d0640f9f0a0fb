# SPDX-License-Identifier: GPL-2.0-only
"""
A migration that stays in pre-copy until it is let go, for what has to happen there:
no machine is too slow. By v1, QEMU that asks for a VF's dirty pages in pre-copy takes
all RAM for dirty in each pass, and no downtime-limit that is short lets it end. By v2,
it is told that next to nothing would go out while the guest is stopped.
"""

from contextlib import contextmanager

from .migration import COMPLETION_LIMIT, EARLY_WORD_MS, PAUSED_MS, Migration
from .qemus import PLENTY, V7_2, WITH_TRACKING
from .tap import expect
from .waiting import until

HELD = V7_2.with_options(WITH_TRACKING)


@contextmanager
def held_vfs(bench):
    """QEMUs that are started inside hold their migrations."""
    for vf in bench.vfs:
        vf.qemu = HELD
    try:
        yield
    finally:
        for vf in bench.vfs:
            vf.qemu = V7_2


def held(qemu, bandwidth):
    """What a Migration from that QEMU is to be told."""
    how = {"bandwidth": bandwidth, "downtime_limit": EARLY_WORD_MS}
    return how if qemu.protocol == "v1" else {**how, "switchover_bandwidth": bandwidth}


def hold(source, destination, relay=None, bandwidth=1 << 32):
    return Migration(source, destination, relay, **held(source.qemu, bandwidth))


def let_go(migration):
    source = migration.source
    switchover = {} if source.qemu.protocol == "v1" else {"avail_switchover_bandwidth": PLENTY}
    source.qmp.execute("migrate-set-parameters", max_bandwidth=1 << 32, downtime_limit=PAUSED_MS,
                       **switchover)


def wait_refusal(migration, complains):
    """
    Of the destination's driver, which @complains then; at once if it has taken what should be
    refused: a migration that is held would never end by that.
    """
    source, there = migration.source.vf, migration.destination.vf

    def decided(has_come):
        until(lambda: has_come() or complains() or migration.is_over(), COMPLETION_LIMIT,
              f"the driver of {there} to take or refuse what {source} says of itself")
    decided(lambda: source.state() == "pre-copy" and source.transferred("pre-copy"))
    # The first chunk at the least, in which the identity is.
    sent = source.transferred("pre-copy")
    decided(lambda: there.state() == "resuming" and there.transferred("resuming") >= sent)
    expect(complains(), f"the driver of {there} has not refused what it should have refused")
