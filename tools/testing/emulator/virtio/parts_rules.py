# SPDX-License-Identifier: GPL-2.0-only
"""What virtio 1.4 says of capabilities, objects and device parts, asked of the emulated owner."""

import struct

from lib import trouble as t
from bed import COMMAND, EBUSY, EEXIST, EINVAL, ENOMEM, ENOSPC, ENXIO, FIELD, GROUP, MEMBER, \
    NORESOURCE, OPCODE, QUEUES
from driver import NoAnswer

LIST_QUERY, LIST_USE = 0, 1
CAP_LIST, CAP_GET, CAP_SET = 7, 8, 9
CREATE, MODIFY, QUERY, DESTROY = 0xa, 0xb, 0xc, 0xd
METADATA, GET, SET, MODE_SET = 0xe, 0xf, 0x10, 0x11
TO_GET, TO_SET = 0, 1
SIZE, COUNT, LIST = 0, 1, 2
SELECTED, ALL = 0, 1
OPCODES = 0x3ff83
HEAD = struct.Struct("<HBx8sI")
LIMIT = 16


def ok(answer):
    assert answer.why() == (0, 0), answer.why()
    return answer


def obj(number, kind=0):
    return struct.pack("<HxxI", kind, number)


def typed(value):
    return struct.pack("<B7x", value)


def create(bed, member, number, what=TO_GET):
    return bed.owner.ask(CREATE, member, obj(number) + bytes(8) + typed(what)).why()


def destroy(bed, member, number):
    return bed.owner.ask(DESTROY, member, obj(number)).why()


def get_all(bed, member, number=0):
    return ok(bed.owner.ask(GET, member, obj(number) + typed(ALL))).result


def put(bed, member, data, number=1):
    return bed.owner.ask(SET, member, obj(number) + data).why()


def stop(bed, member, flags):
    return bed.owner.ask(MODE_SET, member, bytes([flags])).why()


def parts_of(data):
    found = []
    while data:
        kind, flags, selector, length = HEAD.unpack_from(data)
        found.append((kind, flags, selector, data[16:16 + length]))
        data = data[16 + length:]
    return found


def joined(parts):
    return b"".join(HEAD.pack(kind, flags, selector, len(value)) + value
                    for kind, flags, selector, value in parts)


def set_cap(bed, get=LIMIT, put_limit=LIMIT):
    return bed.owner.ask(CAP_SET, data=struct.pack("<H6xBB", 0, get, put_limit), group=0).why()


def fresh(bed):
    bed.trouble.set("reset", 1)
    bed.owner.restart()
    ok(bed.owner.ask(LIST_USE, data=struct.pack("<Q", OPCODES)))
    assert set_cap(bed) == (0, 0)
    for member in (1, 2):
        assert stop(bed, member, 0) == (0, 0)
        bed.disks[member - 1].start(0)


def lists(bed):
    """the lists of the two groups, and that those of SR-IOV count for the group self"""
    bed.owner.restart()
    assert bed.trouble.get("standard") == 1
    assert struct.unpack("<Q", ok(bed.owner.ask(LIST_QUERY)).result)[0] == OPCODES
    assert struct.unpack("<Q", ok(bed.owner.ask(LIST_QUERY, group=0)).result)[0] == 0x383
    assert bed.owner.ask(CAP_LIST, group=0).why() == (EINVAL, OPCODE)
    ok(bed.owner.ask(LIST_USE, data=struct.pack("<Q", OPCODES)))
    assert ok(bed.owner.ask(CAP_LIST, group=0)).result == struct.pack("<Q", 1)


def checks(bed):
    """group, opcode and member are checked in this order"""
    fresh(bed)
    assert bed.owner.ask(0x7fff, 99, group=2).why() == (EINVAL, GROUP)
    assert bed.owner.ask(CAP_LIST, 1).why() == (EINVAL, GROUP)
    assert bed.owner.ask(MODE_SET, group=0).why() == (EINVAL, GROUP)
    assert bed.owner.ask(0x12, 99).why() == (EINVAL, OPCODE)
    assert bed.owner.ask(CAP_LIST, 1, group=0).why() == (EINVAL, MEMBER)
    for member in (0, 3):
        assert bed.owner.ask(MODE_SET, member).why() == (EINVAL, MEMBER)


def capability(bed):
    """the one capability, its limits, and that they hold for objects"""
    fresh(bed)
    cap_id = struct.pack("<H6x", 0)
    assert ok(bed.owner.ask(CAP_GET, data=cap_id, group=0)).result == bytes([LIMIT, LIMIT])
    assert bed.owner.ask(CAP_GET, data=b"\1", group=0).why() == (ENXIO, FIELD)
    assert set_cap(bed, LIMIT + 1) == (EINVAL, FIELD)
    assert create(bed, 1, LIMIT) == (EINVAL, FIELD)
    assert set_cap(bed, 2, 2) == (0, 0)
    assert create(bed, 1, 0) == (0, 0) and create(bed, 1, 1) == (0, 0)
    assert create(bed, 1, 2) == (EINVAL, FIELD)
    assert set_cap(bed, 1, 2) == (EBUSY, FIELD)
    assert destroy(bed, 1, 1) == (0, 0) and set_cap(bed, 1, 2) == (0, 0)
    assert destroy(bed, 1, 0) == (0, 0) and create(bed, 1, 1, TO_SET) == (0, 0)
    ok(bed.owner.ask(MODIFY, 1, obj(1) + bytes(8) + typed(TO_GET)))
    assert create(bed, 1, 0) == (ENOSPC, NORESOURCE)
    bed.owner.restart()
    ok(bed.owner.ask(LIST_USE, data=struct.pack("<Q", OPCODES)))
    assert bed.trouble.get("objects") == 0 and create(bed, 1, 0) == (EINVAL, FIELD)


def objects(bed):
    """an object is its member's, to get or to set, and its number is unique"""
    fresh(bed)
    assert create(bed, 1, 0) == (0, 0) and create(bed, 2, 0, TO_SET) == (EEXIST, FIELD)
    assert create(bed, 2, 1, TO_SET) == (0, 0)
    assert create(bed, 2, 2, 2) == (EINVAL, FIELD)
    assert bed.owner.ask(CREATE, 1, obj(3, 1) + bytes(16)).why() == (EINVAL, FIELD)
    assert destroy(bed, 2, 0) == (ENXIO, FIELD) and destroy(bed, 1, 5) == (ENXIO, FIELD)
    assert ok(bed.owner.ask(QUERY, 2, obj(1) + bytes(8))).result == typed(TO_SET)
    assert bed.owner.ask(METADATA, 2, obj(1) + typed(SIZE)).why() == (EINVAL, FIELD)
    ok(bed.owner.ask(MODIFY, 2, obj(1) + bytes(8) + typed(TO_GET)))
    ok(bed.owner.ask(METADATA, 2, obj(1) + typed(SIZE)))
    assert destroy(bed, 1, 0) == (0, 0) and destroy(bed, 1, 0) == (ENXIO, FIELD)
    assert create(bed, 2, 0) == (0, 0)


def metadata(bed):
    """size, count and list agree with the parts; too little room is an error"""
    fresh(bed)
    create(bed, 1, 0)
    data = get_all(bed, 1)
    parts = parts_of(data)
    assert [part[0] for part in parts] == \
        [0x100, 0x101] + [0x102] * 4 + [0x103] + [0x104] * QUEUES + [0x105] * QUEUES

    def value(kind, **options):
        return ok(bed.owner.ask(METADATA, 1, obj(0) + typed(kind), **options)).result

    assert struct.unpack("<II", value(SIZE)) == (len(data), 0)
    assert len(data) == 141 + QUEUES * 72
    assert struct.unpack("<II", value(COUNT)) == (len(parts), 0)
    listed = value(LIST)
    assert struct.unpack_from("<II", listed) == (len(parts), 0)
    assert listed[8:] == b"".join(HEAD.pack(k, f, s, len(v)) for k, f, s, v in parts)
    for kind, room in ((SIZE, 7), (LIST, len(listed) - 1)):
        answer = bed.owner.ask(METADATA, 1, obj(0) + typed(kind), room=room)
        assert answer.why() == (ENOMEM, NORESOURCE) and answer.used == 8
    assert bed.owner.ask(GET, 1, obj(0) + typed(ALL), room=len(data) - 1).why() == (ENOMEM, NORESOURCE)
    assert bed.owner.ask(METADATA, 1, obj(0) + typed(3)).why() == (EINVAL, FIELD)
    assert bed.owner.ask(GET, 1, obj(0) + typed(2)).why() == (EINVAL, FIELD)
    assert bed.owner.ask(GET, 1, obj(9) + typed(ALL)).why() == (ENXIO, FIELD)


def selected(bed):
    """parts that are selected come in the standard's order; what there is not is left out"""
    fresh(bed)
    create(bed, 1, 0)
    parts = parts_of(get_all(bed, 1))
    wanted = [parts[6], (0x300, 0, bytes(8), b""), parts[1]]
    heads = b"".join(HEAD.pack(k, 0, s, 0) for k, _, s, _ in wanted)
    found = ok(bed.owner.ask(GET, 1, obj(0) + typed(SELECTED) + heads)).result
    assert parts_of(found) == [parts[1], parts[6]]
    assert ok(bed.owner.ask(GET, 1, obj(0) + typed(SELECTED))).result == b""


def stopping(bed):
    """a member that stops has done its requests first, and does none while it is stopped"""
    fresh(bed)
    disk = bed.disks[0]
    bed.trouble.set("request_delay", 60000)
    disk.ask(1, 9, b"p" * 512)
    assert bed.trouble.get("in_flight", 1) == 1
    assert stop(bed, 1, 1) == (0, 0) and bed.trouble.get("in_flight", 1) == 0
    disk.queues[0].wait(0.1)
    bed.trouble.set("request_delay", 0)
    assert stop(bed, 1, 1) == (0, 0) and stop(bed, 1, 2) == (EINVAL, FIELD)
    disk.ask(0, 9)
    try:
        disk.queues[0].wait(0.3)
        assert False, "it was done"
    except NoAnswer:
        pass
    assert stop(bed, 1, 0) == (0, 0) and stop(bed, 1, 0) == (0, 0)
    disk.queues[0].wait()
    assert disk.read(9) == b"p" * 512


def setting(bed):
    """parts are set only when stopped, as a whole, in order, and take effect on resume"""
    fresh(bed)
    create(bed, 1, 0)
    create(bed, 2, 1, TO_SET)
    create(bed, 2, 2)
    data = get_all(bed, 1)
    parts = parts_of(data)
    assert put(bed, 2, data) == (EINVAL, COMMAND)
    stop(bed, 2, 1)
    before = get_all(bed, 2, 2)
    wrong = [data[:-1], data[:7], joined(parts[1:2] + parts[:1]), joined([parts[1][:3] + (b"123",)]),
             joined([(0x200, 0, bytes(8), b"12")]), joined([(0x101, 0, bytes(8), b"\xff" * 8)]),
             joined([(0x100, 1, bytes(8), bytes(8))]), joined([(0x104, 0, b"\7" + bytes(7), parts[7][3])])]
    for bad in wrong:
        assert put(bed, 2, bad) == (EINVAL, FIELD), bad
        assert get_all(bed, 2, 2) == before
    assert put(bed, 2, data, number=2) == (EINVAL, FIELD)
    assert put(bed, 2, data + joined([(0x200, 1, bytes(8), b"optional")])) == (0, 0)
    assert put(bed, 2, data) == (0, 0) and get_all(bed, 2, 2) == data
    assert destroy(bed, 2, 1) == (0, 0)


def moves(bed):
    """a member goes on where another one was, by the used ring's position"""
    fresh(bed)
    source, target = bed.disks
    for i in range(5):
        source.write(20 + i, bytes([i]) * 512)
    create(bed, 1, 0)
    create(bed, 2, 1, TO_SET)
    stop(bed, 1, 1)
    data = get_all(bed, 1)
    stop(bed, 2, 1)
    assert put(bed, 2, data) == (0, 0) and stop(bed, 2, 0) == (0, 0)
    assert bed.trouble.get("last_avail", 2) == 5 and bed.trouble.get("requests", 2) == 0
    target.queues = source.queues
    source.queues[0]._notify = target.registers
    assert target.read(23) == b"\3" * 512
    source.queues[0]._notify = source.registers


def flr(bed):
    """after an FLR a member runs, and its parts are the defaults"""
    fresh(bed)
    stop(bed, 1, 1)
    create(bed, 1, 0)
    bed.disks[0].function.reset()
    assert bed.trouble.get("mode", 1) == 0
    assert parts_of(get_all(bed, 1))[6][3] == b"\0"
    bed.disks[0].start(0).write(1, b"f" * 512)


def grows(bed):
    """a set that has grown since its size was asked for does not fit; the rest is optional"""
    fresh(bed)
    create(bed, 1, 0)
    bed.trouble.meets(t.GROWS, METADATA, 100)
    promised = struct.unpack("<II", ok(bed.owner.ask(METADATA, 1, obj(0) + typed(SIZE))).result)[0]
    assert bed.owner.ask(GET, 1, obj(0) + typed(ALL), room=promised).why() == (ENOMEM, NORESOURCE)
    grown = parts_of(get_all(bed, 1))
    assert grown[-1][:2] == (0x4ff, 1) and len(grown[-1][3]) == 100
    bed.trouble.set("reset", 1)
    assert parts_of(get_all(bed, 1)) == grown[:-1]


def extra(bed):
    """each VF has as much extra context as the window was told, up to a limit"""
    fresh(bed)
    create(bed, 1, 0)
    before = len(get_all(bed, 1))
    bed.trouble.set("extra", 1000)
    assert len(get_all(bed, 1)) == before + 16 + 1000
    bed.trouble.set("extra", 0xffffffff)
    assert bed.trouble.get("extra") == 1000
    bed.trouble.set("extra", 0)
    assert len(get_all(bed, 1)) == before


def extra_waits(bed):
    """extra context that is set waits for the resume, as all parts do, and ends with an FLR"""
    fresh(bed)
    bed.trouble.set("extra", 1000)
    create(bed, 1, 0)
    create(bed, 2, 1, TO_SET)
    create(bed, 2, 2)
    others, own = get_all(bed, 1), get_all(bed, 2, 2)[-1000:]
    assert others[-1000:] != own
    for is_resumed in (False, True):
        stop(bed, 2, 1)
        assert put(bed, 2, others) == (0, 0) and get_all(bed, 2, 2) == others
        if is_resumed:
            assert stop(bed, 2, 0) == (0, 0)
            assert get_all(bed, 2, 2)[-1000:] == others[-1000:]
        bed.disks[1].function.reset()
        assert get_all(bed, 2, 2)[-1000:] == own
    bed.trouble.set("extra", 0)


TESTS = [lists, checks, capability, objects, metadata, selected, stopping, setting, moves, flr, grows,
         extra, extra_waits]
