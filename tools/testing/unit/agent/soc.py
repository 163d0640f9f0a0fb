#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A SoC for a test: one connection after another, a state of its own, in 16-byte messages.

    soc.py BYTES [closes|nonsense|other-state|wide-state]

Prints its port, and at the end of each connection what became of the state.
"""
import os
import socket
import struct
import sys

PENDING, SET_STATE, GET_STATE, SAVE, LOAD, REPLY, FINISH = range(1, 8)
SAVING, RESUMING = 2, 4
MESSAGE = struct.Struct("=IIQ")


class Soc:
    def __init__(self, content, trouble):
        self.content = content
        self.trouble = trouble

    def serve(self, connection):
        state, loaded = 1, b""
        left = b""
        stream = connection.makefile("rb")
        while len(message := stream.read(MESSAGE.size)) == MESSAGE.size:
            request, size, value = MESSAGE.unpack(message)
            if request == PENDING:
                if self.trouble == "closes":
                    return
                kind = 99 if self.trouble == "nonsense" else REPLY
                connection.sendall(MESSAGE.pack(kind, 0, len(left)))
            elif request == SET_STATE:
                if value == SAVING and state != SAVING:
                    left = self.content
                if state & RESUMING and value == 1 and len(loaded) == len(self.content):
                    print("loaded", "the same" if loaded == self.content else "another", flush=True)
                    loaded = b""
                state = value
            elif request == GET_STATE:
                answer = {"other-state": 7, "wide-state": state | 1 << 32}.get(self.trouble, state)
                connection.sendall(MESSAGE.pack(REPLY, 0, answer))
            elif request == SAVE:
                connection.sendall(left[:size])
                left = left[size:]
            elif request == LOAD:
                loaded += stream.read(size)
            elif request == FINISH:
                return


def main():
    soc = Soc(os.urandom(int(sys.argv[1])), sys.argv[2] if len(sys.argv) > 2 else None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            connection, _ = server.accept()
            with connection:
                soc.serve(connection)


main()
