# SPDX-License-Identifier: GPL-2.0-only
"""
Frames for the guest without a system, which sends each of them back: one at a
time, numbered, of every length, checked byte by byte.
"""

import select
import socket
import struct
import threading
import time

from .traffic import predictable_bytes
from .vfs import PEER
from .waiting import Deadline, until

TYPE = 0x88b5
SHORTEST, LONGEST = 60, 1514
INTERVAL = 0.02
# After that the next one is sent; the guest stands still meanwhile, or is slow.
GIVE_UP = 0.5


def _bytes_of(mac):
    return bytes.fromhex(mac.replace(":", ""))


class Frames:
    """Begins at once; what is wrong is in `failure`."""

    def __init__(self, mac, interface=PEER):
        self._table = predictable_bytes()
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(TYPE))
        self._socket.bind((interface, TYPE))
        self._mine = self._socket.getsockname()[4]
        self._guest = _bytes_of(mac)
        self._stop = threading.Event()
        self.sent = self.returned = self._last = 0
        self.failure = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait_returned(self, number, limit):
        """Waits for that many more of them."""
        wanted = self.returned + number
        until(lambda: self.failure or self.returned >= wanted, limit,
              f"{number} frames that come back")
        if self.failure:
            raise RuntimeError(f"frames: {self.failure}")

    def stop(self):
        """Sends no more."""
        self._stop.set()
        self._thread.join()

    def take_late(self, number, limit):
        """After stop(): takes what has yet to come back, until so many have."""
        deadline = Deadline(limit, f"{number} frames in all that have come back")
        while self.returned < number and not self.failure:
            self._await(self.sent, time.monotonic() + min(GIVE_UP, deadline.left()))

    def close(self):
        self.stop()
        self._socket.close()

    def _frame(self, number, to, sender):
        length = SHORTEST + number * 37 % (LONGEST - SHORTEST)
        head = to + sender + struct.pack(">HI", TYPE, number)
        start = number * 101 % (len(self._table) // 2)
        return head + self._table[start:start + length - len(head)]

    def _run(self):
        try:
            while not self._stop.is_set() and not self.failure:
                self.sent += 1
                self._socket.send(self._frame(self.sent, self._guest, self._mine))
                self._await(self.sent, time.monotonic() + GIVE_UP)
                time.sleep(INTERVAL)
        except OSError as error:
            self.failure = str(error)

    def _await(self, number, end):
        """
        Waits for the frame to come back. An earlier one may come instead, late:
        from a guest that stood still; but none twice, and none out of turn.
        """
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._socket], [], [], left)[0]:
                return
            back = self._socket.recv(2 * LONGEST)
            if not back.startswith(self._mine):
                continue  # a VLAN's, on the same card
            came = struct.unpack_from(">I", back, 14)[0]
            if not self._last < came <= number:
                self.failure = f"frame {came} came back after {self._last}, {number} was sent"
            elif back != self._frame(came, self._mine, self._guest):
                self.failure = f"frame {came} came back with other bytes"
            self._last = came
            self.returned += 1
            if self.failure or came == number:
                return
