# SPDX-License-Identifier: GPL-2.0-only
"""
Of the tests themselves: what harms a stream must find the place, wherever TCP
cuts the stream in two, and whether or not the rest comes at once.
"""

import socket
import struct
import time

from lib import relay
from lib.scenario import only_on
from lib.tap import expect
from lib.waiting import Deadline

ADDRESS = "127.0.0.1"
BEFORE = b"RAM" * 20
DATA = b"state" * 8
AFTER = b"and then the rest" * 8
TIME = 10


def stream():
    section = relay.END + struct.pack(">I", 42) + relay.DATA_TAG + struct.pack(">Q", len(DATA))
    return BEFORE + section + DATA + AFTER, len(BEFORE), len(BEFORE + section)


def received(sock):
    deadline, data = Deadline(TIME, "the end of the stream"), b""
    while True:
        sock.settimeout(deadline.left())
        block = sock.recv(1 << 16)
        if not block:
            return data
        data += block


def through(first, second, pause):
    """What comes out behind a relay that flips a bit, and the relay."""
    with socket.create_server((ADDRESS, 0)) as behind:
        behind.settimeout(TIME)
        with socket.create_server((ADDRESS, 0)) as free:
            address = free.getsockname()
        harm = relay.flip_bit(True)
        harm.join(behind.getsockname(), address)
        with socket.create_connection(address) as source:
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            there = behind.accept()[0]
            source.sendall(first)
            time.sleep(pause)
            source.sendall(second)
            source.shutdown(socket.SHUT_WR)
            with there:
                return received(there), harm


def cut_anywhere(_):
    whole, begin, end = stream()
    for pause in (0, 0.05):
        for cut in range(begin, end + len(DATA)):
            came, harm = through(whole[:cut], whole[cut:], pause)
            where = f"cut {cut - begin} bytes into the section, {pause} s between"
            expect(harm.done.is_set(), f"the relay found no place: {where}")
            expect(len(came) == len(whole), f"{len(came)} of {len(whole)} bytes came: {where}")
            wrong = [at for at, byte in enumerate(whole) if came[at] != byte]
            expect(wrong == [end + len(DATA) // 2], f"wrong bytes at {wrong}: {where}")


SCENARIOS = only_on(["6.1"], [
    ("relay: finds a device's data wherever the stream is cut", cut_anywhere),
])
