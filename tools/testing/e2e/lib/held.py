# SPDX-License-Identifier: GPL-2.0-only
"""
A migration by v1 that stays in pre-copy until it is let go, for what has to happen
there. QEMU that asks for a VF's dirty pages in pre-copy takes all RAM for dirty in
each pass, and no downtime-limit that is short lets it end: no machine is too slow.
"""

from contextlib import contextmanager

from .migration import EARLY_WORD_MS, PAUSED_MS, Migration
from .qemus import V7_2, WITH_TRACKING

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


def hold(source, destination, relay=None, bandwidth=1 << 32):
    return Migration(source, destination, relay, bandwidth=bandwidth, downtime_limit=EARLY_WORD_MS)


def let_go(migration):
    migration.source.qmp.execute("migrate-set-parameters", max_bandwidth=1 << 32,
                                 downtime_limit=PAUSED_MS)
