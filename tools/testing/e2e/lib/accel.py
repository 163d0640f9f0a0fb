# SPDX-License-Identifier: GPL-2.0-only
"""
What guests run under: KVM if every host VM boots a guest with it, else QEMU's
emulator. It is one for all, because a guest cannot move from one to the other.
"""

import os

from .host import HERE
from .settings import GUEST_ACCEL

KVM, TCG = "kvm", "tcg"
PROBE = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../../guest/probe-kvm"))

_chosen = None


class Accel:
    def __init__(self, name, reason):
        self.name = name
        self._reason = reason

    def __str__(self):
        under = {KVM: "KVM, in the host VM", TCG: "QEMU's emulator (TCG)"}[self.name]
        return f"guests run under {under}: {self._reason}"


def choose(*hosts):
    """By what all of the hosts have."""
    global _chosen
    name, reason = KVM, "one boots with it"
    for host in hosts:
        name, _, why = host.run(PROBE).strip().partition(" ")
        if name != KVM:
            reason = f"{why}{host.name}"
            break
    if GUEST_ACCEL:
        name, reason = GUEST_ACCEL, "VFMIG_GUEST_ACCEL says so"
    _chosen = Accel(name, reason)


def accel():
    if not _chosen:
        choose(HERE)
    return _chosen
