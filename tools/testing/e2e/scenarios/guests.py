# SPDX-License-Identifier: GPL-2.0-only
"""
A guest that fails is not taken for one that goes on, nor one that does well for
one that fails.
"""

import re
import socket
import tempfile
import threading
from contextlib import contextmanager

from lib import accel, kvm_exits
from lib.bare_guest import BareGuest
from lib.scenario import only_on
from lib.tap import Skip, Tap, expect
from lib.vfs import PEER
from lib.vm import Vm
from lib.waiting import until

GONE_LIMIT = 60
# Of the two types for local experiments, the one that the guest does not send back.
OTHERS_TYPE = 0x88b6


def with_bare_guest(play):
    def scenario(bench):
        bench.drop_guest()
        bench.prepare_vfs()
        guest = BareGuest(bench.vfs[0])
        try:
            play(guest)
        finally:
            guest.end()
    return scenario


def reset(guest):
    guest.vm.qmp.execute("system_reset")
    guest.vm.qmp.wait(["SHUTDOWN"], GONE_LIMIT)
    reason = guest.vm.end_reason()
    expect(reason == "host-qmp-system-reset", f"QEMU gives the reason '{reason}'")
    expect(guest.vm.wait_gone(GONE_LIMIT) == 0, "QEMU did not end well")


def exception(guest):
    guest.vm.qmp.execute("inject-nmi")
    until(lambda: "bare guest: exception 2" in guest.vm.console(), GONE_LIMIT,
          "the guest to name the exception")


def gives_up(bench):
    """A triple fault: no interrupt table, and an interrupt."""
    if accel.accel().name != accel.KVM:
        raise Skip(f"{accel.accel()}")
    bench.drop_guest()
    firmware = bytes(0xfff0) + bytes.fromhex("2e 0f 01 1e f8 ff  cc  90  00 00 00 00 00 00  00 00")
    with tempfile.NamedTemporaryFile() as file:
        file.write(firmware)
        file.flush()
        guest = Vm(paused=True, memory=8, options=["-bios", file.name])
    try:
        guest.qmp.execute("cont")
        guest.qmp.wait(["SHUTDOWN"], GONE_LIMIT)
        expect(guest.end_reason() == "guest-reset", f"QEMU gives the reason '{guest.end_reason()}'")
        exits = kvm_exits.last_exits()
        # As AMD and as Intel call it.
        expect(any(re.search("reason (shutdown|TRIPLE_FAULT) rip 0xfff6", line) for line in exits),
               f"KVM's exits are not reported: {exits}")
        expect(not kvm_exits.last_exits(), "they are reported twice")
    finally:
        guest.kill()


@contextmanager
def broadcasts():
    """Frames for everybody, one after another."""
    stop = threading.Event()

    def send_all():
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind((PEER, OTHERS_TYPE))
            frame = b"\xff" * 6 + sender.getsockname()[4] + OTHERS_TYPE.to_bytes(2, "big")
            while not stop.is_set():
                sender.send(frame.ljust(60, b"\0"))

    thread = threading.Thread(target=send_all, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def others_frames(bench):
    """They are for the guest to count, from the first one that its VF counts."""
    bench.drop_guest()
    bench.prepare_vfs()
    with broadcasts():
        guest = BareGuest(bench.vfs[0])
    try:
        guest.check_alive()
        counts = guest.vm.agent.ask("counts")
        Tap.note(f"{counts['received'] - counts['sent']} frames of others")
        expect(counts["received"] > counts["sent"], "the guest has had no frames of others")
    finally:
        guest.end()


SCENARIOS = only_on(["newest"], [
    ("guests: one without a system starts while frames of others come", others_frames),
    ("guests: of one whose CPU gives up KVM's last exits are reported", gives_up),
    ("guests: one that is reset ends its QEMU, which says why", with_bare_guest(reset)),
    ("guests: one without a system names an exception, and stands", with_bare_guest(exception)),
])
