"""Places in which so much happens that they are not listened to, and when the storm in one lulls, by its names alone.

To count the names of 100,000 files takes a fifteenth of a look at each of them. So while more and more come nobody
looks, and once none comes any more somebody does at once. Deliberately not here: what says that a storm begins, and
that it is over (`perceive.py`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

_PAUSE = 0.1
"""Seconds between two counts, at least; at least as long as a count takes."""
_LONGEST = 10.0
"""Seconds after which a place is looked at though more and more comes: what came first must not wait for the last."""


@dataclass(slots=True)
class _Storm:
    names: int = -1
    """At the last count."""
    looked: int = -1
    """As many were there when the place was looked at last."""
    at: float = 0.0
    """When it was."""
    again: float = 0.0
    """When to count again."""


class Storms:
    """By any key; moments are those of the monotonic clock."""

    def __init__(self) -> None:
        self._storms: dict[object, _Storm] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._storms

    def begin(self, key: object) -> None:
        """A storm has begun; nothing if it had already."""
        self._storms.setdefault(key, _Storm(at=time.monotonic()))

    def end(self, key: object) -> None:
        """It is over; nothing if there was none."""
        self._storms.pop(key, None)

    def left(self, key: object) -> float:
        """Seconds until the names may be counted again."""
        return max(0.0, self._storms[key].again - time.monotonic())

    def lulls(self, key: object, folders: Mapping[str, bool], rest: float) -> bool:
        """Whether to look now at a place with these folders (and whether all inside counts).

        So it is if no name has come since it was asked last. A `rest` that is left (seconds) is kept only where there
        is nothing that was not there at the last look. Fewer names are no storm: the rules themselves move files away.
        """
        storm, now = self._storms[key], time.monotonic()
        if now < storm.again:
            return False
        names = sum(_count(folder, deep) for folder, deep in folders.items())
        ended = time.monotonic()
        before, storm.names = storm.names, names
        storm.again = ended + max(_PAUSE, ended - now)
        calm = before >= 0 and names <= before
        wait = rest > 0 and names <= storm.looked if calm else ended - storm.at < _LONGEST
        if wait:
            return False
        storm.looked, storm.at = names, ended
        return True


def _count(folder: str, deep: bool) -> int:
    """How many names there are in a folder, or all the way down; hidden ones do not count."""
    names, pending = 0, [folder]
    while pending:
        with suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.name[0] != ".":
                    names += 1
                    if deep and entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
    return names
