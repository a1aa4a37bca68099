"""The one thread that owns the engine: requests one after another, looks in between, messages back.

Requests are acted on in `acting.py`, by the background service while one runs (`service.py`); panes always look into
the profile's own index and journal. While a card waits for its yes or no, and between two slices of indexing, looks are
done. A stop reaches whoever acts at once. Widgets hand in work and return.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from textual.message import Message

from nearhand.agent.tui import messages, news
from nearhand.agent.tui.acting import Acting, Request, Work
from nearhand.agent.tui.decisions import Decision
from nearhand.agent.tui.errands import Errands
from nearhand.agent.tui.opening import facts_of, no_profile_yet, sentence
from nearhand.agent.tui.service import Alone, Find, Heard, Service
from nearhand.connectors.errors import NearhandError

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

_T = TypeVar("_T")
Open = Callable[["Progress"], AbstractContextManager["Engine"]]
Progress = Callable[[str, int, int], None]
_SLICE = 1.5
"""Seconds of indexing at a time."""


class Desk:
    """Work for the engine, from any thread."""

    def __init__(
        self, opener: Open, post: Callable[[Message], object], now: datetime | None = None, find: Find | None = None
    ) -> None:
        """`now` is the fixed clock, if there is one; `find` connects to the background service."""
        self.opener, self.post, self.now = opener, post, now
        self._lock = threading.Condition()
        self._errands = Errands(self._lock, post)
        self._heard: deque[Heard] = deque()
        self._acting = Acting(self._lock, post, self)
        self._service = self._acting.service = Service(find, self._hear, self._told) if find else None
        self.closed = self._reopen = False
        self._stale = self._busy = True
        self._engine: Engine | None = None
        self._thread: threading.Thread | None = None

    # --- from the app -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the profile, in the background."""
        self._thread = threading.Thread(target=self._run, name="nearhand engine", daemon=True)
        self._thread.start()
        if self._service is not None:
            self._service.start()

    def close(self) -> None:
        """Finish what is being written, and let go of everything."""
        self.stop()
        with self._lock:
            self.closed = True
            self._lock.notify_all()
        if self._thread is not None:
            self._thread.join(10)
        if self._service is not None:
            self._service.close()

    def ask(self, text: str, work: Work) -> None:
        """Do something for the person; a Replied follows."""
        with self._lock:
            self._acting.add(text, work)
            self._wake()

    def look(self, key: str, find: Callable[[Engine], _T], then: Callable[[_T], None]) -> None:
        """Find something out and hand it to `then` in the app; of several with one key only the last is looked up."""
        with self._lock:
            self._errands.look(key, find, then)
            self._wake()

    def chore(self, key: str, work: Callable[[], None], then: Callable[[], None] | None = None) -> None:
        """Do something on the disk that needs no engine; `then` in the app, or a Trouble with this key, follows."""
        with self._lock:
            self._errands.chore(key, work, then)
            self._wake()

    def reopen(self) -> None:
        """Open the profile again, after its config has changed or could not be read."""
        with self._lock:
            self._reopen = True
            self._wake()

    def touch(self) -> None:
        """Look what has changed in the world, when there is time."""
        with self._lock:
            self._stale = True
            self._wake()

    def decide(self, decision: Decision) -> bool:
        """Answer the card that waits; whether one did, and had no answer yet."""
        with self._lock:
            taken = self._acting.card.take(decision)
            self._busy = self._busy or taken
            return taken

    def stop(self) -> None:
        """Nothing more is done from this moment on; what waits for its turn is dropped."""
        with self._lock:
            self._acting.stop(self._engine)
            self._lock.notify_all()

    @property
    def working(self) -> bool:
        """Whether a request is on its way."""
        return self._acting.working

    @property
    def deciding(self) -> bool:
        """Whether a card waits for an answer."""
        return self._acting.card.waits

    @property
    def idle(self) -> bool:
        """Whether there is nothing left to do but what a person decides."""
        with self._lock:
            if self.errand or self._reopen:
                return False
            if self._acting.card.waits:
                return self._acting.card.open
            return not (self._busy or self._acting.waits or self._stale)

    @property
    def errand(self) -> bool:
        """Whether there is something small to do."""
        return self._errands.any or bool(self._heard)

    def _wake(self) -> None:
        self._busy = True
        self._lock.notify_all()

    def _hear(self, heard: Heard) -> None:
        """The service has something to tell; a plan of one that has gone cannot be answered any more."""
        with self._lock:
            self._heard.append(heard)
            if isinstance(heard, Alone):
                self._acting.service_gone(self._engine)
            self._wake()

    # --- in the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self.closed:
            try:
                with self.opener(self.told) as engine:
                    self._engine = engine
                    self.post(messages.Opened(facts_of(engine, self.now)))
                    news.tell(engine, self.post)
                    self._serve(engine)
            except Exception as error:
                self._failed(error)
            finally:
                self._engine = None

    def _failed(self, error: Exception) -> None:
        """Say why the profile is not open, and wait until somebody wants it tried again."""
        self.post(messages.NotOpened(sentence(error), no_profile_yet(error)))
        self._reopen = self._stale = False
        self._acting.drop(error)
        while not self.closed and not self._reopen:
            self._errands.run_chores()
            self._errands.forget_looks()
            with self._lock:
                if not (self.closed or self._reopen or self._errands.any):
                    self._busy = False
                    self._lock.wait()
        self._reopen, self._stale = False, True

    def _serve(self, engine: Engine) -> None:
        while (request := self._next(engine)) is not None:
            self._acting.do(engine, request)
            self._stale = True
            news.tell(engine, self.post)

    def _next(self, engine: Engine) -> Request | None:
        """The next request; until there is one, errands and indexing are done. None is the end."""
        while True:
            self.small(engine)
            with self._lock:
                if self.closed or self._reopen:
                    self._reopen = False
                    return None
                if request := self._acting.next():
                    return request
                if self.errand:
                    continue
                if not self._stale:
                    self._busy = False
                    self._lock.wait()
                    continue
            self._catch_up(engine)

    def small(self, engine: Engine) -> None:
        """What takes a moment."""
        while self._heard:
            try:
                news.take(engine, self._heard.popleft(), self.post)
            except Exception as error:
                self.post(messages.Trouble("service", sentence(error)))
            self._stale = True
        self._errands.run(engine)

    def _catch_up(self, engine: Engine) -> None:
        """One slice of bringing the index up to date."""
        with self._lock:
            self._stale = False
        engine.home.forget()
        for area in engine.home.connectors:
            before = engine.home.index.writes
            try:
                while not engine.home.catch_up(area, _SLICE) and not (self.closed or self._acting.waits):
                    self.small(engine)
            except Exception as error:
                self.post(messages.Trouble(area, sentence(error)))
            if before != engine.home.index.writes:
                self.post(messages.Changed(area))
            if self._acting.waits:
                self._stale = True
                return

    def told(self, what: str, done: int, total: int) -> None:
        """Show how far long work of the current request is; raises when that was stopped."""
        self._told(what, done, total)
        if self._acting.stopped:
            raise NearhandError("You stopped it. Nothing was done.")

    def _told(self, what: str, done: int, total: int) -> None:
        self.post(messages.Progressed(what, done, total))
