# SPDX-License-Identifier: GPL-2.0-only
"""A client of the SoC's port of a VF: enum soc_request of tools/include/virtio_trouble.h."""

import socket
import struct

ADDRESS = "192.168.77.100"
PENDING, SET_STATE, GET_STATE, SAVE, LOAD, REPLY, FINISH = range(1, 8)
RUNNING, SAVING, RESUMING = 1, 2, 4
REFUSED = RESUMING | SAVING
MESSAGE = struct.Struct("=IIQ")


class Closed(Exception):
    pass


class Soc:
    def __init__(self, member, seconds=10):
        self._socket = socket.create_connection((ADDRESS, 3332 + member), seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def send(self, request, size=0, value=0, data=b""):
        self._socket.sendall(MESSAGE.pack(request, size, value) + data)

    def send_bytes(self, data):
        self._socket.sendall(data)

    def set_patience(self, seconds):
        self._socket.settimeout(seconds)

    def receive(self, size):
        """May raise TimeoutError."""
        got = b""
        while len(got) < size:
            try:
                piece = self._socket.recv(size - len(got))
            except ConnectionResetError:
                piece = b""
            if not piece:
                raise Closed(got)
            got += piece
        return got

    def await_close(self):
        """What still came before."""
        try:
            got = self.receive(1 << 20)
        except Closed as closed:
            return closed.args[0]
        raise AssertionError(f"it has sent {len(got)} bytes")

    def _value(self, request):
        self.send(request)
        kind, _, value = MESSAGE.unpack(self.receive(MESSAGE.size))
        assert kind == REPLY, kind
        return value

    def pending(self):
        return self._value(PENDING)

    def state(self):
        return self._value(GET_STATE)

    def set_state(self, state):
        """Whether it is that now; there is no other answer."""
        self.send(SET_STATE, 8, state)
        return self.state() == state

    def save(self, size):
        self.send(SAVE, size)
        return self.receive(size)

    def load(self, data):
        self.send(LOAD, len(data), data=data)

    def save_all(self, piece=1 << 20):
        """As a plugin's host does it: what is pending in pieces, until nothing is."""
        context = b""
        while pending := self.pending():
            for at in range(0, pending, piece):
                context += self.save(min(piece, pending - at))
        return context

    def load_all(self, context, piece=1 << 20):
        for at in range(0, len(context), piece):
            self.load(context[at:at + piece])
