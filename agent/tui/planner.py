"""The model of this window: started when it is wanted, given up while the background service has one."""

from __future__ import annotations

import math
from collections.abc import Callable

from nearhand.agent.daemon.model import Resting
from nearhand.models.worker import PlanSource


class OwnModel(Resting):
    """A PlanSource of one engine, which ends with it."""

    def __init__(self, make: Callable[[], PlanSource]) -> None:
        super().__init__(make, math.inf, lambda: None)

    def close(self) -> None:
        """End the model's process for good."""
        self.end()

    def interrupt(self) -> None:
        """Break off the plan that another thread waits for."""
        source = self._awake
        if source is not None and hasattr(source, "interrupt"):
            source.interrupt()
