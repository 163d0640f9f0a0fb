# SPDX-License-Identifier: GPL-2.0-only
"""
Guests that boot, one after the other: whether what they run under can be relied
upon. BOOTS says how many.
"""

import time

from lib.booted import boot
from lib.settings import BOOTS
from lib.tap import Tap


def one_after_the_other(bench):
    bench.drop_guest()
    took = []
    for number in range(1, BOOTS + 1):
        began = time.monotonic()
        vm = boot()
        vm.agent.ask("hello")
        vm.quit()
        vm.forget()
        took.append(time.monotonic() - began)
        if number % 10 == 0:
            Tap.note(f"{number} boots: {min(took):.1f} to {max(took):.1f} s")


SCENARIOS = [
    (f"boots: the Linux guest boots {BOOTS} times", one_after_the_other),
]
