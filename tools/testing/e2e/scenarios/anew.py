# SPDX-License-Identifier: GPL-2.0-only
"""
By v1 QEMU goes on with its stream where the device has left its save and begins
another one: the migration completes all the same.
"""

from functools import partial

from lib.bare_guest import BareGuest, new_qemu
from lib.bench import DRIVER
from lib.held import held_vfs, hold, let_go
from lib.migration import Migration
from lib.scenario import only_on
from lib.tap import expect
from lib.waiting import until

from .protocol import MOCK, MOCK_SIZE, pair

# The driver is the same on each, and the QEMUs that speak v1 are old.
KERNELS = "6.1",
# Of the state, so that records of it have gone, and not only its head.
SOME = MOCK_SIZE // 16
SLOW = 1 << 20
BEGINS_LIMIT = 60


def paused_and_continued(source):
    source.qmp.execute("stop")
    source.vf.wait_state("stop-and-copy")
    source.qmp.execute("cont")
    source.vf.wait_state("running")


def reset_by(what, source):
    resets = source.vf.resets()
    what(source)
    source.vf.wait_reset(resets)


def reboots(source):
    source.qmp.execute("set-action", reboot="reset")
    source.qmp.execute("system_reset")


def function_reset(source):
    source.host.write(f"/sys/bus/pci/devices/{source.vf.address}/reset", "1")


EVENTS = (
    ("paused and continued", paused_and_continued),
    ("guest reboots", partial(reset_by, reboots)),
    ("function reset by sysfs", partial(reset_by, function_reset)),
)


def completes(migration):
    source, destination = migration.source, migration.destination
    outcome = migration.wait()
    expect(outcome == "completed", f"the migration {outcome}: {source.vf.says('last_error')}; "
                                   f"{destination.vf.says('last_error')}")
    destination.vf.wait_state("running")


def after_first_bytes(migration, size, event):
    source = migration.source
    until(lambda: source.vf.transferred("pre-copy") >= size, BEGINS_LIMIT, "the device's first bytes to leave")
    expect(source.running(), "the guest was stopped before anything could happen to it")
    event(source)
    let_go(migration)
    completes(migration)


def much_state(event, bench):
    bench.drop_guest()
    bench.prepare_vfs(MOCK)
    for vf in bench.vfs:
        vf.knob("mock/size", MOCK_SIZE)
    with held_vfs(bench), pair(bench) as (source, destination):
        after_first_bytes(hold(source, destination, bandwidth=MOCK_SIZE), SOME, event)


def little_state(event, bench):
    """In pre-copy only the head goes."""
    bench.drop_guest()
    bench.prepare_vfs()
    with held_vfs(bench):
        guest = BareGuest(bench.vfs[0])
        destination = new_qemu(bench.vfs[1])
        try:
            migration = hold(guest.vm, destination, bandwidth=SLOW)
            after_first_bytes(migration, 1, event)
            if event is paused_and_continued:
                guest.vm = migration.hand_over()
                guest.check_none_lost()
        finally:
            destination.kill()
            guest.end()


def at_the_switchover(event, bench):
    bench.drop_guest()
    bench.prepare_vfs()
    with pair(bench) as (source, destination):
        migration = Migration(source, destination, watched=True)
        migration.wait_switchover()
        event(source)
        migration.go_on()
        completes(migration)


SCENARIOS = only_on(KERNELS, [
    *((f"anew: {driver}: {name} in pre-copy: completes", partial(play, event))
      for driver, play in ((MOCK, much_state), (DRIVER, little_state)) for name, event in EVENTS),
    *((f"anew: {DRIVER}: {name} at the switchover: completes", partial(at_the_switchover, event))
      for name, event in EVENTS[1:]),
])
