# SPDX-License-Identifier: GPL-2.0-only
"""
Stands between source and destination and does harm at a chosen place of a VF's
data: QEMU puts a section's type and number before each piece of it.
"""

import re
import selectors
import socket
import struct
import threading

DATA_TAG = struct.pack(">Q", 0xffffffffef100004)
PART, END = b"\x02", b"\x03"
# Up to QEMU 5.2 the last section begins with the configuration space.
END_WITH_CONFIG = re.compile(END + b"....\xff\xff\xff\xff\xef\x10\x00\x02", re.DOTALL)
BEFORE = 5   # type and number of the section
AFTER = 16   # the tag and the size
BLOCK = 1 << 20
# Of what has passed; a configuration space is not longer.
REMEMBERED = 16 << 10


class Chunk:
    """A piece of a device's data in the bytes at hand."""

    def __init__(self, at, stopped, size):
        self.at = at
        self.stopped = stopped  # sent when the guest had been stopped
        self.size = size


def find_chunks(passed, data):
    """Pieces that begin in @data, which follows upon @passed; empty ones do not count."""
    whole = passed + data
    at = whole.find(DATA_TAG)
    while at >= 0:
        begin = at + AFTER
        if at >= BEFORE and len(passed) <= begin < len(whole):
            size = struct.unpack_from(">Q", whole, at + 8)[0]
            kind = whole[at - BEFORE:at - BEFORE + 1]
            stopped = kind == END or bool(END_WITH_CONFIG.search(whole, 0, at))
            if size and (stopped or kind == PART):
                yield Chunk(begin - len(passed), stopped, size)
        at = whole.find(DATA_TAG, at + 1)


class Relay:
    """Forwards both ways. @on_data gets (relay, bytes, chunks) and returns bytes."""

    def __init__(self, on_data):
        self._on_data = on_data
        self.forwarded = 0
        self.done = threading.Event()  # the harm, not the forwarding

    def join(self, destination, address):
        """Forwards to @destination what comes to @address."""
        self._server = socket.create_server(address)
        self._destination = destination
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        source = self._server.accept()[0]
        self._server.close()
        destination = socket.create_connection(self._destination)
        with source, destination:
            try:
                self._forward(source, destination)
            except OSError:
                pass  # one of them is gone, and so the other shall hear of it

    def _forward(self, source, destination):
        passed = b""
        with selectors.DefaultSelector() as selector:
            selector.register(source, selectors.EVENT_READ)
            selector.register(destination, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if destination in ready:
                    answer = destination.recv(BLOCK)
                    if not answer:
                        return
                    source.sendall(answer)
                if source in ready:
                    data = source.recv(BLOCK)
                    if not data:
                        return
                    destination.sendall(self._on_data(self, data, list(find_chunks(passed, data))))
                    self.forwarded += len(data)
                    passed = (passed + data)[-REMEMBERED:]


def flip_bit(stopped):
    """Turns one bit around in the middle of the VF's first data of that phase."""
    to_go = None

    def on_data(relay, data, chunks):
        nonlocal to_go
        if to_go is None:
            to_go = next((chunk.at + chunk.size // 2 for chunk in chunks
                          if chunk.stopped == stopped), None)
        if to_go is None or relay.done.is_set():
            return data
        if to_go >= len(data):
            to_go -= len(data)
            return data
        relay.done.set()
        return data[:to_go] + bytes([data[to_go] ^ 0x10]) + data[to_go + 1:]
    return Relay(on_data)


def call_at_bytes(action, limit):
    """Calls @action when that many bytes have passed."""
    def on_data(relay, data, _):
        if relay.forwarded >= limit and not relay.done.is_set():
            relay.done.set()
            action()
        return data
    return Relay(on_data)


def call_at_stopped_data(action):
    """Calls @action when the stopped device's data begins to pass."""
    def on_data(relay, data, chunks):
        if not relay.done.is_set() and any(chunk.stopped for chunk in chunks):
            relay.done.set()
            action()
        return data
    return Relay(on_data)
