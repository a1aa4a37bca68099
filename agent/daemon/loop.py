"""What the daemon does when something has happened: look at the difference, find the rules, run them, remember.

`step` does everything there is to do now and returns; `next` says when it is wanted again by itself. Whatever goes
wrong is put down, tried again later, and ends nothing. Deliberately not here: waiting, clients, and what a rule means.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nearhand.agent.daemon.log import NAME
from nearhand.agent.reply import Reply, Status
from nearhand.agent.work import Event, Firing, Notice, Notify, RuleRunner, Watcher
from nearhand.connectors.errors import NearhandError

_LOG = logging.getLogger(NAME)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)


@dataclass(slots=True)
class Works:
    """The rules at work. One thread calls it."""

    watcher: Watcher
    runner: RuleRunner
    stop: threading.Event
    """Set to stop what runs and to begin nothing more; the engine of the rules looks at the same one."""
    notify: Notify
    clock: Callable[[], datetime]
    ran: Callable[[Firing, Reply], None] = lambda firing, reply: None
    """Told of every rule that has run."""
    _pause: timedelta = timedelta()
    """How long to wait after the last thing that went wrong."""
    _again: datetime | None = None
    _told: set[str] = field(default_factory=set)
    """What has been told of errors since all was well."""

    def step(self) -> None:
        """Do all that there is to do now."""
        if self.stop.is_set() or (self._again is not None and self.clock() < self._again):
            return
        try:
            self._waited()
            while (events := self.watcher.scan()) and not self.stop.is_set():
                self._deal(events)
        except Exception as error:
            self._wrong(error)
        else:
            self._pause, self._again = timedelta(), None
            self._told.clear()

    def next(self) -> datetime | None:
        """When `step` is to be called again though nothing happens; None if there is nothing to wait for."""
        if self.stop.is_set():
            return None
        if self._again is not None:
            return self._again
        try:
            return min((at for at in (self.watcher.next(), self.runner.next()) if at is not None), default=None)
        except Exception as error:
            self._wrong(error)
            return self._again

    def _waited(self) -> None:
        """Rules that waited for a moment."""
        now = self.clock()
        due = self.runner.next()
        if due is not None and due <= now:
            self._run(self.runner.due(now))

    def _deal(self, events: Sequence[Event]) -> None:
        """Run what events fire, each wholly before it counts as seen."""
        dealt = 0
        try:
            for event in events:
                if not self._run(self.runner.due(event)):
                    return
                dealt += 1
        finally:
            if dealt:
                self.watcher.seen(events[:dealt])

    def _run(self, firings: Sequence[Firing]) -> bool:
        """Run each; False if the person stopped it on the way, so that the rest comes again."""
        for firing in firings:
            if self.stop.is_set():
                return False
            reply = self.runner.run(firing)
            _LOG.info("rule %s: %s, turn %s", firing.rule, reply.status, reply.journal)
            self.ran(firing, reply)
            self._tell(firing, reply)
        return not self.stop.is_set()

    def _tell(self, firing: Firing, reply: Reply) -> None:
        turn = reply.journal[0] if reply.journal else None
        if reply.status is Status.APPROVE:
            say = f"nearhand approve {turn}" if turn else "nearhand approve"
            self.notify(Notice("A rule waits for your approval.", say, firing.rule, turn))
        elif reply.status is not Status.DONE:
            self.notify(Notice("A rule could not do its work.", "nearhand log says why.", firing.rule, turn))

    def _wrong(self, error: Exception) -> None:
        """Put an error down, and wait longer each time; the person is told once."""
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        self._again = self.clock() + self._pause
        kind = type(error).__name__
        _LOG.warning("%s; next try in %d s", kind, self._pause.total_seconds())
        if kind not in self._told:
            self._told.add(kind)
            said = str(error) if isinstance(error, NearhandError) else f"Something unexpected happened ({kind})."
            self.notify(Notice("The rules cannot work right now.", said))
