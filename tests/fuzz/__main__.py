"""Fuzzes our own parsers for as long as one likes; prints what falls, with the text that it fell over.

    .venv/bin/python -m tests.fuzz --seconds 3600            every target in turn
    .venv/bin/python -m tests.fuzz --seconds 60 times plans  only these
    .venv/bin/python -m tests.fuzz --atheris --seconds 600   guided by coverage, where atheris is installed

A text that takes longer than two seconds is a finding too. Put what was mended into FOUND in test_fuzz.py.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback

_SLOW = 2.0


def main() -> int:
    """Fuzz; returns 1 if there were findings."""
    read = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz our own parsers.")
    read.add_argument("targets", nargs="*", metavar="TARGET", help="such as plans, times, configs, rules; else all of them")
    read.add_argument("--seconds", type=float, default=60.0, help="for all targets together")
    read.add_argument("--seed", type=int, default=int(time.time()))
    read.add_argument("--atheris", action="store_true")
    options = read.parse_args()
    if options.atheris:
        from .guided import guided

        return guided(options.targets, options.seconds)
    from .targets import TARGETS

    chosen = options.targets or list(TARGETS)
    each = options.seconds / len(chosen)
    return max(timed(name, each, random.Random(options.seed)) for name in chosen)


def timed(name: str, seconds: float, draw: random.Random) -> int:
    """Fuzz one target for so long; returns 1 if there were findings."""
    from .targets import TARGETS, mutated, seeds

    known, fell, tried = seeds(name), dict[str, str](), 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        tried += 1
        text = mutated(draw, known)
        begun = time.thread_time()
        try:
            TARGETS[name](text)
        except Exception:
            told = traceback.format_exc()
            fell.setdefault("".join(told.splitlines()[-4:]), f"{told}\n{text!r}")
        if time.thread_time() - begun > _SLOW:
            fell.setdefault(f"slow {len(fell)}", f"slow: {time.thread_time() - begun:.1f} s\n{text!r}")
    print(f"{name}: {tried} texts, {len(fell)} findings", flush=True)
    for found in list(fell.values())[:5]:
        print(found[:3000], flush=True)
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
