"""Requests, one after another: who acts on each, the card that waits for its answer, and the stop that reaches both.

A request goes to the background service while one runs, else to the engine of this window. Everything here is under the
desk's one lock; `do` runs in the engine's thread. Deliberately not here: looks, indexing, and opening (`desk.py`).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from textual.message import Message

from nearhand.agent.tui import messages
from nearhand.agent.tui.deciding import Deciding
from nearhand.agent.tui.decisions import Always, Decision, Edit, No, Yes
from nearhand.agent.tui.opening import failure
from nearhand.agent.tui.service import Service
from nearhand.connectors.errors import NearhandError

if TYPE_CHECKING:
    from nearhand.agent.approve import Approve, Card
    from nearhand.agent.daemon.remote import Remote
    from nearhand.agent.loop import Engine
    from nearhand.agent.reply import Reply

Hands: TypeAlias = "Engine | Remote"
"""Who acts: the engine of this window, or the background service."""
Work: TypeAlias = "Callable[[Hands, Approve], Reply]"


class Surroundings(Protocol):
    """What is done while a card waits; the desk."""

    @property
    def closed(self) -> bool:
        """Whether the app ends."""

    @property
    def errand(self) -> bool:
        """Whether there is something small to do."""

    def small(self, engine: Engine) -> None:
        """Do what takes a moment."""


@dataclass(slots=True)
class Request:
    """Something the person wants done."""

    text: str
    work: Work
    whose: Hands | None = None
    """Who has to do it, because it goes on with what that one began; None if it is all the same."""
    stopped: bool = False


class Acting:
    """The row of requests."""

    def __init__(self, lock: threading.Condition, post: Callable[[Message], object], around: Surroundings) -> None:
        self._lock, self._post, self._around = lock, post, around
        self.service: Service | None = None
        self.card = Deciding(lock)
        self._requests: deque[Request] = deque()
        self._current: Request | None = None
        self._hands: Hands | None = None
        """Who acts on the current request."""

    @property
    def waits(self) -> bool:
        """Whether a request waits for its turn."""
        return bool(self._requests)

    @property
    def working(self) -> bool:
        """Whether a request is on its way."""
        return self._current is not None or self.waits

    @property
    def stopped(self) -> bool:
        """Whether the current request was stopped."""
        return self._current is not None and self._current.stopped

    def add(self, text: str, work: Work) -> None:
        """Put a request into the row; hold the lock."""
        self._requests.append(Request(text, work))

    def next(self) -> Request | None:
        """The request whose turn it is; hold the lock."""
        self._current = self._requests.popleft() if self._requests else None
        return self._current

    def drop(self, error: Exception) -> None:
        """Nothing can be done now; say so to everybody in the row."""
        for request in self._requests:
            self._post(messages.Replied(failure(request.text, error)))
        self._requests.clear()

    def stop(self, engine: Engine | None) -> None:
        """Stop whoever acts, and drop what waits; hold the lock."""
        for request in self._requests:
            request.stopped = True
        if self._current is None:
            return
        self._current.stopped = True
        if self._hands is not None:
            self._hands.stop.set()
        if not self.card.take(No(), anyway=True) and engine is not None and self._hands is engine:
            _interrupt(engine)

    def service_gone(self, engine: Engine | None) -> None:
        """What the service asked cannot be answered any more; hold the lock."""
        if self._hands is not engine:
            self.card.take(No(), anyway=True)

    # --- in the engine's thread ---------------------------------------------------------------------------------------

    def do(self, engine: Engine, request: Request) -> None:
        """Act on a request; a Replied follows, whatever comes of it."""
        try:
            hands = self._whose(engine, request)
            with self._lock:
                self._hands = hands
                if not request.stopped:
                    hands.stop.clear()
            reply = self._done(engine, hands, request)
        except Exception as error:
            reply = failure(request.text, error)
        with self._lock:
            self._current = self._hands = None
        self._post(messages.Replied(reply))

    def _whose(self, engine: Engine, request: Request) -> Hands:
        """Who acts: whoever began it, else the service if one runs, but the engine here if that has asked something."""
        remote = self.service.agent() if self.service else None
        if request.whose is not None and request.whose is not engine and request.whose is not remote:
            raise NearhandError("The background service that made this plan has ended. Nothing was done; say it again.")
        return request.whose or (engine if remote is None or engine.waiting else remote)

    def _done(self, engine: Engine, hands: Hands, request: Request) -> Reply:
        from nearhand.agent.daemon.protocol import WireError
        from nearhand.agent.turns import areas, stopped

        if request.stopped:
            return stopped(failure(request.text))
        try:
            reply = request.work(hands, lambda card: self._approve(engine, card))
        except (OSError, WireError):
            if hands is not engine and self.service is not None:
                self.service.drop()
            raise
        if hands is not engine:
            engine.home.forget({area for result in reply.results for area in areas(result.outcomes)})
        return reply

    def _approve(self, engine: Engine, card: Card) -> bool:
        """Show a card and wait for the answer; looks go on meanwhile."""
        from nearhand.agent.policy import grants

        decision = self._decided(engine, card)
        if isinstance(decision, Always):
            grants.add(engine.home.profile, card.grants, engine.home.clock.now)
        if isinstance(decision, Edit) and card.plan is not None:
            self._edited(card, decision)
        return isinstance(decision, Yes | Always)

    def _decided(self, engine: Engine, card: Card) -> Decision:
        with self._lock:
            if self.stopped:
                return No()
            self.card.begin()
        self._post(messages.CardShown(card))
        return self.card.wait(
            lambda: self._around.small(engine), lambda: not self._around.errand, lambda: self._around.closed
        )

    def _edited(self, card: Card, edit: Edit) -> None:
        """Put the changed plan next in line."""
        from nearhand.agent.showing.card_steps import edited

        plan = card.plan
        assert plan is not None
        with self._lock:
            text = self._current.text if self._current else ""
            changed = edited(plan, edit.number, edit.slot, edit.text)
            self._requests.appendleft(Request(text, lambda hands, yes: hands.do_plan(changed, yes), self._hands))


def _interrupt(engine: Engine) -> None:
    """Break off the plan that the model of this window is making; the service stops when it has made its own."""
    if hasattr(engine.planner, "interrupt"):
        engine.planner.interrupt()
