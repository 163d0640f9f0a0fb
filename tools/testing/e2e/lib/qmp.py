# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's monitor: commands, and events that can be awaited."""

import json

from .lines import LineSocket
from .waiting import Deadline, Late

ANSWER_LIMIT = 60
# So many of what came instead are told of an event that did not come.
TOLD = 5


class QmpError(Exception):
    """QEMU refused a command."""


class Qmp:
    def __init__(self, sock):
        self._lines = LineSocket(sock)
        self._events = []
        self.history = []
        greeting = self._read(Deadline(ANSWER_LIMIT, "QEMU's greeting"))
        numbers = greeting["QMP"]["version"]["qemu"]
        self.version = f"{numbers['major']}.{numbers['minor']}"
        self.execute("qmp_capabilities")

    def execute(self, command, **arguments):
        message = {"execute": command}
        if arguments:
            message["arguments"] = {key.replace("_", "-"): value
                                    for key, value in arguments.items()}
        self._lines.send(json.dumps(message))
        deadline = Deadline(ANSWER_LIMIT, f"QEMU's answer to {command}")
        while True:
            answer = self._read(deadline)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise QmpError(f"{command}: {answer['error']['desc']}")

    def wait(self, names, limit, accept=lambda event: True):
        """The next unseen event of one of these names that is accepted."""
        deadline = Deadline(limit, f"event {' or '.join(names)}")
        seen = 0
        while True:
            for position in range(seen, len(self._events)):
                event = self._events[position]
                if event["event"] in names and accept(event):
                    del self._events[position]
                    return event
            seen = len(self._events)
            try:
                self._read(deadline)
            except Late as late:
                last = [f"{event['event']} {event.get('data', '')}" for event in self.history[-TOLD:]]
                raise Late(f"{late}; the last ones: {', '.join(last)}") from None

    def wait_migration(self, states, limit):
        """Waits for one of the states of a migration, and returns it."""
        event = self.wait(["MIGRATION"], limit,
                          lambda event: event["data"]["status"] in states)
        return event["data"]["status"]

    def forget_events(self):
        self.execute("query-status")
        self._events.clear()

    def close(self):
        self._lines.close()

    def _read(self, deadline):
        message = json.loads(self._lines.receive(deadline))
        if "event" in message:
            stamp = message["timestamp"]
            message["time"] = stamp["seconds"] + stamp["microseconds"] / 1e6
            self._events.append(message)
            self.history.append(message)
        return message
