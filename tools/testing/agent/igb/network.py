# SPDX-License-Identifier: GPL-2.0-only
"""Frames out of a network interface that has no address, and their answers."""

import socket
import struct

ARP = 0x0806
US, PEER = socket.inet_aton("10.0.2.77"), socket.inet_aton("10.0.2.2")
# The emulated network answers within a millisecond or two.
PATIENCE = 0.5


class Echo:
    def __init__(self, name):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ARP))
        self._socket.bind((name, ARP))
        self._socket.settimeout(PATIENCE)
        self._address = self._socket.getsockname()[4]
        self.answers = 0

    def _request(self):
        head = b"\xff" * 6 + self._address + struct.pack(">H", ARP)
        return head + struct.pack(">HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, self._address, US, bytes(6), PEER)

    def _is_answer(self, frame):
        return frame[:6] == self._address and frame[20:22] == b"\0\2" and frame[28:32] == PEER

    def ask(self, times=1):
        for _ in range(times):
            self._socket.send(self._request())

    def answered(self):
        """Whether a request is; those of before are taken first."""
        self._take(0.01)
        self.ask()
        return bool(self._take(PATIENCE, enough=1))

    def _take(self, patience, enough=1 << 30):
        got = 0
        self._socket.settimeout(patience)
        try:
            while got < enough:
                got += self._is_answer(self._socket.recv(2048))
        except TimeoutError:
            pass
        self.answers += got
        return got
