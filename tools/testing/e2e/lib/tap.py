# SPDX-License-Identifier: GPL-2.0-only
"""Test results in TAP; a scenario is a function that raises what is wrong."""

import faulthandler
import sys
import time
import traceback

from .settings import PATIENCE
from .vm import Vm, report

# Seconds without a word; longer than any scenario takes.
STUCK = min(600 * PATIENCE, 1800)


def _end_if_stuck():
    """What has no limit after all: ends the run, and says where it was."""
    faulthandler.dump_traceback_later(STUCK, exit=True, file=sys.stderr)


class Skip(Exception):
    """Cannot be tested here, for the reason given."""


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


class Tap:
    def __init__(self, planned):
        self._number = 0
        self.passed = self.failed = self.skipped = 0
        print(f"TAP version 13\n1..{planned}", flush=True)

    def run(self, name, function, *arguments):
        self._number += 1
        start, first_vm = time.monotonic(), Vm.count
        verdict, why = "ok", []
        self.note(f"begins {name}")
        try:
            function(*arguments)
            self.passed += 1
        except Skip as reason:
            self.skipped += 1
            name += f" # SKIP {reason}"
        except Exception as error:
            self.failed += 1
            verdict = "not ok"
            why = [f"{type(error).__name__}: {error}"]
            if not (isinstance(error, AssertionError) and str in map(type, error.args)):
                why += traceback.format_exc().splitlines()
            why += report(first_vm)
        finally:
            _end_if_stuck()
        for line in why:
            self.note(line)
        print(f"{verdict} {self._number} {name}", flush=True)
        self.note(f"time={time.monotonic() - start:.3f} s")
        return verdict == "ok"

    @staticmethod
    def note(text):
        """Whoever has something to say is not stuck."""
        _end_if_stuck()
        print(f"# {text}", flush=True)

    def end(self):
        faulthandler.cancel_dump_traceback_later()
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        return 1 if self.failed else 0
