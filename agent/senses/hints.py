"""What the file system has hinted at since the last look: folders, and how often each.

Deliberately not here: where hints come from (`connectors/watch.py`), and what is made of them (`perceive.py`).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping


class Hints:
    """Written by the threads of watchdog, taken by the one that looks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folders: Counter[str] = Counter()

    def add(self, folder: str) -> None:
        """Something may have changed in this folder."""
        with self._lock:
            self._folders[folder] += 1

    def take(self) -> Mapping[str, int]:
        """The folders since it was asked last, with the number of hints for each."""
        with self._lock:
            taken, self._folders = self._folders, Counter()
            return taken
