# SPDX-License-Identifier: GPL-2.0-only
"""Waiting has an end, and says what it waited for."""

import time

from .settings import PATIENCE


class Late(Exception):
    """Something did not happen in time."""


class Deadline:
    def __init__(self, seconds, what):
        seconds *= PATIENCE
        self._what = f"{what} (not within {seconds:g} s)"
        self._end = time.monotonic() + seconds

    def left(self):
        """Seconds that are left; raises Late when there are none."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise Late(self._what)
        return seconds


def until(condition, seconds, what, interval=0.02):
    """For what has no event: files in /sys, another process. Polls."""
    deadline = Deadline(seconds, what)
    while not (value := condition()):
        time.sleep(min(interval, deadline.left()))
    return value
