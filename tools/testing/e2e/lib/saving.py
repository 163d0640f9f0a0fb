# SPDX-License-Identifier: GPL-2.0-only
"""A guest's state into a file and out of it, as `virsh save` does it."""

from .migration import COMPLETION_LIMIT, PAUSED_MS


def save_to_file(vm, path):
    """The guest is paused, and stays so."""
    vm.qmp.execute("stop")
    vm.qmp.execute("migrate-set-capabilities",
                   capabilities=[{"capability": "events", "state": True},
                                 {"capability": "return-path", "state": False}])
    vm.qmp.execute("migrate-set-parameters", max_bandwidth=1 << 32,
                   downtime_limit=PAUSED_MS)
    vm.qmp.forget_events()
    vm.qmp.execute("migrate", uri=f"exec:cat >{path}")
    state = vm.qmp.wait_migration(["completed", "failed"], COMPLETION_LIMIT)
    if state != "completed":
        raise RuntimeError(f"saving {vm.name} {state}")


def load_from_file(vm, path):
    vm.qmp.execute("migrate-set-capabilities",
                   capabilities=[{"capability": "events", "state": True}])
    vm.qmp.execute("migrate-incoming", uri=f"exec:cat {path}")
    state = vm.qmp.wait_migration(["completed", "failed"], COMPLETION_LIMIT)
    if state != "completed":
        raise RuntimeError(f"loading {vm.name} {state}")
