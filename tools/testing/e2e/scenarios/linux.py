# SPDX-License-Identifier: GPL-2.0-only
"""A Linux guest with its igbvf, and what its user notices: a pause."""

from lib import linux_guest
from lib.bench import Undisturbed, migrate
from lib.migration import PAUSED_MS, Migration
from lib.observation import Observation
from lib.tap import Tap, expect

# Slow enough that RAM takes minutes: then there is a middle to do things in.
SLOW = 256 << 10


def without_a_driver(bench):
    guest = bench.need_guest()
    expect(not guest.vf_decodes(), "memory decoding is on before the guest knows the VF")
    migrate(bench)
    bench.guest.agent.ask("hello")
    bench.need_traffic()


def there(bench):
    with Undisturbed(bench):
        migration = migrate(bench)
        Tap.note(f"downtime by QEMU: {migration.figures['downtime']} ms")


def replayed_mac(bench):
    """The administrator has set no MAC there; the guest's own is asked for."""
    bench.need_traffic()
    bench.other_vf().set_mac("00:00:00:00:00:00")
    try:
        with Undisturbed(bench):
            migrate(bench)
    finally:
        bench.guest.vf.set_mac(linux_guest.MAC)


def paused(bench):
    with Undisturbed(bench):
        bench.guest.qmp.execute("stop")
        migrate_paused(bench)
        expect(not bench.guest.running(), "the guest was paused and now runs")
        bench.guest.qmp.execute("cont")


def migrate_paused(bench):
    destination = bench.new_destination()
    try:
        migration = Migration(bench.guest, destination, downtime_limit=PAUSED_MS)
        expect(migration.wait() == "completed", "the migration of a paused guest failed")
        bench.guest = migration.hand_over_paused()
    except BaseException:
        destination.kill()
        raise


def cancelled_and_retried(bench):
    with Undisturbed(bench):
        destination = bench.new_destination()
        try:
            migration = Migration(bench.guest, destination, bandwidth=SLOW)
            migration.wait_active()
            expect(bench.guest.vf.state() == "pre-copy",
                   f"the source's device is in {bench.guest.vf.state()}")
            migration.cancel()
        finally:
            destination.kill()
        bench.stream.check_goes_on(bench.guest.agent)
        migrate(bench)


def reset_in_pre_copy(bench):
    """The guest takes its interface down and up and resets the function."""
    guest = bench.need_traffic()
    destination = bench.new_destination()
    interface = linux_guest.INTERFACE
    try:
        migration = Migration(guest, destination, bandwidth=SLOW)
        migration.wait_active()
        resets = guest.vf.resets()
        guest.agent.shell(f"ip link set {interface} down; echo 1 >{linux_guest.VF_IN_GUEST}/reset; "
                          f"ip link set {interface} up")
        guest.vf.wait_reset(resets)
        guest.qmp.execute("migrate-set-parameters", max_bandwidth=1 << 32)
        outcome = migration.wait()
        expect(outcome == "completed", f"the migration {outcome}: {destination.vf.says('last_error')}")
        bench.guest = migration.hand_over()
    except BaseException:
        destination.kill()
        raise
    bench.stream.check_goes_on(bench.guest.agent, 60)
    card = Observation(bench.guest.agent).card
    expect(card["carrier"] == "1", "the link is down after the reset")


SCENARIOS = [
    ("linux: memory decoding off, no driver: moves, and then loads it", without_a_driver),
    ("linux: live from A to B, traffic goes on", there),
    ("linux: and back to A, where the VF has no administrator's MAC", replayed_mac),
    ("linux: a paused guest moves and goes on", paused),
    ("linux: cancelled in pre-copy, then retried", cancelled_and_retried),
    ("linux: the guest resets the function in pre-copy: completes", reset_in_pre_copy),
]
