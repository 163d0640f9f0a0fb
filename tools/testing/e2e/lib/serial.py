# SPDX-License-Identifier: GPL-2.0-only
"""A pci-serial in the place of a VF, and the far end of its line: see tools/vm/run --serials."""

import glob
import os
import select
import termios
import threading
import tty

from .host import HERE
from .qemus import V7_2
from .vfs import Vf
from .waiting import until

DEVICES = ["0000:01:00.0", "0000:02:00.0"]
FAR_ENDS = ["0000:00:18.0", "0000:00:19.0"]
STOCK_DRIVER = "serial"
LIMIT = 60
# Bytes that are on their way at a time: what the guest's tty and a FIFO hold is more.
WINDOW = 64
MOVED = b"<moved>"
PIECE = 8


def available():
    return all(HERE.exists(f"/sys/bus/pci/devices/{address}") for address in DEVICES)


def _tty_of(address):
    # Since 6.5 with a controller and a port between.
    between = ("", f"/{address}:*/{address}:*")
    found = until(lambda: [name for part in between for name in
                           glob.glob(f"/sys/bus/pci/devices/{address}{part}/tty/ttyS*")],
                  LIMIT, f"a tty of {address}")
    return f"/dev/{os.path.basename(found[0])}"


class Tty:
    """Eight bits through, and no character means anything."""

    def __init__(self, address):
        self._fd = os.open(_tty_of(address), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._fd)
        settings = termios.tcgetattr(self._fd)
        settings[2] |= termios.CLOCAL
        settings[4] = settings[5] = termios.B115200
        termios.tcsetattr(self._fd, termios.TCSANOW, settings)

    def read(self, seconds=0.0):
        """What has come, or comes in that time."""
        if not select.select([self._fd], [], [], seconds)[0]:
            return b""
        return os.read(self._fd, 4096)

    def write(self, data):
        while data:
            select.select([], [self._fd], [], LIMIT)
            data = data[os.write(self._fd, data):]

    def wait_for(self, end):
        seen = b""

        def complete():
            nonlocal seen
            seen += self.read(0.1)
            return seen.endswith(end)
        until(complete, LIMIT, f"{end} on the line")

    def close(self):
        os.close(self._fd)


class Serial(Vf):
    """What else is asked of a VF holds for it as it is."""

    def __init__(self, index, qemu=V7_2):  # pylint: disable=super-init-not-called
        self.index = index
        self.host = HERE
        self.qemu = qemu
        self.address = DEVICES[index]
        self._device = f"/sys/bus/pci/devices/{self.address}"

    def __str__(self):
        return f"serial {self.index} ({self.address})"

    def empty_line(self):
        """Whatever an earlier guest has left on it, either way."""
        self.bind(STOCK_DRIVER)
        near, far = Tty(self.address), Tty(FAR_ENDS[self.index])
        try:
            for one, other in ((near, far), (far, near)):
                one.write(b"<the end>")
                other.wait_for(b"<the end>")
        finally:
            near.close()
            far.close()


class Echo:
    """
    A far end that sends, and holds what comes back against it. Both lines' far
    ends are open from the start: what nobody has opened takes bytes and loses them.
    """

    def __init__(self, line):
        self.sent = b""
        self.back = b""
        self._ttys = [Tty(address) for address in FAR_ENDS]
        self._begin(line)

    def _begin(self, line):
        self._tty = self._ttys[line]
        self._over = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            while not self._over.is_set():
                if len(self.sent) - len(self.back) < WINDOW:
                    # Each piece says where in the stream it is.
                    piece = b"%07d\n" % (len(self.sent) // PIECE)
                    self.sent += piece
                    self._tty.write(piece)
                self.back += self._tty.read(0.05)
        except Exception as error:  # pylint: disable=broad-except
            self._error = error

    def _stop(self):
        self._over.set()
        self._thread.join()

    def wait_more(self, count=20 * PIECE):
        """So much more comes back."""
        want = len(self.back) + count
        until(lambda: len(self.back) >= want or self._error, LIMIT, "the guest's echo")
        self.check()

    def check(self):
        if self._error:
            raise self._error
        if not self.sent.startswith(self.back):
            raise AssertionError(f"what came back is not what was sent: {self.back[-200:]}")

    def follow(self, line):
        """
        The guest has moved: its former line is dead, and what had not reached it
        when it was stopped is lost. What had comes back on the new line, first.
        Returns how many bytes were under way, and how many of them it had.
        """
        self._stop()
        new = self._ttys[line]
        first = b""

        def answered():
            nonlocal first
            first += new.read(0.1)
            return first.endswith(MOVED)
        new.write(MOVED)
        until(answered, LIMIT, "the guest's echo on its new line")
        kept = first[:-len(MOVED)]

        def complete():
            # The last of the echo may come from the former line only now.
            self.back += self._tty.read()
            self.check()
            return self.sent[len(self.back):].startswith(kept)
        until(complete, LIMIT, f"{kept}, which came back on the new line, "
              f"to be what is missing: {self.sent[len(self.back):]}")
        under_way = len(self.sent) - len(self.back)
        self.sent = self.back = b""
        self._begin(line)
        return under_way, len(kept)

    def end(self):
        self._stop()
        for line in self._ttys:
            line.close()
