# SPDX-License-Identifier: GPL-2.0-only
"""Migrations that fail must cost the source nothing but a pause."""

from lib import relay
from lib.blame import blamed
from lib.bench import Undisturbed
from lib.migration import Migration
from lib.scenario import only_on
from lib.tap import expect

# On each kernel a guest without a system goes through the same, by both protocols: versions.py.
KERNELS = "newest",
GONE_LIMIT = 60


def fails(bench, make_relay, refused=False):
    """The migration through this relay fails; the guest stays where it is."""
    with Undisturbed(bench):
        destination = bench.new_destination()
        try:
            through = make_relay(destination)
            outcome = Migration(bench.guest, destination, through).wait()
            expect(through.done.is_set(), "the relay found no place to do its harm")
            expect(outcome == "failed", f"the migration {outcome}")
            bench.guest.wait_back()
            if refused:
                expect(destination.wait_gone(GONE_LIMIT), "the destination ended well")
        finally:
            destination.kill()


def killed_in_pre_copy(bench):
    fails(bench, lambda destination: relay.call_at_bytes(destination.kill, 8 << 20))


def killed_in_stop_phase(bench):
    fails(bench, lambda destination: relay.call_at_stopped_data(destination.kill))


def flipped_bit(bench):
    bench.need_traffic()
    # Luck may have it that the backend refuses what the stream let through.
    with blamed(bench.other_vf(), "CRC"):
        fails(bench, lambda _: relay.flip_bit(stopped=True), refused=True)


SCENARIOS = only_on(KERNELS, [
    ("broken: the destination is killed while RAM is sent", killed_in_pre_copy),
    ("broken: the destination is killed when the device's state comes", killed_in_stop_phase),
    ("broken: one bit of the device's state is flipped: refused", flipped_bit),
])
