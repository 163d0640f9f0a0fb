# SPDX-License-Identifier: GPL-2.0-only
"""Sums up what llvm-cov exports of several programs, file by file.

usage: coverage.py LCOV JSON LISTED... -- SUMMED...

A file that is compiled into many programs, or included by one, is covered where
any of them covers it.
"""

import collections
import json
import os
import sys


def read_lines(path):
    """{file: {line: count}}, from llvm-cov export -format=lcov"""
    files = collections.defaultdict(collections.Counter)
    with open(path, encoding="utf-8") as lcov:
        for text in lcov:
            if text.startswith("SF:"):
                lines = files[os.path.relpath(os.path.realpath(text[3:].strip()))]
            elif text.startswith("DA:"):
                line, count = text[3:].split(",")[:2]
                lines[int(line)] += int(count)
    return files


def read_branches(path):
    """{file: {(line, column): [times true, times false]}}"""
    files = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
    with open(path, encoding="utf-8") as export:
        data = json.load(export)["data"][0]
    for function in data["functions"]:
        names = [os.path.relpath(os.path.realpath(name)) for name in function["filenames"]]
        for line, column, _, _, true, false, file, *_ in function["branches"]:
            sides = files[names[file]][line, column]
            sides[0] += true
            sides[1] += false
    return files


def share(reached, total):
    return f"{reached}/{total} ({100 * reached / total:.1f} %)" if total else "none"


def summary(name, lines, branches):
    sides = [side for pair in branches.values() for side in pair]
    print(f"{name}: lines {share(sum(map(bool, lines.values())), len(lines))},"
          f" branches {share(sum(map(bool, sides)), len(sides))}")


def unreached(name, lines, branches):
    with open(name, encoding="utf-8") as source:
        text = [""] + source.read().split("\n")
    for line in sorted(lines):
        if not lines[line]:
            print(f"  {name}:{line}: never: {text[line].strip()}")
    for (line, column), sides in sorted(branches.items()):
        for side, word in zip(sides, ("true", "false")):
            if not side and lines.get(line):
                print(f"  {name}:{line}:{column}: never {word}:"
                      f" {text[line][column - 1:].strip()}")


def main():
    lines, branches = read_lines(sys.argv[1]), read_branches(sys.argv[2])
    names = sys.argv[3:]
    listed = names[:names.index("--")]
    for name in listed:
        summary(name, lines[name], branches[name])
        unreached(name, lines[name], branches[name])
    for name in names[len(listed) + 1:]:
        if name not in listed:
            summary(name, lines[name], branches[name])


main()
