# SPDX-License-Identifier: GPL-2.0-only
"""One migration between two QEMUs, straight or by a relay."""

from .host import HERE
from .tap import expect
from .vm import BACK_LIMIT

COMPLETION_LIMIT = 120
LOAD_BEGINS_LIMIT = 120
FIRST_PORT = 4400
DOWNTIME_LIMIT_MS = 1000
# Below the 50 ms for which QEMU sends RAM in one go: only then has a device its
# turn before the guest is stopped (migration_iteration_run() in QEMU 7.2). A
# guest that is busy would never get that far.
EARLY_WORD_MS = 20
# For a paused guest QEMU 7.2 takes all RAM for dirty in every pass, as its VF
# does not run; only a limit above the time that all of it takes ends that.
PAUSED_MS = 600000
OVER = ["completed", "failed", "cancelled"]
# The guest has been stopped, the device's state has not been sent.
SWITCHOVER = "pre-switchover"


class WrongProtocol(Exception):
    """A device is driven by another protocol than its QEMU is for."""


def _protocol(vm):
    seen = vm.vf.owner()
    if seen != vm.qemu.protocol:
        raise WrongProtocol(f"{vm.qemu} speaks {vm.qemu.protocol}, the driver of {vm.vf} "
                            f"says {seen or 'that nobody drives it'}")
    return seen


class Migration:
    """
    Starts at once. With the return path, a failing load is the source's to know.
    A @watched one pauses at the switchover, as libvirt's do, and there it is
    seen which protocol has either device. Further @capabilities are switched on
    at both ends.
    """

    count = 0

    def __init__(self, source, destination, relay=None, bandwidth=1 << 32,
                 downtime_limit=DOWNTIME_LIMIT_MS, watched=False, capabilities=(),
                 switchover_bandwidth=None):
        Migration.count += 1
        self.protocols = None
        self.source = source
        self.destination = destination
        port = FIRST_PORT + 2 * Migration.count
        for vm in (source, destination):
            vm.qmp.execute("migrate-set-capabilities", capabilities=[
                {"capability": name, "state": state} for name, state in
                (("events", True), ("return-path", True), ("pause-before-switchover", watched),
                 *((name, True) for name in capabilities))])
        source.qmp.execute("migrate-set-parameters", max_bandwidth=bandwidth,
                           downtime_limit=downtime_limit,
                           **source.qemu.source_parameters(source.host, switchover_bandwidth))
        for vm in (source, destination):
            vm.qmp.forget_events()
        self._from = len(source.qmp.history), len(destination.qmp.history)
        address = destination.host.address
        destination.qmp.execute("migrate-incoming", uri=f"tcp:{address}:{port}")
        if relay:
            relay.join((address, port), (HERE.address, port + 1))
            address, port = HERE.address, port + 1
        source.qmp.execute("migrate", uri=f"tcp:{address}:{port}")

    def wait_active(self, limit=COMPLETION_LIMIT):
        self.source.qmp.wait_migration(["active"], limit)

    def cancel(self):
        """
        The guest stays, and its driver has nothing to complain of. QEMU cuts the
        stream before it notes that it was told to (migration_cancel() in 10.0), so
        its migration's thread may call that a failure.
        """
        errors = self.source.vf.says("last_error")
        self.source.qmp.execute("migrate_cancel")
        outcome = self.wait()
        expect(outcome in ("cancelled", "failed"), f"the migration {outcome}, though cancelled")
        # A failure is told before the device is taken back.
        self.source.vf.wait_state("running", BACK_LIMIT)
        expect(self.source.vf.says("last_error") == errors,
               f"the cancelled migration's driver: {self.source.vf.says('last_error')}")

    def wait(self, limit=COMPLETION_LIMIT):
        """How it ended, as the source says."""
        state = self.source.qmp.wait_migration([*OVER, SWITCHOVER], limit)
        if state == SWITCHOVER:
            self.check_protocols()
            self.go_on()
            state = self.source.qmp.wait_migration(OVER, limit)
        return state

    def is_over(self):
        return self.source.qmp.execute("query-migrate").get("status") in OVER

    def reason(self):
        """QEMU's, for a failure: to whoever asks, or only in its log."""
        said = [line for line in self.source.log().splitlines() if "warning: " not in line]
        why = self.source.qmp.execute("query-migrate").get("error-desc") or (said[-1] if said else None)
        expect(why, f"{self.source.qemu} does not say why the migration has failed")
        return why

    def wait_switchover(self, limit=COMPLETION_LIMIT):
        """Waits until the guest has been stopped; there it stays."""
        self.source.qmp.wait_migration([SWITCHOVER], limit)
        self.check_protocols()

    def go_on(self):
        """From the switchover."""
        self.source.qmp.execute("migrate-continue", state=SWITCHOVER)

    def check_protocols(self):
        """Under way each device is driven by the protocol that its QEMU speaks."""
        self.protocols = _protocol(self.source), self.destination_protocol()

    def check_early(self):
        """While RAM is sent; not every device is in a migration by then."""
        if self.source.qemu.has_pre_copy(self.source.host):
            self.source.vf.wait_state("pre-copy")
            _protocol(self.source)
        else:
            self.source.vf.wait_state("running")
        self.destination_protocol()

    def destination_protocol(self):
        # The source may be ahead by what fits into the sockets between them.
        self.destination.vf.wait_state("resuming", LOAD_BEGINS_LIMIT)
        return _protocol(self.destination)

    def hand_over(self):
        """After completion: the source is gone, the guest is the destination."""
        if not self.destination.running():
            self.destination.qmp.wait(["RESUME"], COMPLETION_LIMIT)
        return self._replace_source()

    def hand_over_paused(self):
        """The same of a guest that was paused, and so is at the destination."""
        self.destination.qmp.wait_migration(["completed"], COMPLETION_LIMIT)
        return self._replace_source()

    def _replace_source(self):
        self.destination.agent.continue_after(self.source.agent)
        self.figures = self.source.qmp.execute("query-migrate")
        self.source.quit()
        return self.destination

    def events(self):
        """(time, who, what) of all that both QEMUs said, in order."""
        told = []
        for vm, start, who in ((self.source, self._from[0], "source"),
                               (self.destination, self._from[1], "destination")):
            ahead = vm.host.clock_ahead()
            for event in vm.qmp.history[start:]:
                what = event["data"]["status"] if event["event"] == "MIGRATION" \
                    else event["event"].lower()
                told.append((event["time"] - ahead, who, what))
        return sorted(told)
