# SPDX-License-Identifier: GPL-2.0-only
"""
Where a module calls a function of the kernel's, out of the relocations of its
file. ioread32() and its like cannot be probed themselves; who calls them can.
"""

import bisect
import struct

SHT_SYMTAB, SHT_RELA = 2, 4
STT_FUNC = 2
R_X86_64_PC32, R_X86_64_PLT32 = 2, 4
# Of `call` and of `jmp`: an opcode, then the place to go to.
OPCODE_LEN = 1


class Module:
    def __init__(self, path):
        with open(path, "rb") as file:
            self._file = file.read()
        start, = struct.unpack_from("<Q", self._file, 0x28)
        size, number = struct.unpack_from("<HH", self._file, 0x3a)
        # name, type, flags, address, offset, size, link, info
        self._sections = [struct.unpack_from("<IIQQQQII", self._file, start + i * size)
                          for i in range(number)]
        self._symbols = next(list(self._read_symbols(section)) for section in self._sections
                             if section[1] == SHT_SYMTAB)

    def _entries(self, section, fields):
        data = self._file[section[4]:section[4] + section[5]]
        return struct.iter_unpack(fields, data)

    def _read_symbols(self, section):
        names = self._sections[section[6]][4]
        for name, info, _, home, value, _ in self._entries(section, "<IBBHQQ"):
            end = self._file.index(b"\0", names + name)
            yield self._file[names + name:end].decode(), info & 15, home, value

    def _functions(self, home):
        return sorted((value, name) for name, kind, where, value in self._symbols
                      if kind == STT_FUNC and where == home)

    def calls_of(self, callee):
        """(function, offset in it) of each call."""
        for section in self._sections:
            if section[1] != SHT_RELA:
                continue
            functions = self._functions(section[7])
            for offset, info, _ in self._entries(section, "<QQq"):
                if info & 0xffffffff in (R_X86_64_PC32, R_X86_64_PLT32) and \
                        self._symbols[info >> 32][0] == callee and functions:
                    at = offset - OPCODE_LEN
                    start, name = functions[bisect.bisect(functions, (at, "~")) - 1]
                    yield name, at - start
