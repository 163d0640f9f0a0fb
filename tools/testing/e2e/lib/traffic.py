# SPDX-License-Identifier: GPL-2.0-only
"""What goes over the VF meanwhile: a TCP stream both ways, and pings."""

import re
import selectors
import signal
import socket
import subprocess
import threading
import time

from .settings import PATIENCE
from .vfs import PEER_ADDRESS
from .waiting import Deadline, Late, until

# As in tools/guest/agent/stream.c.
PERIOD = 65521
BURST = 4096
INTERVAL = 0.02
PING_INTERVAL = 0.05
# Seconds. After an outage TCP tries again when as much time again has passed.
PATIENT = 120


def predictable_bytes():
    x, values = 1, bytearray()
    for _ in range(PERIOD):
        x = (x * 1103515245 + 12345) & 0xffffffff
        values.append(x >> 16 & 0xff)
    return bytes(values) * 2


class Stream:
    """The host's end; the guest's end is told to connect to it."""

    def __init__(self, agent):
        self._table = memoryview(predictable_bytes())
        self._stop = threading.Event()
        self.sent = self.received = 0
        self.longest_silence = 0.0
        self.failure = None
        with socket.create_server((PEER_ADDRESS, 0)) as server:
            server.settimeout(60 * PATIENCE)
            agent.ask(f"stream-start {PEER_ADDRESS} {server.getsockname()[1]}")
            self._sock = server.accept()[0]
        self._sock.setblocking(False)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def check_goes_on(self, agent, limit=PATIENT):
        """Waits until both ends have verified more bytes than they have now."""
        here = self.received
        there = agent.ask("stream-report")["received"]
        deadline = Deadline(limit, "more bytes of the stream, both ways")
        while True:
            report = agent.ask("stream-report")
            for failure in (self.failure, report.get("failed")):
                if failure:
                    raise RuntimeError(f"stream: {failure}")
            if self.received > here + PERIOD and report["received"] > there + PERIOD:
                return report
            try:
                time.sleep(min(0.05, deadline.left()))
            except Late as late:
                raise Late(f"{late}: {self.sent} bytes sent, {self.received} received; "
                           f"the guest says {report}") from None

    def stop(self):
        self._stop.set()
        self._thread.join()
        self._sock.close()

    def _run(self):
        credit, due, last = 0, time.monotonic(), time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._sock, selectors.EVENT_READ)
            while not self._stop.is_set() and not self.failure:
                now = time.monotonic()
                if now >= due:
                    credit, due = BURST, now + INTERVAL
                credit -= self._send(credit)
                if selector.select(max(0, due - time.monotonic())) and self._receive():
                    now = time.monotonic()
                    self.longest_silence = max(self.longest_silence, now - last)
                    last = now

    def _send(self, credit):
        start = self.sent % PERIOD
        try:
            n = self._sock.send(self._table[start:start + credit]) if credit else 0
        except BlockingIOError:
            return 0
        except OSError as error:
            self.failure = str(error)
            return 0
        self.sent += n
        return n

    def _receive(self):
        try:
            block = self._sock.recv(PERIOD)
        except BlockingIOError:
            return False
        except OSError as error:
            self.failure = str(error)
            return False
        start = self.received % PERIOD
        if not block:
            self.failure = "closed by the guest"
        elif block != self._table[start:start + len(block)]:
            self.failure = "wrong bytes received"
        self.received += len(block)
        return bool(block)


class Ping:
    """Pings from the host, whose clock goes on while the guest's stands still."""

    _answer = re.compile(r"^\[([0-9.]+)\] \d+ bytes from .*icmp_seq=(\d+)")
    _total = re.compile(r"^(\d+) packets transmitted, (\d+) received")

    def __init__(self, address):
        self._path = f"/tmp/ping-{time.monotonic_ns()}"
        with open(self._path, "w") as file:
            self._process = subprocess.Popen(
                ["ping", "-n", "-D", "-i", str(PING_INTERVAL), address],
                stdout=file, stderr=subprocess.DEVNULL)

    def wait_answers(self, number, limit=PATIENT):
        """Waits for that many more answers."""
        wanted = len(self._answers()) + number
        until(lambda: len(self._answers()) >= wanted, limit, "answers to pings", 0.1)

    def stop(self):
        """Sent, lost, and the longest silence in seconds."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()
        answers = self._answers()
        with open(self._path) as file:
            totals = [match for line in file if (match := self._total.match(line))]
        sent, received = map(int, totals[0].groups())
        silence = max((after - before for before, after in zip(answers, answers[1:])), default=0.0)
        return {"sent": sent, "lost": sent - received, "silence": silence}

    def _answers(self):
        with open(self._path) as file:
            return [float(match[1]) for line in file if (match := self._answer.match(line))]
