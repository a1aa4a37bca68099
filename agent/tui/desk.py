"""The one thread that owns the engine: requests one after another, looks in between, messages back.

While a card waits for its yes or no, and between two slices of indexing, what panes want to see is still looked up. A
stop reaches the engine at once, and breaks off a plan that is still being made. Widgets hand in work and return.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from textual.message import Message

from nearhand.agent.tui import messages
from nearhand.agent.tui.decisions import Always, Decision, Edit, No, Yes
from nearhand.agent.tui.opening import facts_of, failure, no_profile_yet, sentence
from nearhand.connectors.errors import NearhandError

if TYPE_CHECKING:
    from nearhand.agent.approve import Approve, Card
    from nearhand.agent.loop import Engine
    from nearhand.agent.reply import Reply

_T = TypeVar("_T")
Open = Callable[["Progress"], AbstractContextManager["Engine"]]
Progress = Callable[[str, int, int], None]
Work = Callable[["Engine", "Approve"], "Reply"]
_SLICE = 1.5
"""Seconds of indexing at a time."""


class Interruptible(Protocol):
    """A planner that can be broken off."""

    def interrupt(self) -> None:
        """Give up the plan that is being made."""


@dataclass(slots=True)
class _Request:
    text: str
    work: Work
    stopped: bool = False


@dataclass(slots=True)
class Desk:
    """Work for the engine, from any thread."""

    opener: Open
    post: Callable[[Message], object]
    now: datetime | None = None
    """The fixed clock, if there is one."""
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _requests: deque[_Request] = field(default_factory=deque)
    _looks: dict[str, Callable[[Engine], None]] = field(default_factory=dict)
    _chores: deque[tuple[str, Callable[[], None], Callable[[], None]]] = field(default_factory=deque)
    _decision: Decision | None = None
    _current: _Request | None = None
    _deciding: bool = False
    _closed: bool = False
    _reopen: bool = False
    _stale: bool = True
    _busy: bool = True
    _engine: Engine | None = None
    _thread: threading.Thread | None = None

    # --- from the app -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the profile, in the background."""
        self._thread = threading.Thread(target=self._run, name="nearhand engine", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish what is being written, and let go of everything."""
        self.stop()
        with self._lock:
            self._closed = True
            self._lock.notify_all()
        if self._thread is not None:
            self._thread.join(10)

    def ask(self, text: str, work: Work) -> None:
        """Do something for the person; a Replied follows."""
        with self._lock:
            self._requests.append(_Request(text, work))
            self._wake()

    def look(self, key: str, find: Callable[[Engine], _T], then: Callable[[_T], None]) -> None:
        """Find something out and hand it to `then` in the app; of several with one key only the last is looked up."""

        def run(engine: Engine) -> None:
            found = find(engine)
            self.post(messages.Seen(key, lambda: then(found)))

        with self._lock:
            self._looks.pop(key, None)
            self._looks[key] = run
            self._wake()

    def chore(self, key: str, work: Callable[[], None], then: Callable[[], None] | None = None) -> None:
        """Do something on the disk that needs no engine; `then` in the app, or a Trouble with this key, follows."""
        with self._lock:
            self._chores.append((key, work, then or _nothing))
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
            waits = self._deciding and self._decision is None
            if waits:
                self._decision = decision
                self._wake()
            return waits

    def stop(self) -> None:
        """Nothing more is done from this moment on; what waits for its turn is dropped."""
        engine = self._engine
        with self._lock:
            for request in self._requests:
                request.stopped = True
            if self._current is None:
                return
            self._current.stopped = True
            if engine is not None:
                engine.stop.set()
            if self._deciding:
                self._decision = No()
            elif engine is not None and hasattr(engine.planner, "interrupt"):
                engine.planner.interrupt()
            self._lock.notify_all()

    @property
    def working(self) -> bool:
        """Whether a request is on its way."""
        return self._current is not None or bool(self._requests)

    @property
    def deciding(self) -> bool:
        """Whether a card waits for an answer."""
        return self._deciding

    @property
    def idle(self) -> bool:
        """Whether there is nothing left to do but what a person decides."""
        with self._lock:
            if self._looks or self._chores or self._reopen:
                return False
            if self._deciding:
                return self._decision is None
            return not (self._busy or self._requests or self._stale)

    def _wake(self) -> None:
        self._busy = True
        self._lock.notify_all()

    # --- in the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closed:
            try:
                with self.opener(self._progress) as engine:
                    self._engine = engine
                    self.post(messages.Opened(facts_of(engine, self.now)))
                    self._serve(engine)
            except Exception as error:
                self._failed(error)
            finally:
                self._engine = None

    def _failed(self, error: Exception) -> None:
        """Say why the profile is not open, and wait until somebody wants it tried again."""
        self.post(messages.NotOpened(sentence(error), no_profile_yet(error)))
        self._reopen = self._stale = False
        for request in self._requests:
            self.post(messages.Replied(failure(request.text, error)))
        self._requests.clear()
        while not self._closed and not self._reopen:
            self._do_chores()
            with self._lock:
                self._looks.clear()  # there is nothing to look at; panes ask again when it is open
                if not (self._closed or self._reopen or self._chores):
                    self._busy = False
                    self._lock.wait()
        self._reopen, self._stale = False, True

    def _serve(self, engine: Engine) -> None:
        while (request := self._next(engine)) is not None:
            self._do(engine, request)

    def _next(self, engine: Engine) -> _Request | None:
        """The next request; until there is one, chores, looks and indexing are done. None is the end."""
        while True:
            self._small(engine)
            with self._lock:
                if self._closed or self._reopen:
                    self._reopen = False
                    return None
                if self._requests:
                    self._current = self._requests.popleft()
                    if not self._current.stopped:
                        engine.stop.clear()
                    return self._current
                if self._looks or self._chores:
                    continue
                if not self._stale:
                    self._busy = False
                    self._lock.wait()
                    continue
            self._catch_up(engine)

    def _small(self, engine: Engine) -> None:
        """What takes a moment."""
        self._do_chores()
        while self._looks:
            with self._lock:
                key = next(iter(self._looks))
                run = self._looks.pop(key)
            try:
                run(engine)
            except Exception as error:
                self.post(messages.Trouble(key, sentence(error)))

    def _do_chores(self) -> None:
        while self._chores:
            key, work, then = self._chores.popleft()
            try:
                work()
                self.post(messages.Seen(key, then))
            except Exception as error:
                self.post(messages.Trouble(key, sentence(error)))

    def _catch_up(self, engine: Engine) -> None:
        """One slice of bringing the index up to date."""
        with self._lock:
            self._stale = False
        engine.home.forget()
        for area in engine.home.connectors:
            before = engine.home.index.writes
            try:
                while not engine.home.catch_up(area, _SLICE) and not (self._closed or self._requests):
                    self._small(engine)
            except Exception as error:
                self.post(messages.Trouble(area, sentence(error)))
            if before != engine.home.index.writes:
                self.post(messages.Changed(area))
            if self._requests:
                self._stale = True
                return

    def _do(self, engine: Engine, request: _Request) -> None:
        from nearhand.agent.turns import stopped

        try:
            reply = request.work(engine, self._approve) if not request.stopped else stopped(failure(request.text))
        except Exception as error:
            reply = failure(request.text, error)
        with self._lock:
            self._current = None
            self._stale = True
        self.post(messages.Replied(reply))

    def _approve(self, card: Card) -> bool:
        """Show a card and wait for the answer; looks go on meanwhile."""
        from nearhand.agent.policy import grants

        engine = self._engine
        assert engine is not None
        decision = self._decided(engine, card)
        if isinstance(decision, Always):
            grants.add(engine.home.profile, card.grants, engine.home.clock.now)
        if isinstance(decision, Edit) and card.plan is not None:
            self._edited(card, decision)
        return isinstance(decision, Yes | Always)

    def _decided(self, engine: Engine, card: Card) -> Decision:
        if self._current is not None and self._current.stopped:
            return No()
        with self._lock:
            self._deciding, self._decision = True, None
        self.post(messages.CardShown(card))
        try:
            while True:
                self._small(engine)
                with self._lock:
                    if self._decision is not None or self._closed:
                        return self._decision or No()
                    if not (self._looks or self._chores):
                        self._lock.wait()
        finally:
            with self._lock:
                self._deciding = False

    def _edited(self, card: Card, edit: Edit) -> None:
        """Put the changed plan next in line."""
        from nearhand.agent.showing.card_steps import edited

        plan = card.plan
        assert plan is not None
        with self._lock:
            text = self._current.text if self._current else ""
            changed = lambda engine, approve: engine.do_plan(edited(plan, edit.number, edit.slot, edit.text), approve)  # noqa: E731
            self._requests.appendleft(_Request(text, changed))

    def _progress(self, what: str, done: int, total: int) -> None:
        self.post(messages.Progressed(what, done, total))
        if self._current is not None and self._current.stopped:
            raise NearhandError("You stopped it. Nothing was done.")


def _nothing() -> None:
    """Nobody waits for it."""
