"""When a file that has just come or changed has settled: nobody has it open for writing, and it has stood still."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from nearhand.agent.senses.places import Place

_STILL = 0.2
"""Seconds for which a file must not change once it is known to be closed."""
_STILL_UNKNOWN = 2.0
"""Seconds where the system does not tell whether it is open."""
_MOST = 60.0
"""A file that somebody keeps open is looked at again this often, at least."""


class Settling:
    """Files that were seen and have not settled yet. Forgotten when the process ends: then they are looked at anew."""

    def __init__(self) -> None:
        self._since: dict[Place, dict[str, tuple[str, float]]] = {}
        self._again = 0.0

    @property
    def waiting(self) -> bool:
        """Whether anything has yet to settle."""
        return any(self._since.values())

    def waits(self, place: Place) -> bool:
        """Whether anything in a place has yet to settle."""
        return bool(self._since.get(place))

    def left(self) -> timedelta:
        """How long to wait before looking again."""
        return timedelta(seconds=max(0.0, self._again - time.monotonic()))

    def folders(self, place: Place) -> set[str]:
        """The folders of what has yet to settle in a place."""
        return {ref.rpartition("/")[0] for ref in self._since.get(place, {})}

    def settled(self, place: Place, found: Mapping[str, str]) -> dict[str, str]:
        """Of what is new or changed (ref and version): what has settled. The rest is remembered for the next look."""
        now, before = time.monotonic(), self._since.get(place, {})
        waiting: dict[str, tuple[str, float]] = {}
        ready: dict[str, str] = {}
        pause = _MOST
        for ref, version in found.items():
            known = before.get(ref)
            since = known[1] if known and known[0] == version else now
            need, still = (0.0, 0.0) if version.count(":") == 1 else _needed(ref)
            left = None if need is None else need - max(now - since, still)
            if left is not None and left <= 0:
                ready[ref] = version
                continue
            waiting[ref] = (version, since)
            pause = min(pause, 1.0 if left is None else max(0.02, left))
        self._since[place] = waiting
        if waiting:
            self._again = now + pause
        return ready


def _needed(path: str) -> tuple[float | None, float]:
    """Seconds that a file has to stand still, None while somebody has it open for writing; and for how long it has."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            need = _leased(handle)
            # Where nobody tells who has it open, its times may be those of another machine's clock.
            return need, time.time() - os.fstat(handle).st_ctime if need == _STILL else 0.0
        finally:
            os.close(handle)
    return (0.0 if not Path(path).is_file() else _STILL_UNKNOWN), 0.0


def _leased(handle: int) -> float | None:
    """A read lease is given only for a file that nobody has open for writing (fcntl(2), F_SETLEASE).

    It ends when the handle is closed.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return _STILL_UNKNOWN
    try:
        # Whoever opens it for writing meanwhile would end this process with SIGIO; SIGURG is ignored by everybody.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return None if error.errno == errno.EAGAIN else _STILL_UNKNOWN
    return _STILL
