# SPDX-License-Identifier: GPL-2.0-only
"""What the guest itself knows of its network card, and what must not change."""

import re

from .linux_guest import INTERFACE

_card_messages = re.compile(rf"igbvf|\b{INTERFACE}\b|NETDEV WATCHDOG|pcieport")
KERNEL_TROUBLE = re.compile(r"BUG:|WARNING:|Oops|Call Trace|I/O error")
# No counter can grow by this much in a test, but a 32-bit one that wrongly
# began anew looks to igbvf as if it had wrapped.
LEAP = 1 << 31


class Observation:
    def __init__(self, agent):
        self.card = agent.ask(f"netdev {INTERFACE}")
        self.messages = agent.ask("log")["messages"]

    def counters(self):
        for where in ("kernel", "driver"):
            for name, value in self.card[where].items():
                yield f"{where}'s {name}", int(value)


def complaints(before, after):
    """What a user of the guest would have noticed besides the pause."""
    found = []
    if after.card["carrier"] != "1":
        found.append("the guest's link is down")
    if after.card["carrier_changes"] != before.card["carrier_changes"]:
        found.append("the guest's link went down and came back: carrier_changes "
                     f"{before.card['carrier_changes']} to {after.card['carrier_changes']}")
    for what in ("ifindex", "address"):
        if after.card[what] != before.card[what]:
            found.append(f"the interface's {what} changed: "
                         f"{before.card[what]} to {after.card[what]}")
    for message in after.messages:
        if _card_messages.search(message):
            found.append(f"the guest's driver spoke: {message}")
        elif KERNEL_TROUBLE.search(message):
            found.append(f"the guest's kernel is in trouble: {message}")
    earlier = dict(before.counters())
    for name, value in after.counters():
        was = earlier.get(name, 0)
        if value < was:
            found.append(f"the {name} ran backwards: {was} to {value}")
        elif value - was > LEAP:
            found.append(f"the {name} leapt: {was} to {value}")
    return found
