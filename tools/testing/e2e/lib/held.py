# SPDX-License-Identifier: GPL-2.0-only
"""
A migration that stays in pre-copy until it is let go, for what has to happen there:
no machine is too slow. By v1, QEMU that asks for a VF's dirty pages in pre-copy takes
all RAM for dirty in each pass, and no downtime-limit that is short lets it end. By v2,
it is told that next to nothing would go out while the guest is stopped.
"""

from contextlib import contextmanager

from .migration import EARLY_WORD_MS, PAUSED_MS, Migration
from .qemus import PLENTY, V7_2, WITH_TRACKING

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
