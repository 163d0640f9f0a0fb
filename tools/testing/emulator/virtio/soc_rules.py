# SPDX-License-Identifier: GPL-2.0-only
"""An owner without an administration queue, whose VFs are saved and loaded by way of its SoC."""

import glob
import mmap
import os
import struct

from bed import DRIVER, STOCK_VF
from draft_rules import COMMON, EXTRA, HEAD, IN_FLIGHT, INDICES, fields
from driver import ADMIN_VQ, SR_IOV, NoAnswer
from soc import FINISH, GET_STATE, LOAD, MESSAGE, REPLY, REFUSED, RESUMING, RUNNING, SAVE, SAVING, Soc
from lib import vfs
from lib.virtio import PCI
from lib.waiting import until

DEVICE_FEATURE_SELECT, DEVICE_FEATURE, ADMIN_QUEUE_NUM = 0, 4, 62


def fresh(bed):
    """Whatever the test before has left: connections have ended, both VFs run."""
    bed.trouble.set("reset", 1)
    bed.trouble.set("request_delay", 0)
    for member, disk in enumerate(bed.disks, 1):
        await_disconnect(bed, member)
        disk.function.reset()
        disk.start(0)


def await_disconnect(bed, member):
    until(lambda: not bed.trouble.get("soc_is_connected", member), 10, f"the end of VF {member}'s connection")


def joined(some):
    return b"".join(HEAD.pack(kind, len(value)) + value for kind, value in some)


def does_nothing(disk, sector):
    disk.ask(1, sector, b"s" * 512)
    try:
        disk.queues[0].wait(0.3)
    except NoAnswer:
        return True
    return False


def has_none(bed):
    """neither PF nor VF has an administration queue, nor a feature that says so"""
    for function in bed.owner, bed.disks[0]:
        function.registers.write(DEVICE_FEATURE_SELECT, 1)
        offered = function.registers.read(DEVICE_FEATURE) << 32
        assert not offered & ADMIN_VQ
        assert bool(offered & SR_IOV) == (function is bed.owner)
        assert function.registers.read(ADMIN_QUEUE_NUM, 2) == 0


def stock(bed):
    """Linux's own driver has a VF of it as a disk"""
    vfs.Function(STOCK_VF).bind("virtio-pci")
    name = os.path.basename(until(lambda: glob.glob(f"{PCI}/{STOCK_VF}/virtio*/block/*"), 10,
                                  "a disk")[0])
    disk = os.open(f"/dev/{name}", os.O_RDWR | os.O_DIRECT)
    block = mmap.mmap(-1, 4096)
    block.write(b"linux" + bytes(4091))
    assert os.pwrite(disk, block, 64 << 10) == 4096
    os.close(disk)
    fresh(bed)
    # All functions have one image.
    assert bed.disks[0].read(128)[:5] == b"linux"
    vfs.Function(STOCK_VF).bind(DRIVER)


def states(bed):
    """a state is what was set; one that is none is ignored, and so are unknown bits"""
    fresh(bed)
    with Soc(1) as soc:
        assert soc.state() == RUNNING
        for state in RUNNING | SAVING, SAVING, 0, RUNNING, RESUMING, RUNNING:
            assert soc.set_state(state)
            assert bed.trouble.get("soc_state", 1) == state
        for state in RESUMING | RUNNING, RESUMING | SAVING, 7, 8 | RUNNING, 1 << 32 | RUNNING, 0x100:
            assert not soc.set_state(state) and soc.state() == RUNNING
    assert bed.trouble.get("soc_state", 2) == RUNNING


def stopped(bed):
    """a VF that is not running does nothing and does not change, and makes up for it"""
    disk = bed.disks[0]
    for state in 0, SAVING, RESUMING:
        fresh(bed)
        with Soc(1) as soc:
            assert soc.set_state(state)
            assert does_nothing(disk, 5)
            disk.registers.write(20, 0, 1)
            assert disk.status() == 0xf
            assert soc.set_state(RUNNING)
            disk.queues[0].wait()
            assert disk.read(5) == b"s" * 512


def pending(bed):
    """pending says exactly what save gives, in any pieces; asked again it says no less"""
    fresh(bed)
    with Soc(1) as soc:
        assert soc.pending() == 0
        soc.set_state(RUNNING | SAVING)
        size = soc.pending()
        assert size and soc.pending() == size
        whole = soc.save(1) + soc.save(size - 2)
        assert soc.pending() == 1
        whole += soc.save(1) + soc.save(0)
        assert soc.pending() == 0
        assert joined(fields(whole)) == whole
        # A save begins with all of it.
        soc.set_state(RUNNING)
        soc.set_state(RUNNING | SAVING)
        assert soc.save_all(50) == whole


def dirt(bed):
    """what a request changes is pending again, and no more once the VF has stopped"""
    fresh(bed)
    with Soc(1) as soc:
        soc.set_state(RUNNING | SAVING)
        soc.save_all()
        bed.disks[0].write(3, b"d" * 512)
        assert {kind for kind, _ in fields(soc.save_all())} == {COMMON, INDICES, IN_FLIGHT}
        bed.disks[0].write(3, b"e" * 512)
        assert soc.set_state(SAVING)
        assert {kind for kind, _ in fields(soc.save_all())} == {INDICES, IN_FLIGHT}
        assert does_nothing(bed.disks[0], 3) and soc.pending() == 0


def moves(bed):
    """a request in flight moves to another VF, and is done there; both have a connection"""
    fresh(bed)
    source, target = bed.disks
    source.write(7, b"0" * 512)
    bed.trouble.set("request_delay", 60000)
    source.ask(1, 7, b"1" * 512)
    with Soc(1) as save, Soc(2) as load:
        save.set_state(RUNNING | SAVING)
        context = save.save_all()
        assert len(dict(fields(context))[IN_FLIGHT]) == 4
        save.set_state(SAVING)
        context += save.save_all(100)
        save.set_state(0)
        save.send(FINISH)
        assert save.await_close() == b""
        load.set_state(RESUMING)
        load.load_all(context, 100)
        bed.trouble.set("request_delay", 0)
        assert load.set_state(RUNNING)
    source.queues[0].wait()
    assert source.status_byte() == 0 and bed.trouble.get("in_flight", 2) == 0
    # Only one of the two has done it, and the rings are the target's now.
    assert bed.trouble.get("writes", 1) == 1 and bed.trouble.get("writes", 2) == 1
    target.queues = source.queues
    source.queues[0]._notify = target.registers
    assert target.read(7) == b"1" * 512
    assert bed.trouble.get("soc_state", 1) == 0


def goes_on(bed):
    """a save that is given up leaves the VF as it was, a load that is given up too"""
    fresh(bed)
    with Soc(1) as soc:
        soc.set_state(RUNNING | SAVING)
        soc.save(soc.pending() // 2)
        soc.set_state(SAVING)
        assert soc.set_state(RUNNING)
        bed.disks[0].write(9, b"g" * 512)
        soc.set_state(RESUMING)
        assert soc.set_state(RUNNING)
        assert bed.disks[0].read(9) == b"g" * 512


def bad_ones():
    """Each from a whole one."""
    return [lambda whole: whole[:-1], lambda whole: whole[:5], lambda whole: whole + b"x",
            lambda whole: joined(fields(whole)[1:]),
            lambda whole: joined([(0x100, bytes(8))] + fields(whole)[1:]),
            lambda whole: joined(fields(whole) + [(0x4242, b"1234")])]


def whole_context(member):
    with Soc(member) as soc:
        soc.set_state(SAVING)
        whole = soc.save_all()
        soc.set_state(RUNNING)
    return whole


def bad_contexts(bed):
    """what cannot be loaded does not let the VF run: it is forgotten, the state says so"""
    fresh(bed)
    whole = whole_context(1)
    with Soc(2) as soc:
        for bad in bad_ones():
            soc.set_state(RESUMING)
            soc.load(bad(whole))
            assert not soc.set_state(RUNNING) and soc.state() == REFUSED, bad(whole)
            assert does_nothing(bed.disks[1], 2)
            assert soc.set_state(RUNNING)
            bed.disks[1].queues[0].wait()
            bed.disks[1].write(2, b"b" * 512)


def found_before(bed):
    """whether what was loaded can take effect is known before it does, and pieces may still come"""
    fresh(bed)
    whole = whole_context(1)
    with Soc(2) as soc:
        for bad in bad_ones():
            soc.set_state(RESUMING)
            soc.load(bad(whole))
            assert soc.state() == REFUSED and soc.state() == REFUSED, bad(whole)
            assert soc.pending() == 0 and not soc.set_state(RUNNING)
            assert soc.set_state(RESUMING)
            soc.load(whole[:9])
            assert soc.state() == REFUSED
            soc.load(whole[9:])
            assert soc.state() == RESUMING
            assert soc.set_state(RUNNING)


def kept(bed):
    """what was loaded stays if the VF is not let run by then: a save finds it, and it runs on from it"""
    fresh(bed)
    bed.trouble.set("extra", 64)
    whole = whole_context(1)
    for states in (0, SAVING), (SAVING,), (RUNNING | SAVING,), (0, RUNNING, SAVING):
        fresh(bed)
        with Soc(2) as soc:
            assert soc.set_state(RESUMING)
            soc.load(whole)
            for state in states:
                assert soc.set_state(state), states
            assert dict(fields(soc.save_all()))[EXTRA] == dict(fields(whole))[EXTRA], states
            assert soc.set_state(RUNNING)
    bed.trouble.set("extra", 0)


def refused_while_stopped(bed):
    """what cannot be loaded is refused by whatever state comes after the load"""
    fresh(bed)
    whole = whole_context(1)
    with Soc(2) as soc:
        for state in 0, SAVING, RUNNING | SAVING:
            assert soc.set_state(RESUMING)
            soc.load(whole[:-1])
            assert not soc.set_state(state) and soc.state() == REFUSED, state
            assert soc.set_state(RUNNING)


def rest(context):
    return [field for field in fields(context) if field[0] != COMMON]


def after_refusal(bed):
    """a VF whose load was refused can be saved, loaded anew, or told to run, but takes no more of it"""
    fresh(bed)
    whole, own = whole_context(1), whole_context(2)
    for state in RUNNING | SAVING, SAVING, RESUMING, 0, RUNNING:
        with Soc(2) as soc:
            soc.set_state(RESUMING)
            soc.load(whole[:-1])
            soc.set_state(RUNNING)
            soc.load(whole)
            assert soc.await_close() == b""
        with Soc(2) as soc:
            assert soc.state() == REFUSED and soc.set_state(state)
            if state & SAVING:
                # But for the interrupt that it may owe.
                assert rest(soc.save_all()) == rest(own)
            if state == RESUMING:
                soc.load(whole)
            assert soc.set_state(RUNNING)


def wrong_requests(bed):
    """what cannot be done closes the connection, and the VF is as it was"""
    fresh(bed)
    for state, sent in ((RUNNING | SAVING, MESSAGE.pack(SAVE, 1 << 31, 0)),
                        (RUNNING, MESSAGE.pack(SAVE, 1, 0)), (RUNNING, MESSAGE.pack(LOAD, 4, 0) + b"1234"),
                        (RUNNING, MESSAGE.pack(REPLY, 8, 0)), (RUNNING, MESSAGE.pack(0, 0, 0)),
                        (RUNNING, MESSAGE.pack(0xffffffff, 0, 0))):
        with Soc(1) as soc:
            soc.set_state(state)
            soc.send_bytes(sent)
            assert soc.await_close() == b"", sent
        with Soc(1) as soc:
            assert soc.state() == state


def too_much(bed):
    """a load that is announced to be larger than any context closes the connection at once"""
    fresh(bed)
    with Soc(1) as soc:
        soc.set_state(RESUMING)
        soc.send(LOAD, 0xffffffff)
        assert soc.await_close() == b""


def reset_in_a_load(bed):
    """an FLR in the middle of a load closes the connection when the rest of it comes"""
    fresh(bed)
    with Soc(1) as soc:
        soc.set_state(RESUMING)
        soc.send(LOAD, 8)
        bed.disks[0].function.reset()
        soc.send_bytes(b"12345678")
        assert soc.await_close() == b""
    with Soc(1) as soc:
        assert soc.state() == RUNNING


def reconnects(bed):
    """an agent that dies in the middle leaves nothing of a message behind, and a state as it was"""
    fresh(bed)
    before = bed.trouble.get("soc_connections", 1)
    with Soc(1) as soc:
        soc.set_state(RUNNING | SAVING)
        soc.send_bytes(MESSAGE.pack(GET_STATE, 0, 0)[:7])
    with Soc(1) as soc:
        assert soc.state() == RUNNING | SAVING
        soc.set_state(RESUMING)
        soc.send(LOAD, 1000, data=bytes(500))
    with Soc(1) as soc:
        assert soc.state() == REFUSED
        assert not soc.set_state(RUNNING) and soc.set_state(RUNNING)
    assert bed.trouble.get("soc_connections", 1) == before + 3


def one_at_a_time(bed):
    """a second agent of a VF waits until the first is gone; another VF's does not"""
    fresh(bed)
    first = Soc(1)
    assert first.state() == RUNNING
    with Soc(1) as second, Soc(2) as other:
        assert other.state() == RUNNING
        second.set_patience(0.3)
        try:
            second.state()
            assert False, "it has answered"
        except TimeoutError:
            pass
        first.close()
        second.set_patience(10)
        assert MESSAGE.unpack(second.receive(16)) == (REPLY, 8, RUNNING)


def flr(bed):
    """an FLR lets a VF run, whatever its SoC was asked for"""
    fresh(bed)
    with Soc(1) as soc:
        for state in RESUMING, SAVING, 0:
            soc.set_state(state)
            if state == RESUMING:
                soc.load(b"torn")
                soc.state()
            bed.disks[0].function.reset()
            assert soc.state() == RUNNING
            bed.disks[0].start(0).write(1, b"f" * 512)


def much(bed):
    """8 MiB of context that are a VF's own arrive at another one"""
    fresh(bed)
    bed.trouble.set("extra", 8 << 20)
    with Soc(1) as save, Soc(2) as load:
        save.set_state(SAVING)
        whole = save.save_all()
        load.set_state(RESUMING)
        load.load_all(whole)
        assert load.set_state(RUNNING)
        load.set_state(SAVING)
        assert dict(fields(load.save_all()))[EXTRA] == dict(fields(whole))[EXTRA]
        assert struct.unpack_from("<Q", dict(fields(whole))[EXTRA])[0] >> 56 == 1
    bed.trouble.set("extra", 0)


def deaf(bed):
    """an agent that asks for 8 MiB, takes none of it and dies, is in nobody's way"""
    fresh(bed)
    bed.trouble.set("extra", 8 << 20)
    with Soc(1) as soc:
        soc.set_state(SAVING)
        soc.send(SAVE, soc.pending())
    with Soc(1) as soc:
        assert soc.state() == SAVING
    bed.trouble.set("extra", 0)


TESTS = [has_none, stock, states, stopped, pending, dirt, moves, goes_on, bad_contexts, found_before, kept,
         refused_while_stopped, after_refusal, wrong_requests, too_much, reset_in_a_load, reconnects, one_at_a_time, flr,
         much, deaf]
