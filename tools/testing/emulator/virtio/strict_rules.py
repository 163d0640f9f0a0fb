# SPDX-License-Identifier: GPL-2.0-only
"""The two rules of virtio 1.4 that Linux does not keep, and a strict owner enforces."""

import struct

from bed import EINVAL, GROUP, OPCODE
from parts_rules import CAP_LIST, LIST_QUERY, LIST_USE, MODE_SET, ok

OF_MEMBERS = 0x3fc03
OF_SELF = 0x383


def without_vfs(bed):
    """with VF Enable clear every command of the SR-IOV group fails"""
    bed.owner.restart()
    for opcode in (LIST_QUERY, LIST_USE, MODE_SET):
        assert bed.owner.ask(opcode, 1).why() == (EINVAL, GROUP)
    ok(bed.owner.ask(LIST_QUERY, group=0))


def own_lists(bed):
    """each group has a list of its own, and only what it names is done"""
    bed.enable_vfs()
    bed.owner.restart()
    assert struct.unpack("<Q", ok(bed.owner.ask(LIST_QUERY)).result)[0] == OF_MEMBERS
    assert struct.unpack("<Q", ok(bed.owner.ask(LIST_QUERY, group=0)).result)[0] == OF_SELF
    ok(bed.owner.ask(LIST_USE, data=struct.pack("<Q", OF_MEMBERS)))
    ok(bed.owner.ask(MODE_SET, 1, b"\0"))
    assert bed.owner.ask(CAP_LIST, group=0).why() == (EINVAL, OPCODE)
    ok(bed.owner.ask(LIST_USE, data=struct.pack("<Q", OF_SELF), group=0))
    ok(bed.owner.ask(CAP_LIST, group=0))


TESTS = [without_vfs, own_lists]
