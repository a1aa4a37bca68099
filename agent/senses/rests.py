"""How long a place is left alone after a look that took long, so that looks never take more than half of all time.

A folder of 100,000 files in which something happens all the time would otherwise be looked at all the time, and a burst
would cost its square. Deliberately not here: what says that a place should be looked at again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from nearhand.agent.senses.places import Place

_QUICK = 0.05
"""Seconds that a look may take without anybody minding."""
_LONGEST = 10.0


class Rests:
    """Until when each place is left alone."""

    def __init__(self) -> None:
        self._until: dict[Place, float] = {}

    def left(self, place: Place) -> float:
        """Seconds for which a place is left alone."""
        return max(0.0, self._until.get(place, 0.0) - time.monotonic())

    @contextmanager
    def looking(self, place: Place) -> Iterator[None]:
        """Around a look: afterwards the place rests for as long as it took."""
        begun = time.monotonic()
        try:
            yield
        finally:
            ended = time.monotonic()
            if ended - begun > _QUICK:
                self._until[place] = ended + min(ended - begun, _LONGEST)
