# SPDX-License-Identifier: GPL-2.0-only
"""A guest that fails is not taken for one that goes on."""

from lib.bare_guest import BareGuest
from lib.scenario import only_on
from lib.tap import expect
from lib.waiting import until

GONE_LIMIT = 60


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


SCENARIOS = only_on(["newest"], [
    ("guests: one that is reset ends its QEMU, which says why", with_bare_guest(reset)),
    ("guests: one without a system names an exception, and stands", with_bare_guest(exception)),
])
