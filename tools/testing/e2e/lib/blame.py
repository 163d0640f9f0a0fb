# SPDX-License-Identifier: GPL-2.0-only
"""Whose doing a failure is: the driver that has refused something says so, and why."""

from contextlib import contextmanager

from .tap import Tap, expect


@contextmanager
def blamed(vf, words):
    """
    What fails inside is that function's doing, and its driver gives that reason. The body is
    given what tells whether the driver has complained yet.
    """
    before = vf.errors()
    yield lambda: vf.errors() > before
    said = vf.says("last_error")
    Tap.note(f"the driver of {vf}: {said}")
    expect(vf.errors() > before, f"the driver of {vf} has nothing to complain of")
    expect(words in said, f"the driver of {vf} does not speak of: {words}")
