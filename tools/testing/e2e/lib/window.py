# SPDX-License-Identifier: GPL-2.0-only
"""A BAR, mapped."""

import ctypes
import mmap


class Window:
    """Accesses have the width that is asked for, as ctypes' are one instruction."""

    WIDTHS = {1: ctypes.c_uint8, 2: ctypes.c_uint16, 4: ctypes.c_uint32}

    def __init__(self, fd, offset, size):
        self._map = mmap.mmap(fd, size, offset=offset)

    def read(self, at, width=4):
        return self.WIDTHS[width].from_buffer(self._map, at).value

    def write(self, at, value, width=4):
        self.WIDTHS[width].from_buffer(self._map, at).value = value
