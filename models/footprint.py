"""How much memory processes took at their highest, read from /proc.

Elsewhere than on Linux only what has ended can be asked (`resource`), so there `peak` of a running process is 0, which
means unknown. Pages that processes share (libraries, the mapped model) count in each of them.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_PEAK = re.compile(r"^VmHWM:\s*(\d+) kB", re.M)


def peak(process: int) -> int:
    """The most bytes a process has held at once so far; 0 if that is unknown."""
    with suppress(OSError):
        found = _PEAK.search((_PROC / str(process) / "status").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0


def current() -> int:
    """The bytes that this process holds now; the most it has held where nothing else can be asked."""
    with suppress(OSError):
        return int((_PROC / "self" / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def children(process: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found: list[int] = []
    with suppress(OSError):
        for task in (_PROC / str(process) / "task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def descendants(process: int) -> list[int]:
    """A process and everything under it."""
    return [process, *(each for child in children(process) for each in descendants(child))]


def peak_of_ended() -> int:
    """The most bytes any child that has ended held at once."""
    import resource

    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
