# SPDX-License-Identifier: GPL-2.0-only
"""One migration between two QEMUs on this machine, straight or by a relay."""

from .vm import RUN_DIR

COMPLETION_LIMIT = 120
DOWNTIME_LIMIT_MS = 1000
# Below the 50 ms for which QEMU sends RAM in one go: only then has a device its
# turn before the guest is stopped (migration_iteration_run() in QEMU 7.2). A
# guest that is busy would never get that far.
EARLY_WORD_MS = 20
# For a paused guest QEMU 7.2 takes all RAM for dirty in every pass, as its VF
# does not run; only a limit above the time that all of it takes ends that.
PAUSED_MS = 600000
OVER = ["completed", "failed", "cancelled"]


class Migration:
    """Starts at once. With the return path, a failing load is the source's to know."""

    count = 0

    def __init__(self, source, destination, relay=None, bandwidth=1 << 32,
                 downtime_limit=DOWNTIME_LIMIT_MS):
        Migration.count += 1
        self.source = source
        self.destination = destination
        path = f"{RUN_DIR}/migration{Migration.count}"
        for vm in (source, destination):
            vm.qmp.execute("migrate-set-capabilities", capabilities=[
                {"capability": name, "state": True} for name in ("events", "return-path")])
        source.qmp.execute("migrate-set-parameters", max_bandwidth=bandwidth,
                           downtime_limit=downtime_limit)
        for vm in (source, destination):
            vm.qmp.forget_events()
        self._from = len(source.qmp.history), len(destination.qmp.history)
        destination.qmp.execute("migrate-incoming", uri=f"unix:{path}")
        if relay:
            relay.join(path, f"{path}.relay")
            path += ".relay"
        source.qmp.execute("migrate", uri=f"unix:{path}")

    def wait_active(self, limit=COMPLETION_LIMIT):
        self.source.qmp.wait_migration(["active"], limit)

    def cancel(self):
        self.source.qmp.execute("migrate_cancel")
        return self.wait()

    def wait(self, limit=COMPLETION_LIMIT):
        """How it ended, as the source says."""
        return self.source.qmp.wait_migration(OVER, limit)

    def hand_over(self):
        """After completion: the source is gone, the guest is the destination."""
        self.destination.agent.continue_after(self.source.agent)
        if not self.destination.running():
            self.destination.qmp.wait(["RESUME"], COMPLETION_LIMIT)
        self.figures = self.source.qmp.execute("query-migrate")
        self.source.quit()
        return self.destination

    def events(self):
        """(time, who, what) of all that both QEMUs said, in order."""
        told = []
        for vm, start, who in ((self.source, self._from[0], "source"),
                               (self.destination, self._from[1], "destination")):
            for event in vm.qmp.history[start:]:
                what = event["data"]["status"] if event["event"] == "MIGRATION" \
                    else event["event"].lower()
                told.append((event["time"], who, what))
        return sorted(told)
