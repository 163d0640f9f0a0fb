# SPDX-License-Identifier: GPL-2.0-only
"""Talks to the agent in the guest, see tools/guest/agent."""

import json

from .lines import LineSocket
from .waiting import Deadline

ANSWER_LIMIT = 90


class AgentError(Exception):
    """The guest could not do it."""


class Agent:
    def __init__(self, sock):
        self._lines = LineSocket(sock)
        self._id = 0

    def ask(self, command, limit=ANSWER_LIMIT):
        self._id += 1
        self._lines.send(f"{self._id} {command}")
        deadline = Deadline(limit, f"the guest's answer to '{command}'")
        while True:
            line = self._lines.receive(deadline)
            try:
                answer = json.loads(line)
            except ValueError:
                continue  # what a killed or migrated guest left on the line
            if isinstance(answer, dict) and answer.pop("id", None) == self._id:
                break
        if "error" in answer:
            raise AgentError(f"{command}: {answer['error']}")
        return answer

    def tell(self, words):
        """To a guest that does not answer."""
        self._lines.send(words)

    def wait_ready(self, limit):
        """The agent says so when it begins; what is sent earlier is lost."""
        deadline = Deadline(limit, "the guest's agent")
        while '"ready"' not in self._lines.receive(deadline):
            pass

    def shell(self, command, limit=ANSWER_LIMIT):
        answer = self.ask(f"sh {command}", limit)
        if answer["status"]:
            raise AgentError(f"{command}: status {answer['status']}: {answer['output']}")
        return answer["output"]

    def continue_after(self, other):
        """The guest has moved here: the numbering goes on."""
        self._id = other._id

    def close(self):
        self._lines.close()
