"""One card that waits for its answer: the engine's thread waits here, whoever decides comes from another."""

from __future__ import annotations

import threading
from collections.abc import Callable

from nearhand.agent.tui.decisions import Decision, No


class Deciding:
    """The place where a card waits. All of it under one lock, which is the desk's."""

    def __init__(self, lock: threading.Condition) -> None:
        self._lock = lock
        self._decision: Decision | None = None
        self.waits = False
        """Whether a card is there that can still be answered, or has just been."""

    @property
    def open(self) -> bool:
        """Whether nobody has answered yet."""
        return self._decision is None

    def take(self, decision: Decision, anyway: bool = False) -> bool:
        """Answer the card; whether there was one without an answer. `anyway` overrules an answer. Hold the lock."""
        if not self.waits or not (anyway or self.open):
            return False
        self._decision = decision
        self._lock.notify_all()
        return True

    def wait(self, meanwhile: Callable[[], None], idle: Callable[[], bool], over: Callable[[], bool]) -> Decision:
        """The answer; `meanwhile` is done until it comes, again whenever not `idle`; No when it is all `over`."""
        try:
            while True:
                meanwhile()
                with self._lock:
                    if self._decision is not None or over():
                        return self._decision or No()
                    if idle():
                        self._lock.wait()
        finally:
            with self._lock:
                self.waits = False

    def begin(self) -> None:
        """A card is about to be shown; hold the lock."""
        self.waits, self._decision = True, None
