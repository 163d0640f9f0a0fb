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
IDLE = 0.05


class Chunk:
    """A piece of a device's data in the bytes at hand."""

    def __init__(self, at, stopped, size):
        self.at = at
        self.stopped = stopped  # sent when the guest had been stopped
        self.size = size


def find_chunks(data):
    """Pieces whose tag and size are in @data; empty ones do not count."""
    at = data.find(DATA_TAG)
    while at >= 0:
        if at >= BEFORE and len(data) >= at + AFTER:
            size = struct.unpack_from(">Q", data, at + 8)[0]
            kind = data[at - BEFORE:at - BEFORE + 1]
            stopped = kind == END or bool(END_WITH_CONFIG.search(data, 0, at))
            if size and (stopped or kind == PART):
                yield Chunk(at + AFTER, stopped, size)
        at = data.find(DATA_TAG, at + 1)


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
        held = b""
        with selectors.DefaultSelector() as selector:
            selector.register(source, selectors.EVENT_READ)
            selector.register(destination, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select(IDLE)]
                if destination in ready:
                    answer = destination.recv(BLOCK)
                    if not answer:
                        return
                    source.sendall(answer)
                if source in ready:
                    block = source.recv(BLOCK)
                    if not block:
                        destination.sendall(held)
                        return
                    data = held + block
                elif not ready and held:
                    # Nothing follows for now; who knows who waits for these.
                    data, held = held, b""
                    destination.sendall(data)
                    continue
                else:
                    continue
                chunks = list(find_chunks(data))
                data = self._on_data(self, data, chunks)
                # A tag may be cut in two, and then its two ends go together.
                keep = min(len(data), BEFORE + AFTER)
                if chunks and chunks[-1].at > len(data) - keep:
                    keep = 0
                held = data[len(data) - keep:]
                destination.sendall(data[:len(data) - keep])
                self.forwarded += len(data) - keep


def flip_bit(stopped):
    """Turns one bit around in the VF's first data of that phase."""
    def on_data(relay, data, chunks):
        for chunk in chunks:
            at = chunk.at + min(chunk.size // 2, max(0, len(data) - chunk.at - 1))
            if chunk.stopped == stopped and at < len(data) and not relay.done.is_set():
                relay.done.set()
                return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1:]
        return data
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
