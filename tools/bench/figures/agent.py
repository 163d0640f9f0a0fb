# SPDX-License-Identifier: GPL-2.0-only
"""
What the program measures of a function that an agent saves and loads, whose state is
a file in memory, beside the agent's plugin alone, with a file of its own. All of it on
one CPU, and then on all: there a request wakes another CPU, and its reply this one.
"""

import json
import os
import subprocess

from lib import vfs
from lib.host import HERE, RUN_DIR
from lib.oob import MEMBER_DRIVER, PLUGIN, Agent, install
from lib.settings import KERNEL
from show.rows import OUT

FILE = PLUGIN.replace("soc.so", "file.so")
SIZE = 256 << 20
REPETITIONS, FULL_REPETITIONS = 9, 25
DIR = f"{RUN_DIR}/state"
ITS_USER = "nobody"


class FileAgent(Agent):
    """Its plugin's device is a file."""

    def settings(self):
        return ["--plugin", FILE, "--arg", f"{DIR}/agent", "--network", "no"]


def _write_states():
    os.makedirs(DIR)
    for name in "agent", "alone":
        with open(f"{DIR}/{name}", "wb") as file:
            for _ in range(SIZE >> 20):
                file.write(os.urandom(1 << 20))
    HERE.run("chown", "-R", f"{ITS_USER}:", DIR)


def _measure(writer, full, vf, cpus):
    # The agent and the program inherit it.
    os.sched_setaffinity(0, cpus)
    agent = FileAgent(vf)
    argv = [f"{OUT}/{KERNEL}/vfmig-bench", "--sizes", str(SIZE),
            "--repetitions", str(FULL_REPETITIONS if full else REPETITIONS)]
    argv += os.environ.get("BENCH_OPTIONS", "").split()
    argv += ["--figures", "agent", "--plugin", FILE, "--arg", f"{DIR}/alone", vf.address]
    with subprocess.Popen(argv, text=True, stdout=subprocess.PIPE) as program:
        for line in program.stdout:
            writer.row(cpus=len(cpus), **json.loads(line))
    if program.returncode:
        raise RuntimeError(f"vfmig-bench ended with status {program.returncode}, "
                           f"{vf.complaint()}; the agent: {agent.said()[-500:]}")
    agent.stop()


def measure(writer, full):
    vfs.load_modules("oob")
    vf = vfs.Vf(0)
    vf.bind(MEMBER_DRIVER)
    install(FILE)
    _write_states()
    every = os.sched_getaffinity(0)
    for cpus in {min(every)}, every:
        _measure(writer, full, vf, cpus)
