"""The seam between the daemon and those who do its work: what it hands them, and what it asks of them.

    Watcher ─ Event ─► RuleRunner.due ─ Firing ─► RuleRunner.run ─ Reply ─► journal, notices, queue
`perceive.watcher(engine)` makes the Watcher, `rules_run.runner(engine, notify)` the RuleRunner, and `accounts` the
Servers; the time is `engine.home.clock.now`, which tests set. All methods are called by the daemon's one working
thread, which also owns the engine; only `put` may be called by any thread. Nothing here knows folders, mailboxes or
rules. Delivery is at least once: an event comes again after a crash until it was `seen`, so a firing has an `id` that
is the same each time, and `run` does nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from nearhand.agent.reply import Reply


class Change(StrEnum):
    """What has become of something."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    DUE = "due"
    """A moment has come: `connector` is "time", `ref` names the timer, `at` is the moment it was set for."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened in the world, and has settled. A name only: whoever wants more loads the item."""

    connector: str
    """files, mail, calendar, tasks, contacts, or time."""
    change: Change
    ref: str
    version: str = ""
    """The version that was seen; "" when it is gone, and for a moment."""
    at: datetime | None = None
    """When it happened, if that is known."""


Put: TypeAlias = Callable[[], None]
"""Says that there may be something new; cheap, callable from every thread as often as one likes."""


class Watcher(Protocol):
    """Looks after the world. Hints only say when to look; the difference to what was `seen` is the truth."""

    def start(self, put: Put) -> None:
        """Begin to watch; from now on `put` is called when `scan` may have something to tell."""

    def stop(self) -> None:
        """Stop watching; no thread and no descriptor is left when this returns."""

    def scan(self) -> Sequence[Event]:
        """What is different from what was `seen` and has settled; a limited number at a time, the rest the next time.

        Called at the start, after every `put`, at `next`, and after a suspend or a jump of the clock."""

    def next(self) -> datetime | None:
        """When `scan` is wanted again though nobody calls `put`: something that settles, a timer, a folder that has
        to be polled. None if there is nothing to wait for."""

    def seen(self, events: Sequence[Event]) -> None:
        """Remember durably that these were dealt with; called when all that came of them was run."""


@dataclass(frozen=True, slots=True)
class Firing:
    """One rule that is to run because of one event."""

    id: str
    """Names rule and event; the same after a crash, so that it runs once."""
    rule: str
    """The rule's name."""
    event: Event


class RuleRunner(Protocol):
    """The person's standing rules."""

    def due(self, event: Event | datetime) -> Sequence[Firing]:
        """The rules that an event fires; with a moment, those that waited for it ("after 3 days")."""

    def next(self) -> datetime | None:
        """The moment for which `due` is to be asked next; None if no rule waits."""

    def run(self, firing: Firing) -> Reply:
        """Do what the rule says, unless it was done already. What needs the person becomes a turn that waits in the
        queue (status `approve`); nothing that goes wrong with one rule is raised."""

    def close(self) -> None:
        """Let go of what it holds; it is not asked again."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know while they are not looking. `title` and `text` are our own words."""

    title: str
    text: str = ""
    about: str = ""
    """A title from outside (a subject, a file name); shown as plain text, cut short."""
    turn: int | None = None
    """The turn in the journal it is about."""


Notify: TypeAlias = Callable[[Notice], None]


class Servers(Protocol):
    """The person's accounts, kept in step with the local store; absent in `local` mode."""

    def start(self, put: Put) -> None:
        """Wait for news from the servers (IDLE) and call `put` when there is some."""

    def stop(self) -> None:
        """Close every connection; no thread is left when this returns."""

    def sync(self) -> str:
        """Bring both sides into step; one sentence that says what was done. Raises NearhandError with what is wrong."""
