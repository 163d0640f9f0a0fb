# SPDX-License-Identifier: GPL-2.0-only
"""A paused guest's state goes to a file, and comes back from it elsewhere."""

import os

from lib import linux_guest
from lib.bench import Undisturbed
from lib.saving import load_from_file, save_to_file
from lib.scenario import only_on
from lib.tap import expect

PATH = "/tmp/vfmig-saved"


def saved_and_loaded(bench):
    with Undisturbed(bench):
        target = bench.other_vf()
        source = bench.guest
        save_to_file(source, PATH)
        try:
            expect(not source.running(), "the guest runs on while it is in a file")
            source.quit()
            bench.guest = linux_guest.new_qemu(target)
            bench.guest.agent.continue_after(source.agent)
            load_from_file(bench.guest, PATH)
            expect(not bench.guest.running(), "the guest was paused and now runs")
            bench.guest.qmp.execute("cont")
        finally:
            os.unlink(PATH)


# What a file is to QEMU no kernel changes, and newer QEMUs have theirs: features.py.
SCENARIOS = only_on(["6.1"], [
    ("saved: to a file, and back from it on the other VF", saved_and_loaded),
])
