# SPDX-License-Identifier: GPL-2.0-only
"""The Linux guest leaves QEMU 7.2 (v1) for 10.0 (v2), and comes back."""

from contextlib import contextmanager

from lib import relay
from lib.bench import Undisturbed, migrate
from lib.qemus import V7_2, V10_0
from lib.scenario import only_on
from lib.tap import Tap, expect

from . import broken


@contextmanager
def newer_qemu(bench):
    """On the VF that is free; a guest that ends up there must not stay."""
    bench.need_guest()
    there = bench.other_vf()
    there.qemu = V10_0
    try:
        yield there
        expect(bench.guest.qemu == V7_2, f"the guest has been left in {bench.guest.qemu}")
    finally:
        there.qemu = V7_2


def moves(bench):
    with Undisturbed(bench):
        source = bench.guest.qemu
        migration = migrate(bench, watched=True)
        Tap.note(f"{source} to {bench.guest.qemu}: downtime by QEMU: "
                 f"{migration.figures['downtime']} ms")


def there_and_back(bench):
    with newer_qemu(bench):
        moves(bench)
        broken.fails(bench, lambda destination: relay.call_at_stopped_data(destination.kill))
        moves(bench)


# The older host is the one that is left; between two it is asked for by its name.
SCENARIOS = only_on(["6.1"], [
    ("upgrade: the Linux guest from QEMU 7.2 (v1) to 10.0 (v2); back, killed once", there_and_back),
])
