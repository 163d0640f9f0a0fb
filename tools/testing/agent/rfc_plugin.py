# SPDX-License-Identifier: GPL-2.0-only
"""A plugin for out-of-band migration, called as an agent calls it, but in this very process."""

import contextlib
import ctypes
import os
import tempfile

RUNNING, SAVING, RESUMING = 1, 2, 4
# v1's for an error.
REFUSED = RESUMING | SAVING
OPERATIONS = (("init", ctypes.c_char_p, ctypes.c_char_p),
              ("save", ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint64),
              ("load", ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint64),
              ("update_pending", ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint64)),
              ("set_state", ctypes.c_void_p, ctypes.c_uint32),
              ("get_state", ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint32)),
              ("cleanup", ctypes.c_void_p))


class _Ops(ctypes.Structure):
    _fields_ = [(name, ctypes.CFUNCTYPE(ctypes.c_void_p if name == "init" else ctypes.c_int, *arguments))
                for name, *arguments in OPERATIONS]


class Plugin:
    def __init__(self, path):
        library = ctypes.CDLL(path)
        assert library.vfio_lm_get_plugin_version() == 0
        library.vfio_lm_get_plugin_ops.restype = ctypes.POINTER(_Ops)
        self._ops = library.vfio_lm_get_plugin_ops().contents
        self._handle = None
        self._strings = ()

    def use(self, devid, arg=""):
        self.leave()
        # They live until cleanup.
        self._strings = devid.encode(), arg.encode()
        self._handle = self._ops.init(*self._strings)
        return bool(self._handle)

    def leave(self):
        if self._handle:
            self._ops.cleanup(self._handle)
            self._handle = None

    def set_states(self, *states):
        """As far as it does what it is told."""
        return not any(self._ops.set_state(self._handle, state) for state in states)

    def state(self):
        state = ctypes.c_uint32()
        assert not self._ops.get_state(self._handle, ctypes.byref(state))
        return state.value

    def save(self):
        """What is pending."""
        pending = ctypes.c_uint64()
        assert not self._ops.update_pending(self._handle, ctypes.byref(pending))
        data = ctypes.create_string_buffer(pending.value)
        assert not self._ops.save(self._handle, data, pending.value)
        return data.raw

    def load(self, data):
        return self._ops.load(self._handle, data, len(data)) >= 0


@contextlib.contextmanager
def complaints():
    """A list that gets what was written to stderr meanwhile, when that is over."""
    said = []
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            said += file.read().decode().splitlines()
