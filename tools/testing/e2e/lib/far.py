# SPDX-License-Identifier: GPL-2.0-only
"""
Another host: does as it is told over a connection, a request and an answer at
a time, each a line of JSON. The other end is ../serve.
"""

import json
import socket
import threading
import time

from .host import HERE, Host
from .lines import Closed, LineSocket
from .waiting import Deadline, until

PORT = 4242
CONNECT_LIMIT = 300
ANSWER_LIMIT = 120
IDLE_LIMIT = 24 * 3600
METHODS = ["read", "write", "exists", "readlink", "remove", "run"]


class FarError(OSError):
    """What went wrong there, in its words."""


class FarProcess:
    def __init__(self, host, number):
        self._host = host
        self._number = number

    def poll(self):
        return self._host.ask("poll", self._number)

    def kill(self):
        self._host.ask("kill", self._number)


class Far(Host):
    """The host of that address, from when it serves."""

    name = " of the far host"

    def __init__(self, address):
        self.address = address
        sock = until(self._connect, CONNECT_LIMIT, f"host {address} to serve", 0.2)
        self.controller = sock.getsockname()[0]
        # From there, this host goes by another address than from here.
        HERE.address = self.controller
        self._lines = LineSocket(sock)
        self._lock = threading.Lock()
        self.kernel = self.ask("kernel")
        for method in METHODS:
            setattr(self, method, lambda *arguments, method=method: self.ask(method, *arguments))

    def _connect(self):
        try:
            return socket.create_connection((self.address, PORT), 5)
        except OSError:
            return None

    def ask(self, method, *arguments):
        with self._lock:
            self._lines.send(json.dumps([method, *arguments]))
            answer = json.loads(self._lines.receive(
                Deadline(ANSWER_LIMIT, f"the far host's answer to {method} {arguments}")))
        if "error" in answer:
            raise FarError(answer["error"])
        return answer["value"]

    def clock_ahead(self):
        before = time.time()
        there = self.ask("time")
        return there - (before + time.time()) / 2

    def start(self, argv, log):
        return FarProcess(self, self.ask("start", argv, log))


class Server:
    """The far end: serves one connection, and ends with it."""

    def __init__(self):
        self._processes = []

    def serve(self):
        with socket.create_server(("", PORT)) as server:
            sock, _ = server.accept()
        lines = LineSocket(sock)
        while True:
            try:
                request = lines.receive(Deadline(IDLE_LIMIT, "a request"))
            except Closed:
                return
            lines.send(json.dumps(self._answer(*json.loads(request))))

    def _answer(self, method, *arguments):
        try:
            if method in METHODS:
                return {"value": getattr(HERE, method)(*arguments)}
            return {"value": getattr(self, f"_{method}")(*arguments)}
        except Exception as error:
            return {"error": f"{method} {arguments}: {type(error).__name__}: {error}"}

    def _kernel(self):
        return HERE.kernel

    def _time(self):
        return time.time()

    def _start(self, argv, log):
        self._processes.append(HERE.start(argv, log))
        return len(self._processes) - 1

    def _poll(self, number):
        return self._processes[number].poll()

    def _kill(self, number):
        self._processes[number].kill()
