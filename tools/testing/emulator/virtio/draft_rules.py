# SPDX-License-Identifier: GPL-2.0-only
"""What the draft says of its seven commands, asked of the emulated owner."""

import struct
import time

from lib import trouble as t
from bed import COMMAND, EINVAL, FIELD, GROUP, MEMBER, OPCODE, QUEUES
from driver import NEEDS_RESET, NoAnswer

LIST_QUERY, LIST_USE = 0, 1
MODE_GET, MODE_SET, SIZE_GET, READ, WRITE, FIELDS_QUERY, DISCARD = range(7, 14)
ACTIVE, STOP, FREEZE = range(3)
OPCODES = 0x3f83
HEAD = struct.Struct("<H6xQ")
COMMON, VQ_CONFIG, INDICES, IN_FLIGHT, DEV_CONFIG, EXTRA = 0x102, 0x103, 0x104, 0x105, 0x106, 0x1000
ISR, QUEUE_INTERRUPT = 0x1000, 1


def ok(answer):
    assert answer.why() == (0, 0), answer.why()
    return answer


def set_mode(bed, member, mode):
    return bed.owner.ask(MODE_SET, member, bytes([mode])).why()


def mode(bed, member):
    answer = ok(bed.owner.ask(MODE_GET, member))
    assert answer.used == 9
    return answer.result[0]


def size(bed, member, freeze=0):
    return struct.unpack("<Q", ok(bed.owner.ask(SIZE_GET, member, bytes([freeze]))).result)[0]


def read_all(bed, member, room=4096):
    context = b""
    while True:
        answer = ok(bed.owner.ask(READ, member, room=room))
        assert answer.output == len(answer.result)
        if not answer.output:
            return context
        context += answer.result


def fields(context):
    found = []
    while context:
        kind, length = HEAD.unpack_from(context)
        found.append((kind, context[16:16 + length]))
        context = context[16 + length:]
    return found


def write_all(bed, member, context, piece=100):
    for at in range(0, len(context), piece):
        ok(bed.owner.ask(WRITE, member, context[at:at + piece]))


def fresh(bed):
    """Whatever the test before has left."""
    bed.trouble.set("reset", 1)
    bed.owner.restart()
    ok(bed.owner.ask(LIST_USE, data=struct.pack("<Q", OPCODES)))
    for member in (1, 2):
        ok(bed.owner.ask(DISCARD, member))
        assert set_mode(bed, member, ACTIVE) == (0, 0)
        bed.disks[member - 1].start(0)


def lists(bed):
    """the list has the draft's commands, and only what LIST_USE names is done"""
    bed.owner.restart()
    assert bed.trouble.get("standard") == 0
    answer = ok(bed.owner.ask(LIST_QUERY))
    assert struct.unpack("<Q", answer.result)[0] == OPCODES and answer.used == 16
    assert bed.owner.ask(MODE_GET, 1).why() == (EINVAL, OPCODE)
    assert bed.owner.ask(LIST_USE, data=struct.pack("<Q", 1 << 14)).why() == (EINVAL, FIELD)
    ok(bed.owner.ask(LIST_USE, data=struct.pack("<Q", 0x83)))
    ok(bed.owner.ask(MODE_GET, 1))
    assert bed.owner.ask(READ, 1).why() == (EINVAL, OPCODE)


def checks(bed):
    """group, opcode and member are checked in this order"""
    fresh(bed)
    assert bed.owner.ask(0x7fff, 99, group=0).why() == (EINVAL, GROUP)
    assert bed.owner.ask(MODE_GET, 1, group=2).why() == (EINVAL, GROUP)
    assert bed.owner.ask(0xe, 99).why() == (EINVAL, OPCODE)
    assert bed.owner.ask(0x8007, 1).why() == (EINVAL, OPCODE)
    for member in (0, 3, 1 << 40):
        assert bed.owner.ask(MODE_GET, member).why() == (EINVAL, MEMBER)


def lengths(bed):
    """missing input reads as zero, missing room cuts the answer, the used length is exact"""
    fresh(bed)
    assert bed.owner.ask(0, raw=b"\0\0").why() == (EINVAL, GROUP)
    assert bed.owner.ask(MODE_SET, 1).why() == (0, 0)
    answer = bed.owner.ask(SIZE_GET, 1, room=3)
    assert answer.why() == (0, 0) and answer.used == 11
    ok(bed.owner.ask(MODE_GET, 1, data=bytes(500), room=500))
    ok(bed.owner.ask(MODE_GET, 1, indirect=False))


def modes(bed):
    """a mode is what was set; one that is none is refused, and the mode stays"""
    fresh(bed)
    for wanted in (STOP, FREEZE, STOP, ACTIVE, FREEZE):
        assert set_mode(bed, 1, wanted) == (0, 0) and mode(bed, 1) == wanted
        assert bed.trouble.last_data(MODE_SET) == wanted
    assert mode(bed, 2) == ACTIVE
    assert set_mode(bed, 1, 3) == (EINVAL, FIELD) and mode(bed, 1) == FREEZE


def reading(bed):
    """what is read is cleared; the size is what is left; a discard brings all of it back"""
    fresh(bed)
    estimate = size(bed, 1)
    assert estimate == size(bed, 1)
    whole = read_all(bed, 1)
    assert len(whole) == estimate and size(bed, 1) == 0 and size(bed, 1, 1) == 0
    assert read_all(bed, 1) == b""
    ok(bed.owner.ask(DISCARD, 1))
    first = ok(bed.owner.ask(READ, 1, room=37)).result
    assert first == whole[:37] and size(bed, 1) == len(whole) - 37
    ok(bed.owner.ask(DISCARD, 1))
    assert read_all(bed, 1, room=50) == whole
    assert bed.owner.ask(SIZE_GET, 1, b"\2").why() == (EINVAL, FIELD)


def supported(bed):
    """the fields that are supported are those of a context"""
    fresh(bed)
    answer = ok(bed.owner.ask(FIELDS_QUERY, 1)).result
    kinds = [HEAD.unpack_from(answer, at)[0] for at in range(0, len(answer), 16)]
    assert sorted({kind for kind, _ in fields(read_all(bed, 1))}) == sorted(kinds)
    assert ok(bed.owner.ask(FIELDS_QUERY, 1, room=20)).used == 28


def dirt(bed):
    """a request makes new context, of what it has changed: the ISR too, but only once"""
    fresh(bed)
    read_all(bed, 1)
    for changed in {COMMON, INDICES, IN_FLIGHT}, {INDICES, IN_FLIGHT}:
        bed.disks[0].write(3, b"d" * 512)
        assert size(bed, 1) > 0
        assert {kind for kind, _ in fields(read_all(bed, 1))} == changed


def interrupt(bed):
    """an interrupt that the driver has not seen yet moves with the context"""
    fresh(bed)
    source, target = bed.disks
    before = read_all(bed, 1)
    source.write(3, b"i" * 512)
    set_mode(bed, 1, FREEZE)
    set_mode(bed, 2, FREEZE)
    write_all(bed, 2, before + read_all(bed, 1))
    # On resume the target makes another one.
    assert set_mode(bed, 2, STOP) == (0, 0)
    assert target.registers.read(ISR, 1) == QUEUE_INTERRUPT
    assert target.registers.read(ISR, 1) == 0


def only_in_freeze(bed):
    """a context is written in Freeze only"""
    fresh(bed)
    for other in (ACTIVE, STOP):
        set_mode(bed, 1, other)
        assert bed.owner.ask(WRITE, 1, b"x").why() == (EINVAL, COMMAND)


def stopped(bed):
    """a stopped member does no DMA, and makes up for it"""
    fresh(bed)
    set_mode(bed, 1, STOP)
    disk = bed.disks[0]
    disk.ask(1, 5, b"s" * 512)
    try:
        disk.queues[0].wait(0.3)
        assert False, "it was done"
    except NoAnswer:
        pass
    set_mode(bed, 1, ACTIVE)
    disk.queues[0].wait()
    assert disk.read(5) == b"s" * 512 and disk.read(5, indirect=True) == b"s" * 512


def frozen(bed):
    """in Freeze nothing changes by what is written to the registers"""
    fresh(bed)
    set_mode(bed, 1, FREEZE)
    read_all(bed, 1)
    bed.disks[0].registers.write(22, 7, 2)
    bed.disks[0].registers.write(20, 0, 1)
    assert bed.disks[0].status() == 0xf and size(bed, 1) == 0


def moves(bed):
    """a request in flight moves with its context, and is done by the other member"""
    fresh(bed)
    source, target = bed.disks
    source.write(7, b"0" * 512)
    bed.trouble.set("request_delay", 60000)
    source.ask(1, 7, b"1" * 512)
    assert bed.trouble.get("in_flight", 1) == 1
    before = read_all(bed, 1)
    set_mode(bed, 1, STOP)
    set_mode(bed, 1, FREEZE)
    final = read_all(bed, 1)
    assert len(dict(fields(before))[IN_FLIGHT]) == 4
    set_mode(bed, 2, FREEZE)
    write_all(bed, 2, before + final)
    bed.trouble.set("request_delay", 0)
    assert set_mode(bed, 2, STOP) == (0, 0) and bed.trouble.get("in_flight", 2) == 1
    assert set_mode(bed, 2, ACTIVE) == (0, 0)
    source.queues[0].wait()
    assert source.status_byte() == 0 and bed.trouble.get("in_flight", 2) == 0
    # The rings are the source's, at the target.
    target.queues = source.queues
    source.queues[0]._notify = target.registers
    assert target.read(7) == b"1" * 512
    source.queues[0]._notify = source.registers


def queues(bed):
    """each queue has fields of its own: a request in flight goes on in that which it was in"""
    fresh(bed)
    source, target = bed.disks
    source.start(0, 1)
    for i in range(3):
        source.write(40 + i, bytes([i]) * 512)
    bed.trouble.set("request_delay", 60000)
    source.ask(1, 43, b"q" * 512, queue=1)
    set_mode(bed, 1, FREEZE)
    whole = read_all(bed, 1)
    found = [value for kind, value in fields(whole) if kind == INDICES]
    assert found == [struct.pack("<HHHH", 0, 3, 3, 0), struct.pack("<HHHH", 1, 1, 0, 0)]
    assert sum(kind == VQ_CONFIG for kind, _ in fields(whole)) == QUEUES
    set_mode(bed, 2, FREEZE)
    write_all(bed, 2, whole)
    bed.trouble.set("request_delay", 0)
    assert set_mode(bed, 2, ACTIVE) == (0, 0)
    source.queues[1].wait()
    assert source.status_byte() == 0 and source.queues[0].used() == 3
    for queue in source.queues:
        queue._notify = target.registers
    assert source.read(43) == b"q" * 512


def bad_contexts(bed):
    """a torn or wrong context does not leave Freeze; it is as if never written when discarded"""
    fresh(bed)
    whole = read_all(bed, 1)
    parts = fields(whole)

    def joined(some):
        return b"".join(HEAD.pack(kind, len(value)) + value for kind, value in some)

    wrong = [whole[:-1], whole[:5], whole + b"x", joined(parts[:-1]), joined(parts[1:]),
             joined(parts + [(0x4242, b"1234")]), joined(parts[:1] + [(0x101, b"123")] + parts[2:]),
             joined([(0x100, bytes(8))] + parts[1:]), joined(parts[:1] + [(0x101, b"\xff" * 8)] + parts[2:]),
             joined([(kind, bytes(len(value)) if kind == DEV_CONFIG else value) for kind, value in parts]),
             joined(part for part in parts if part[1][:2] != b"\1\0" or part[0] != VQ_CONFIG),
             HEAD.pack(0x100, 1 << 60) + whole]
    set_mode(bed, 2, FREEZE)
    before = read_all(bed, 2)
    for context in wrong:
        write_all(bed, 2, context)
        for other in (STOP, ACTIVE):
            assert set_mode(bed, 2, other) == (EINVAL, FIELD), context
        assert mode(bed, 2) == FREEZE
        ok(bed.owner.ask(DISCARD, 2))
        assert read_all(bed, 2) == before
    assert set_mode(bed, 2, ACTIVE) == (0, 0)


def flr(bed):
    """a mode outlasts the member's FLR, and so does what was written; its state does not"""
    fresh(bed)
    set_mode(bed, 1, FREEZE)
    flrs = bed.trouble.get("flrs", 1)
    bed.disks[0].function.reset()
    assert bed.trouble.get("flrs", 1) > flrs
    assert mode(bed, 1) == FREEZE and bed.disks[0].status() == 0
    ok(bed.owner.ask(WRITE, 1, b"torn"))
    bed.disks[0].function.reset()
    assert set_mode(bed, 1, ACTIVE) == (EINVAL, FIELD)


def extra(bed):
    """extra context that is loaded is there until the member's FLR"""
    fresh(bed)
    bed.trouble.set("extra", 1000)
    whole, own = read_all(bed, 1), dict(fields(read_all(bed, 2)))[EXTRA]
    set_mode(bed, 2, FREEZE)
    write_all(bed, 2, whole)
    assert set_mode(bed, 2, STOP) == (0, 0)
    assert read_all(bed, 2) == whole
    bed.disks[1].function.reset()
    assert dict(fields(read_all(bed, 2)))[EXTRA] == own
    bed.trouble.set("extra", 0)


def misbehaves(bed):
    """the device fails, is late, lies about the length, and answers never when it is told to"""
    fresh(bed)
    bed.trouble.meets(t.FAIL, MODE_GET, 11 | 7 << 16, skip=1, times=2)
    assert [bed.owner.ask(MODE_GET, 1).why() for _ in range(4)] == [(0, 0), (11, 7), (11, 7), (0, 0)]
    bed.trouble.meets(t.FAIL, MODE_GET, 16, member=2)
    assert mode(bed, 1) == 0 and bed.owner.ask(MODE_GET, 2).why() == (16, 0)
    bed.trouble.meets(t.LATE, MODE_GET, 500)
    begun = time.monotonic()
    assert mode(bed, 1) == 0 and time.monotonic() - begun > 0.4
    bed.trouble.meets(t.SHORT, MODE_GET, 1)
    assert bed.owner.ask(MODE_GET, 1).used == 8
    bed.trouble.meets(t.LONG, MODE_GET, 1 << 20)
    assert bed.owner.ask(MODE_GET, 1).used == 9 + (1 << 20)
    bed.trouble.meets(t.BAD_BYTE, MODE_GET, 0)
    assert ok(bed.owner.ask(MODE_GET, 1)).result == b"\xff"
    for what in (t.NEVER, t.LOST):
        fresh(bed)
        bed.trouble.meets(what, MODE_SET)
        try:
            bed.owner.ask(MODE_SET, 1, b"\1", seconds=0.5)
            assert False, "it has answered"
        except NoAnswer:
            pass
        assert mode_after_restart(bed) == (STOP if what == t.LOST else ACTIVE)


def mode_after_restart(bed):
    """Members are not touched by a reset of the owner."""
    bed.owner.restart()
    ok(bed.owner.ask(LIST_USE, data=struct.pack("<Q", OPCODES)))
    return mode(bed, 1)


def grows(bed):
    """a context that grows while it is read has more at its end, which a load ignores"""
    fresh(bed)
    bed.trouble.meets(t.GROWS, READ, 1000, skip=1, times=2)
    whole = read_all(bed, 1, room=64)
    fillers = [value for kind, value in fields(whole) if kind == 0x1001]
    assert len(fillers) in (1, 2) and len(fillers[0]) == 1000
    set_mode(bed, 2, FREEZE)
    write_all(bed, 2, whole)
    assert set_mode(bed, 2, ACTIVE) == (0, 0)


def dies(bed):
    """the owner needs a reset, or is gone, when it is told to; its members go on"""
    for what in (t.NEEDS_RESET, t.GONE):
        fresh(bed)
        bed.trouble.meets(what, READ, skip=1)
        ok(bed.owner.ask(READ, 1, room=10))
        try:
            bed.owner.ask(READ, 1, room=10, seconds=0.5)
            assert False, "it has answered"
        except NoAnswer:
            pass
        assert bed.owner.status() & NEEDS_RESET
        if what == t.GONE:
            assert bed.owner.status() == 0xff
        bed.disks[0].write(1, b"g" * 512)
    fresh(bed)
    assert bed.owner.status() == 0xf


TESTS = [lists, checks, lengths, modes, reading, supported, dirt, interrupt, only_in_freeze,
         stopped, frozen, moves, queues, bad_contexts, flr, extra, misbehaves, grows, dies]
