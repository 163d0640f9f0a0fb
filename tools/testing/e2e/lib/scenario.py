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
# In the place of a kernel's name.
REQUEST = "request"


class Scenario(NamedTuple):
    name: str
    play: Callable
    # Those that it runs on when nobody has asked for it; none: on each.
    kernels: Tuple[str, ...] = ()

    def run(self, bench, asked):
        if self.kernels and not PLACES.intersection(self.kernels) and not asked:
            raise Skip(f"on {' and '.join(self.kernels)} only, unless asked for: {self._why()}")
        self.play(bench)

    def _why(self):
        return "others are of its kind" if REQUEST in self.kernels else "no kernel changes it"


def only_on(kernels, scenarios):
    return [Scenario(name, play, tuple(kernels)) for name, play in scenarios]


def sifted(words, scenarios):
    """
    @words has some for each kernel: on that those run whose names have one of them. What
    remains is on request: it takes minutes, and others are of its kind.
    """
    def kernels_of(name):
        return [kernel for kernel, some in words.items() if any(word in name for word in some)] or [REQUEST]

    for word in (word for some in words.values() for word in some):
        assert any(word in name for name, _ in scenarios), f"no scenario has {word!r} in its name"
    return [entry for scenario in scenarios for entry in only_on(kernels_of(scenario[0]), [scenario])]
