"""What is done between requests: looks that panes want, and chores on the disk. Handed in from any thread, done in one.

Of several looks with one key only the last is done, so that somebody who types fast is not waited for.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from textual.message import Message

from nearhand.agent.tui import messages
from nearhand.agent.tui.opening import sentence

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

_T = TypeVar("_T")


@dataclass(slots=True)
class Errands:
    """A row of looks and one of chores."""

    lock: threading.Condition
    post: Callable[[Message], object]
    _looks: dict[str, Callable[[Engine], None]] = field(default_factory=dict)
    _chores: deque[tuple[str, Callable[[], None], Callable[[], None]]] = field(default_factory=deque)

    def look(self, key: str, find: Callable[[Engine], _T], then: Callable[[_T], None]) -> None:
        """Have something found out and handed to `then` in the app; hold the lock."""

        def run(engine: Engine) -> None:
            found = find(engine)
            self.post(messages.Seen(key, lambda: then(found)))

        self._looks.pop(key, None)
        self._looks[key] = run

    def chore(self, key: str, work: Callable[[], None], then: Callable[[], None] | None) -> None:
        """Have something done that needs no engine; hold the lock."""
        self._chores.append((key, work, then or _nothing))

    @property
    def any(self) -> bool:
        """Whether there is something to do."""
        return bool(self._looks or self._chores)

    def forget_looks(self) -> None:
        """There is nothing to look at; panes ask again when there is."""
        with self.lock:
            self._looks.clear()

    def run(self, engine: Engine) -> None:
        """Do everything that is there."""
        self.run_chores()
        while self._looks:
            with self.lock:
                key = next(iter(self._looks))
                run = self._looks.pop(key)
            try:
                run(engine)
            except Exception as error:
                self.post(messages.Trouble(key, sentence(error)))

    def run_chores(self) -> None:
        """Do what needs no engine."""
        while self._chores:
            key, work, then = self._chores.popleft()
            try:
                work()
                self.post(messages.Seen(key, then))
            except Exception as error:
                self.post(messages.Trouble(key, sentence(error)))


def _nothing() -> None:
    """Nobody waits for it."""
