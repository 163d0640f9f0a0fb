# SPDX-License-Identifier: GPL-2.0-only
"""The window of tools/include/virtio_trouble.h."""

FIELDS = {name: 4 * i for i, name in enumerate(
    "magic reset request_delay make_dirty function mode device_status requests "
    "writes in_flight flrs last_avail objects unanswered standard extra restart "
    "soc_state soc_connections soc_is_connected soc_is_gone".split())}
FAIL, LATE, NEVER, LOST, SHORT, LONG, BAD_BYTE, GROWS, NEEDS_RESET, GONE, TWICE, VALUE, FOREIGN = range(1, 14)
# Requests to a SoC, in the place of commands.
SOC = 0x100
PENDING, SET_STATE, GET_STATE, SAVE, LOAD = range(SOC + 1, SOC + 6)
ANY = 0xffff
SLOT, SLOT_SIZE = 0x80, 0x20
LAST_DATA = 0x184


class Trouble:
    def __init__(self, window):
        self._window = window

    def get(self, name, function=0):
        self._window.write(FIELDS["function"], function)
        return self._window.read(FIELDS[name])

    def set(self, name, value):
        self._window.write(FIELDS[name], value)

    def last_data(self, opcode):
        return self._window.read(LAST_DATA + 4 * opcode)

    def meets(self, what, opcode, arg=0, member=0, skip=0, times=1, slot=0):
        at = SLOT + SLOT_SIZE * slot
        for i, value in enumerate((opcode, member, skip, times, arg)):
            self._window.write(at + 4 + 4 * i, value)
        self._window.write(at, what)

    def times_left(self):
        return self._window.read(SLOT + 16)
