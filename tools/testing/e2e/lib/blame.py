# SPDX-License-Identifier: GPL-2.0-only
"""Whose doing a failure is: the driver that has refused something says so, and why."""

from contextlib import contextmanager

from .tap import Tap, expect


@contextmanager
def blamed(vf, words, other=None):
    """
    What fails inside is that function's doing, and its driver gives that reason; or the other's,
    where both meet it and either may be the first. The body is given what tells whether a
    driver has complained yet.
    """
    before = {one: one.errors() for one in (vf, other) if one}

    def complaining():
        return [one for one, errors in before.items() if one.errors() > errors]

    yield complaining
    for one in complaining():
        Tap.note(f"the driver of {one}: {one.says('last_error')}")
    expect(complaining(), f"the driver of {vf} has nothing to complain of")
    expect(any(words in one.says("last_error") for one in complaining()),
           f"the driver of {vf} does not speak of: {words}")
