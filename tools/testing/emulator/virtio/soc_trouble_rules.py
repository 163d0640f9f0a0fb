# SPDX-License-Identifier: GPL-2.0-only
"""A SoC that misbehaves because it was told to."""

import time

from lib import trouble as t
from draft_rules import fields
from soc import GET_STATE, LOAD, MESSAGE, PENDING, REFUSED, REPLY, RESUMING, RUNNING, SAVE, SAVING, SET_STATE, Closed, Soc
from soc_rules import await_disconnect, fresh

DEV_FEATURES = 0x100


def meets(bed, what, request, arg=0, **options):
    bed.trouble.meets(what, t.SOC + request, arg, **options)


def closes(soc, do):
    try:
        do()
    except (Closed, BrokenPipeError):
        return True
    return False


def says_nothing(soc, do):
    soc.set_patience(0.5)
    try:
        do()
    except TimeoutError:
        return True
    finally:
        soc.set_patience(10)
    return False


def dead(bed):
    """a SoC that is dead closes, every further connection too, until it is back"""
    fresh(bed)
    meets(bed, t.GONE, PENDING, member=1, skip=1)
    with Soc(1) as soc:
        soc.set_state(SAVING)
        assert soc.pending()
        assert closes(soc, soc.pending)
    for member in 1, 2:
        with Soc(member) as soc:
            assert closes(soc, soc.state)
    await_disconnect(bed, 1)
    bed.trouble.set("reset", 1)
    with Soc(1) as soc:
        assert soc.state() == SAVING


def dies(bed):
    """a SoC that dies at a moment of nobody's asking closes what is open, and a slow answer is none"""
    fresh(bed)
    meets(bed, t.LATE, GET_STATE, 60000, member=2)
    with Soc(1) as idle, Soc(2) as waiting:
        assert idle.set_state(SAVING)
        waiting.send(GET_STATE)
        bed.trouble.set("soc_is_gone", 1)
        assert idle.await_close() == b"" and waiting.await_close() == b""
    with Soc(1) as soc:
        assert closes(soc, soc.state)
    await_disconnect(bed, 1)
    bed.trouble.set("soc_is_gone", 0)
    with Soc(1) as soc:
        assert soc.state() == SAVING


def closes_once(bed):
    """a request that fails closes the connection, and the next agent is served"""
    fresh(bed)
    for request, do in ((GET_STATE, Soc.state), (PENDING, Soc.pending), (SET_STATE, lambda soc: soc.set_state(SAVING)),
                        (LOAD, lambda soc: (soc.load(b"1234"), soc.state()))):
        meets(bed, t.FAIL, request)
        with Soc(1) as soc:
            assert closes(soc, lambda: do(soc)), request
        with Soc(1) as soc:
            assert soc.state() == RUNNING


def slow(bed):
    """a slow answer comes, as late as was said, and nothing is done meanwhile"""
    fresh(bed)
    meets(bed, t.LATE, PENDING, 500)
    with Soc(1) as soc:
        soc.set_state(SAVING)
        begun = time.monotonic()
        soc.send(PENDING)
        soc.send(SET_STATE, 8, RUNNING)
        kind, _, pending = MESSAGE.unpack(soc.receive(16))
        assert kind == REPLY and pending and time.monotonic() - begun > 0.4
        assert soc.state() == RUNNING


def too_slow(bed):
    """the end of a connection is noticed while its answer is late, which nobody gets then"""
    fresh(bed)
    meets(bed, t.LATE, GET_STATE, 60000)
    with Soc(1) as soc:
        assert says_nothing(soc, soc.state)
    with Soc(1) as soc:
        assert soc.pending() == 0 and soc.state() == RUNNING
    # What it has asked for besides is not done either.
    meets(bed, t.LATE, SET_STATE, 60000)
    with Soc(1) as soc:
        soc.send(SET_STATE, 8, SAVING)
        soc.send(GET_STATE)
        soc.send(SET_STATE, 8, RUNNING)
    with Soc(1) as soc:
        assert soc.state() == SAVING


def silent(bed):
    """a request is neither done nor answered, or done and not answered"""
    fresh(bed)
    for what, state in (t.NEVER, RUNNING), (t.LOST, SAVING):
        meets(bed, what, SET_STATE)
        with Soc(1) as soc:
            soc.send(SET_STATE, 8, SAVING)
            assert soc.state() == state
            meets(bed, what, GET_STATE)
            assert says_nothing(soc, soc.state)
            assert soc.state() == state


def not_loaded(bed):
    """a load that is not done is taken all the same"""
    fresh(bed)
    meets(bed, t.NEVER, LOAD)
    with Soc(1) as soc:
        soc.set_state(RESUMING)
        soc.load(b"torn" * 1000)
        assert soc.state() == RESUMING and soc.set_state(RUNNING)


def cut_off(bed):
    """an answer is cut off in the middle, a load taken by half"""
    fresh(bed)
    with Soc(1) as soc:
        soc.set_state(RUNNING | SAVING)
        size = soc.pending()
        meets(bed, t.SHORT, SAVE, 10)
        soc.send(SAVE, size)
        assert len(soc.await_close()) == size - 10
    meets(bed, t.SHORT, GET_STATE, 7)
    with Soc(1) as soc:
        soc.send(GET_STATE)
        assert len(soc.await_close()) == 9
    with Soc(1) as soc:
        soc.set_state(RUNNING)
        soc.set_state(SAVING)
        whole = soc.save_all()
    meets(bed, t.SHORT, LOAD, len(whole) // 2)
    with Soc(2) as soc:
        soc.set_state(RESUMING)
        soc.load(whole)
        assert soc.await_close() == b""
    with Soc(2) as soc:
        assert soc.state() == REFUSED
        assert not soc.set_state(RUNNING) and soc.set_state(RUNNING)


def nonsense(bed):
    """pending is what no state can be, a byte is wrong, an answer too long or given twice"""
    fresh(bed)
    with Soc(1) as soc:
        soc.set_state(RUNNING | SAVING)
        meets(bed, t.VALUE, PENDING, 0xffffffff - 30)
        assert soc.pending() == (1 << 64) - 31
        size = soc.pending()
        meets(bed, t.BAD_BYTE, PENDING, 0)
        soc.send(PENDING)
        assert MESSAGE.unpack(soc.receive(16)) == (REPLY ^ 0xff, 8, size)
        meets(bed, t.LONG, SAVE, 3)
        soc.send(SAVE, 5)
        assert soc.receive(8)[5:] == b"\xff" * 3
        meets(bed, t.TWICE, GET_STATE)
        assert soc.state() == RUNNING | SAVING
        assert MESSAGE.unpack(soc.receive(16)) == (REPLY, 8, RUNNING | SAVING)


def grows(bed):
    """pending never comes to an end, not even while the VF is stopped"""
    fresh(bed)
    meets(bed, t.GROWS, PENDING, 1000, times=5)
    with Soc(1) as soc:
        soc.set_state(SAVING)
        whole = soc.save(soc.pending())
        for _ in range(4):
            pending = soc.pending()
            assert pending == 1016
            whole += soc.save(pending)
        assert soc.pending() == 1016
        whole += soc.save_all()
    with Soc(2) as soc:
        soc.set_state(RESUMING)
        soc.load(whole)
        assert soc.set_state(RUNNING)


def anothers(bed):
    """another device's state is as long as its own, and is loaded by none"""
    fresh(bed)
    with Soc(1) as soc:
        soc.set_state(SAVING)
        own = soc.save_all()
        soc.set_state(0)
        soc.set_state(SAVING)
        meets(bed, t.FOREIGN, PENDING)
        other = soc.save_all()
    assert len(own) == len(other)
    differing = [mine[0] for mine, its in zip(fields(own), fields(other)) if mine != its]
    assert differing == [DEV_FEATURES], differing
    with Soc(2) as soc:
        soc.set_state(RESUMING)
        soc.load(other)
        assert soc.state() == REFUSED and not soc.set_state(RUNNING)


TESTS = [dead, dies, closes_once, slow, too_slow, silent, not_loaded, cut_off, nonsense, grows, anothers]
