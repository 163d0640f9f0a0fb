# SPDX-License-Identifier: GPL-2.0-only
"""
A guest whose VF the administrators of both hosts have put into a VLAN, without
its knowing; its peer tags. The tag is each PF's setting and not the VF's state.
"""

from contextlib import contextmanager

from lib.frames import Frames
from lib.host import HERE
from lib.linux_guest import MAC
from lib.qemus import V7_2, V10_0
from lib.settings import FAR
from lib.tap import Skip, expect
from lib.vfs import PEER, PEER_ADDRESS
from lib.waiting import until

from . import upgrade, versions

QEMUS = V7_2, V10_0
VLAN = 7
NO_VLAN = 0
PEER_NETWORK = f"{PEER_ADDRESS}/24"
TAGGED_PEER = f"{PEER}.{VLAN}"
# Not the card's own, by which its tagged and untagged frames are told apart.
TAGGED_PEER_MAC = "52:54:00:76:66:77"
UNHEARD_LIMIT = 120


@contextmanager
def tagged_peer():
    """With the peer's address, which the peer has no longer outside of the VLAN."""
    HERE.run("ip", "link", "add", "link", PEER, "name", TAGGED_PEER, "address", TAGGED_PEER_MAC,
             "type", "vlan", "id", str(VLAN))
    HERE.run("ip", "address", "delete", PEER_NETWORK, "dev", PEER)
    try:
        HERE.run("ip", "address", "add", PEER_NETWORK, "dev", TAGGED_PEER)
        HERE.run("ip", "link", "set", TAGGED_PEER, "up")
        yield
    finally:
        HERE.run("ip", "link", "delete", TAGGED_PEER)
        HERE.run("ip", "address", "add", PEER_NETWORK, "dev", PEER)


@contextmanager
def in_vlan(bench):
    """Both VFs, and what the guest talks to."""
    versions.check_possible(QEMUS, bench.vfs)
    bench.drop_guest()
    try:
        for vf in bench.vfs:
            vf.set_vlan(VLAN)
        with tagged_peer():
            yield
    finally:
        bench.drop_guest()
        for vf in bench.vfs:
            vf.set_vlan(NO_VLAN)


def linux_guest_moves(bench):
    if not FAR:
        raise Skip("between two hosts only, for the time it takes")
    with in_vlan(bench), upgrade.newer_qemu(bench):
        upgrade.moves(bench)
        upgrade.moves(bench)


def change_to_unheard(guest, interface):
    """From there no frame reaches the guest; but later ones of its peer so far do."""
    frames = Frames(MAC, interface)
    try:
        until(lambda: frames.sent > 1, UNHEARD_LIMIT, "a frame that nobody answers")
        guest.check_alive()
        expect(not frames.returned, f"the guest hears {interface}, too")
        guest.change_frames(frames)
    except BaseException:
        frames.close()
        raise


def moves_to_where_it_is_forgotten(guest, there):
    here = guest.vm.vf
    there.set_vlan(NO_VLAN)
    change_to_unheard(guest, PEER)
    guest.go(there, watched=True)
    guest.check_alive()
    change_to_unheard(guest, TAGGED_PEER)
    there.set_vlan(VLAN)
    guest.check_alive()
    guest.move(here, watched=True)


def forgotten(bench):
    with in_vlan(bench):
        versions.between(QEMUS, moves_to_where_it_is_forgotten, bench, TAGGED_PEER)


SCENARIOS = [
    ("vlan: set at both ends, the Linux guest from QEMU 7.2 (v1) to 10.0 (v2) and back",
     linux_guest_moves),
    ("vlan: forgotten at the destination, the guest is unheard until it is set; and back",
     forgotten),
]
