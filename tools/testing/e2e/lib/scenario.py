# SPDX-License-Identifier: GPL-2.0-only
"""
What a module's SCENARIOS are. Those that show the same on every kernel cost time
on one only, unless they are asked for by a word.
"""

from typing import Callable, NamedTuple, Tuple

from .settings import KERNEL, STANDARD
from .tap import Skip


# With an emulated virtio owner, "6.1 draft" too.
PLACES = {KERNEL, f"{KERNEL} {STANDARD}"}


class Scenario(NamedTuple):
    name: str
    play: Callable
    # Those that it runs on when nobody has asked for it; none: on each.
    kernels: Tuple[str, ...] = ()

    def run(self, bench, asked):
        if self.kernels and not PLACES.intersection(self.kernels) and not asked:
            raise Skip(f"on {' and '.join(self.kernels)} only, unless asked for: no kernel changes it")
        self.play(bench)


def only_on(kernels, scenarios):
    return [Scenario(name, play, tuple(kernels)) for name, play in scenarios]
