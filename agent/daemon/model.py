"""The model as the daemon has it: shared by all who ask, started when it is needed, ended when nobody has for a while.

One request at a time; the model's own process is single. Deliberately not here: what a plan is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from nearhand.models.language import Plan
from nearhand.models.worker import Answer, PlanSource


class Resting:
    """A PlanSource that is not there most of the time."""

    def __init__(
        self,
        make: Callable[[], PlanSource],
        idle: float,
        used: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`used` is called after each use, so that whoever sleeps can reckon anew when to call `rest`."""
        self._make, self.idle, self._used, self._clock = make, idle, used, clock
        self._lock = threading.Lock()
        self._awake: PlanSource | None = None
        self._last = 0.0

    @property
    def threshold(self) -> float:
        """The confidence below which the agent asks."""
        with self._lock:
            return self._source().threshold

    def plan(self, request: str, before: tuple[str, Plan] | None = None) -> Answer:
        """Ask for a plan; starts the model if it rests."""
        try:
            with self._lock:
                try:
                    return self._source().plan(request, before)
                finally:
                    self._last = self._clock()
        finally:
            self._used()

    def wake(self) -> None:
        """Start the model, because somebody is about to ask; does not wait for it."""
        with self._lock:
            self._source()
        self._used()

    def close(self) -> None:
        """Does nothing: it is shared. See `end`."""

    @property
    def awake(self) -> bool:
        """Whether the model's process is there."""
        return self._awake is not None

    def left(self) -> float | None:
        """Seconds until it may rest; None while it does."""
        return None if self._awake is None else max(0.0, self._last + self.idle - self._clock())

    def rest(self) -> bool:
        """End the model's process if nobody has asked for long enough; True if it did. Never waits for a plan."""
        if self._awake is None or self.left() or not self._lock.acquire(blocking=False):
            return False
        try:
            return not self.left() and self._end()
        finally:
            self._lock.release()

    def end(self) -> None:
        """End the model's process now."""
        with self._lock:
            self._end()

    def _end(self) -> bool:
        source, self._awake = self._awake, None
        if source is not None:
            source.close()
        return source is not None

    def _source(self) -> PlanSource:
        if self._awake is None:
            self._awake, self._last = self._make(), self._clock()
        return self._awake
