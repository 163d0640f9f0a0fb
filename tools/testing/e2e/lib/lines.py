# SPDX-License-Identifier: GPL-2.0-only
"""Lines over a socket, with a limit on each wait."""

import select


class Closed(Exception):
    """The other end is gone."""


class LineSocket:
    def __init__(self, sock):
        self._sock = sock
        self._buffer = b""

    def send(self, line):
        try:
            self._sock.sendall(line.encode() + b"\n")
        except OSError as error:
            raise Closed(str(error)) from error

    def receive(self, deadline):
        deadline.left()  # also when lines come faster than they are read
        while b"\n" not in self._buffer:
            if not select.select([self._sock], [], [], deadline.left())[0]:
                continue
            try:
                block = self._sock.recv(65536)
            except OSError as error:
                raise Closed(str(error)) from error
            if not block:
                raise Closed("end of file")
            self._buffer += block
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.decode(errors="replace").strip()

    def close(self):
        self._sock.close()
