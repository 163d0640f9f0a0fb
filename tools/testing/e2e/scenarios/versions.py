# SPDX-License-Identifier: GPL-2.0-only
"""
From one version of QEMU to another and back, with a guest without a system and
frames through its VF all the while. What fails must cost it nothing but a pause.
"""

from functools import partial

from lib import relay
from lib.bare_guest import BareGuest
from lib.blame import blamed
from lib.migration import PAUSED_MS
from lib.qemus import MACHINE_10_0, NEWEST, V5_2, V7_2, V10_0
from lib.scenario import only_on
from lib.tap import Skip, expect
from lib.vfs import PEER

# Their failures are QEMU's doing, and both protocols': on a kernel whose v2 has no
# pre-copy and on one whose v2 has it there is a pair for each QEMU and each protocol.
PAIRS = [((V7_2, V10_0), ["6.1", "6.12"]),
         ((V7_2, NEWEST), ["newest"]),
         ((V10_0, V10_0), ["newest"])]
# What fails, and how, these have in common with others of one protocol.
PAIRS_THAT_MOVE = [(V10_0, NEWEST), (NEWEST.on(MACHINE_10_0), NEWEST.on(MACHINE_10_0))]
# QEMU 5.2 and what it sends are of a time before the later kernels. How it fails
# before the device's data come is 7.2's way.
KERNELS_OF_5_2 = ["6.1"]
# So slow that firmware and page headers alone take half a minute.
CRAWL = 16 << 10
GONE_LIMIT = 60


def check_possible(qemus, vfs):
    """Raises Skip with what is missing for those QEMUs."""
    for vf, qemu in zip(vfs, qemus):
        if not vf.host.exists(f"/opt/qemu-{qemu.version}"):
            raise Skip(f"the host VM has no {qemu}")


def between(qemus, play, bench, interface=PEER):
    """
    @play is given a guest on the first QEMU, and the VF where the second would
    run. The guest's frames come from that interface.
    """
    check_possible(qemus, bench.vfs)
    bench.drop_guest()
    bench.prepare_vfs()
    for vf, qemu in zip(bench.vfs, qemus):
        vf.qemu = qemu
    try:
        guest = BareGuest(bench.vfs[0], interface)
        try:
            play(guest, bench.vfs[1])
            guest.check_none_lost()
        finally:
            guest.end()
    finally:
        for vf in bench.vfs:
            vf.qemu = V7_2


def live(guest, there):
    here = guest.vm.vf
    guest.move(there, watched=True)
    guest.move(here, watched=True)


def paused(guest, there):
    here = guest.vm.vf
    for target in (there, here):
        guest.move_paused(target, watched=True, downtime_limit=PAUSED_MS)


def either_way(attempt, guest, there):
    """What does not come about: to there; and from there, once the guest is there."""
    here = guest.vm.vf
    try_in_vain(attempt, guest, there)
    guest.move(there, watched=True)
    try_in_vain(attempt, guest, here)


def try_in_vain(attempt, guest, target):
    destination = guest.new_qemu(target)
    try:
        attempt(guest, destination)
    finally:
        destination.kill()
    guest.vm.wait_back()
    guest.check_alive()


def cancelled(guest, destination):
    migration = guest.migration(destination, bandwidth=CRAWL)
    migration.wait_active()
    migration.check_early()
    migration.cancel()


def cancelled_when_stopped(guest, destination):
    migration = guest.migration(destination, watched=True)
    migration.wait_switchover()
    expect(not guest.vm.running(), "the guest runs at the switchover")
    migration.cancel()


def killed_early(guest, destination):
    migration = guest.migration(destination, bandwidth=CRAWL)
    migration.wait_active()
    migration.check_early()
    destination.kill()
    expect(migration.wait() == "failed", "the migration has not failed")


def killed_late(guest, destination):
    through = relay.call_at_stopped_data(destination.kill)
    outcome = guest.migration(destination, through, watched=True).wait()
    expect(through.done.is_set(), "the relay saw no data of the device")
    expect(outcome == "failed", f"the migration {outcome}")


def corrupt(guest, destination):
    through = relay.flip_bit(stopped=True)
    # Luck may have it that the backend refuses what the stream let through.
    with blamed(destination.vf, "CRC"):
        outcome = guest.migration(destination, through, watched=True).wait()
        expect(through.done.is_set(), "the relay saw no data of the device")
        expect(outcome == "failed", f"the migration {outcome}")
        expect(destination.wait_gone(GONE_LIMIT), "the destination ended well")


def refused_by_qemu(guest, there):
    """QEMU 5.2 sends configuration space before the data, later ones after it."""
    destination = guest.new_qemu(there)
    try:
        errors = there.says("last_error")
        expect(guest.migration(destination).wait() == "failed", "the migration has not failed")
        expect(destination.wait_gone(GONE_LIMIT), "the destination ended well")
        expect(there.says("last_error") == errors, "it is the driver that has refused it")
    finally:
        destination.kill()
    guest.vm.wait_back()
    guest.check_alive()


MOVES = [
    ("live, there and back", live),
    ("paused, there and back", paused),
]
FAILURES = [
    ("cancelled while RAM is sent, either way", partial(either_way, cancelled)),
    ("cancelled when the guest is stopped, either way",
     partial(either_way, cancelled_when_stopped)),
    ("the destination is killed while RAM is sent, either way",
     partial(either_way, killed_early)),
    ("the destination is killed when the device's state comes, either way",
     partial(either_way, killed_late)),
    ("one bit of the device's state is flipped, either way", partial(either_way, corrupt)),
]


def of_pair(pair, plays):
    a, b = pair
    return [(f"versions: {a.version} ({a.protocol}) and {b.version} ({b.protocol}): {name}",
             partial(between, pair, play)) for name, play in plays]


def refused_from_to(source, destination):
    machine = V5_2.machine
    return (f"versions: {source.version} ({source.protocol}) to {destination.version} "
            f"({destination.protocol}): refused by QEMU, the guest stays",
            partial(between, (source.on(machine), destination.on(machine)), refused_by_qemu))


SCENARIOS = [
    scenario for pair, kernels in PAIRS
    for scenario in of_pair(pair, MOVES) + only_on(kernels, of_pair(pair, FAILURES))
] + [
    scenario for pair in PAIRS_THAT_MOVE
    for scenario in of_pair(pair, MOVES[:1]) + only_on(["newest"], of_pair(pair, MOVES[1:]))
] + only_on(KERNELS_OF_5_2, [
    *of_pair((V5_2, V5_2), MOVES + FAILURES[-2:]),
    *(refused_from_to(V5_2, other) for other in (V7_2, V10_0, NEWEST)),
    *(refused_from_to(other, V5_2) for other in (V7_2, V10_0, NEWEST)),
])
