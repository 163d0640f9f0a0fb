# SPDX-License-Identifier: GPL-2.0-only
"""The demonstration, as it is shown to people."""

import subprocess

from lib.tap import Tap, expect
from lib.vfs import project_dir

PROGRAM = "tools/demo/in-l1"


def as_shown(bench):
    bench.drop_guest()
    with subprocess.Popen([f"{project_dir()}/{PROGRAM}"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as demo:
        for line in demo.stdout:
            Tap.note(line.rstrip())
    expect(demo.returncode == 0, f"the demonstration ended with status {demo.returncode}")


SCENARIOS = [
    ("demo: A to B to A, under load", as_shown),
]
