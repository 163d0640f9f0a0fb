# SPDX-License-Identifier: GPL-2.0-only
"""A file that QEMU keeps snapshots of its guest in, as a disk that is nobody's."""

import os

JOB = "disk"
JOB_LIMIT = 120


def _run(vm, command, **arguments):
    vm.qmp.execute(command, job_id=JOB, **arguments)
    vm.qmp.wait(["JOB_STATUS_CHANGE"], JOB_LIMIT,
                lambda event: event["data"]["status"] == "concluded")
    complaint = [job["error"] for job in vm.qmp.execute("query-jobs") if "error" in job]
    vm.qmp.execute("job-dismiss", id=JOB)
    if complaint:
        raise RuntimeError(f"{command}: {complaint[0]}")


class SnapshotFile:
    """Of nobody's: the guest does not see it."""

    def __init__(self, vm, path):
        self._vm = vm
        self.path = path
        if os.path.exists(path):
            os.unlink(path)
        file, disk = "disk-file", "disk"
        _run(vm, "blockdev-create", options={"driver": "file", "filename": path, "size": 0})
        vm.qmp.execute("blockdev-add", driver="file", node_name=file, filename=path)
        _run(vm, "blockdev-create", options={"driver": "qcow2", "file": file, "size": 1 << 20})
        vm.qmp.execute("blockdev-add", driver="qcow2", node_name=disk, file=file)

    def save(self, name):
        """The guest goes on."""
        self._vm.command(f"savevm {name}")

    def load(self, name):
        """Into the same QEMU; the guest goes on if it ran."""
        self._vm.command(f"loadvm {name}")

    def remove(self):
        os.unlink(self.path)
