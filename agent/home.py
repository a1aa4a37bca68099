"""Everything one person has, opened: connectors, index, people and clock, from one profile.

Nothing is refreshed until somebody looks: each area is brought up to date once, the first time a request needs it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Protocol, cast
from zoneinfo import ZoneInfo

from nearhand.agent.asking import Pick
from nearhand.agent.config.settings import Config
from nearhand.agent.connecting import connectors
from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile
from nearhand.agent.places import Places
from nearhand.agent.policy.rules import Origin
from nearhand.agent.privacy.sealing import launcher_outside
from nearhand.agent.resolve import who
from nearhand.agent.resolve.addresses import typed
from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.resolve.who import People
from nearhand.agent.search.index import Index
from nearhand.agent.search.query import Query
from nearhand.agent.writing import Writing
from nearhand.connectors.base import Connector, Effect, Item, Person, Source, Span
from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.mail.message import Letter
from nearhand.connectors.sealed.parsing_apart import Apart
from nearhand.models.language import Plan
from nearhand.models.tasks import Asked, Task, Written

Progress = Callable[[str, int, int], None]
"""(what, done, of how many) of long work."""


class HoldsAttachments(Protocol):
    """What the mail connector can do beside the protocol."""

    def letter(self, ref: str) -> Letter: ...
    def attachments(self, ref: str) -> list[tuple[str, str, int]]: ...
    def attachment_bytes(self, ref: str, number: int) -> bytes: ...


class Home:
    """One profile, opened."""

    def __init__(self, profile: Profile, config: Config, now: datetime | None = None, progress: Progress | None = None):
        self.profile, self.config = profile, config
        self.zone = ZoneInfo(config.me.timezone)
        moment = (now.replace(tzinfo=self.zone) if now.tzinfo is None else now.astimezone(self.zone)) if now else None
        self._fixed = moment
        self._progress = progress
        self.me = Person(config.me.name, config.me.email)
        self.reads = Apart()
        self.writing = Writing(config.model, config.daemon.model_idle_seconds)
        self.connectors: dict[str, Connector] = {c.name: c for c in connectors(profile, config, self)}
        self.index = Index(
            profile.index, self.connectors.values(), settings=repr((config.files.roots, config.me.timezone))
        )
        self._fresh: set[str] = set()
        self._changed: set[str] = set()
        self.places = Places(self)
        self.picked: dict[str, Pick] = {}
        """What the person picked where this request was unclear, by the key of the question."""
        self.trying = False
        """Whether it is only tried what would be done, so that nothing is opened on the desktop."""

    @property
    def clock(self) -> Clock:
        """The person's now, with their habits."""
        now = self._fixed or datetime.now(self.zone)
        start, end = self.config.me.work_hours
        return Clock(now, self.config.me.week_start, start, end)

    def clock_of(self, item: Item) -> Clock:
        """The now of whoever wrote a mail: "on Friday" in it is a Friday of then."""
        clock = self.clock
        return replace(clock, now=item.when.astimezone(self.zone)) if item.kind == "mail" and item.when else clock

    def has(self, area: str) -> bool:
        return area in self.connectors

    def need(self, area: str) -> Connector:
        """The connector of an area; says how to connect it if it is not."""
        if area not in self.connectors:
            raise AgentError(f"No {area} is connected. Run: nearhand connect {area}")
        return self.connectors[area]

    def forget(self, changed: Iterable[str] = ()) -> None:
        """Look again before the next search; areas that Nearhand changed itself may well be empty now."""
        self._fresh.clear()
        self._changed |= set(changed)
        self.__dict__.pop("people", None)

    def fresh(self, *areas: str) -> None:
        """Bring areas up to date, once for each request."""
        due = [area for area in areas if area in self.connectors and area not in self._fresh]
        if due:
            self.index.refresh(due, progress=self._progress_of(due), emptied=self._changed)
            self._changed -= set(due)
            self._fresh |= set(due)

    def at(self, now: datetime) -> None:
        """Take this as the present moment from now on."""
        self._fixed = now.astimezone(self.zone)

    def catch_up(self, area: str, seconds: float) -> bool:
        """Bring an area up to date for about so long at most; whether it is now, so that others can have a turn."""
        if area in self._fresh or area not in self.connectors:
            return True
        done = self.index.refresh([area], seconds, self._progress_of([area]), self._changed)
        if done.complete:
            self._changed.discard(area)
            self._fresh.add(area)
        return done.complete

    def _progress_of(self, areas: Sequence[str]) -> Callable[..., None] | None:
        told = self._progress
        return (lambda area, done, total: told(area, done, total)) if told else None

    # --- searching --------------------------------------------------------------------------------------------------

    def find(self, query: Query) -> list[Item]:
        """What a query selects, in a sensible order."""
        self.need(query.area)
        self.fresh(query.area)
        return self.index.find(query, self.clock)

    def measure(self, query: Query) -> tuple[int, int]:
        """How many things a query selects, and their bytes."""
        self.need(query.area)
        self.fresh(query.area)
        return self.index.measure(query, self.clock)

    def near(self, area: str, words: Sequence[str]) -> list[Item]:
        """A few things whose names come near, to suggest."""
        from rapidfuzz import process

        if not words or area not in self.connectors:
            return []
        named = self.index.titles(Query(area=area), self.clock, 5000)
        found = process.extract(" ".join(words), [title for _, title in named], score_cutoff=70, limit=3)
        items = (self.index.get(area, named[number][0]) for _, _, number in found)
        return [item for item in items if item is not None]

    def duplicates(self, items: Sequence[Item]) -> list[tuple[Item, ...]]:
        compare = getattr(self.need("files"), "duplicates")  # noqa: B009 (only the files connector has it)
        return cast(list[tuple[Item, ...]], compare([item for item in items if item.kind == "file"]))

    def load(self, area: str, ref: str) -> Item | None:
        """An item as it is now; None if it is gone."""
        with suppress(ConnectorError):
            return self.need(area).load(ref)
        return None

    @cached_property
    def people(self) -> People:
        """Contacts, then everybody met in mails and events."""
        self.fresh("contacts", "mail", "calendar")
        return People(self.index.contacts(), self.index.people(), self.me)

    def named(self, text: str) -> who.Answer:
        """Whom a name means; somebody who was picked needs no second look."""
        picked = self.picked.get(f"person:{text}")
        return who.Found((picked,), Source.USER) if isinstance(picked, Person) else self.people.resolve(text)

    def origin(self, person: Person, said: Sequence[str]) -> Origin:
        """Where an address comes from, for policy."""
        address = person.address.casefold()
        if any(found.address.casefold() == address for found in map(typed, said) if found):
            return Origin.TYPED
        known = {p.address.casefold() for card in self.index.contacts() for _, p in card.people}
        if address in known:
            return Origin.CONTACT
        return Origin.PICKED if person in self.picked.values() else Origin.OUTSIDE

    # --- mail and calendar ------------------------------------------------------------------------------------------

    def letter(self, item: Item) -> Letter:
        """A mail in full, with all its headers."""
        return cast(HoldsAttachments, self.need("mail")).letter(item.ref)

    def attachments(self, item: Item) -> list[tuple[str, bytes]]:
        """Name and bytes of everything attached to a mail."""
        mail = cast(HoldsAttachments, self.need("mail"))
        return [(name, mail.attachment_bytes(item.ref, n)) for n, (name, _, _) in enumerate(mail.attachments(item.ref))]

    def plan_puts(self, folder: str, contents: Sequence[tuple[str, bytes]]) -> Sequence[Effect]:
        """Effects that write files; a name that is taken gets a number."""
        plan = getattr(self.need("files"), "plan_puts")  # noqa: B009 (only the files connector has it)
        return cast(Sequence[Effect], plan(folder, contents, number=True))

    def series(self, item: Item) -> Item:
        """The whole series of an occurrence."""
        return self.need(item.connector).load(item.ref.partition("#")[0])

    def next_occurrence(self, item: Item) -> Item:
        """The next occurrence of a series."""
        found = [
            i
            for i in self.find(Query(area="calendar", words=(item.title,), which="next"))
            if i.ref.startswith(item.ref)
        ]
        return found[0] if found else item

    def today(self) -> Span:
        start = datetime.combine(self.clock.now.date(), time(), self.zone)
        return Span(start, start + timedelta(days=1), "day")

    def stamped(self, args: dict[str, object]) -> dict[str, object]:
        """Arguments of something new: its date is now, so that the same request makes the same thing."""
        return {**args, "date": self.clock.now}

    @property
    def hold_until(self) -> datetime:
        """Until when a mail that is sent now can be taken back."""
        return self.clock.now + timedelta(seconds=self.config.policy.hold_seconds)

    def show(self, item: Item) -> None:
        """Open a file with the program of the desktop, without a shell."""
        if self.trying:
            return
        command = ["open", item.ref] if sys.platform == "darwin" else ["xdg-open", item.ref]
        if sys.platform != "darwin" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise AgentError(f"There is no desktop to open it on. The file is {item.ref}")
        outside = launcher_outside()
        if outside is not None:
            outside.open(item.ref)
            return
        try:
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except FileNotFoundError:
            raise AgentError(f"{command[0]} is not installed, so it cannot be opened. The file is {item.ref}") from None

    def write(self, task: Task) -> Written:
        """Have the larger model write a text; says so, because that takes a while."""
        if self._progress and self.writing.there:
            self._progress("The larger model reads and writes", 0, 0)
        return self.writing.write(task)

    def plan(self, asked: Asked) -> Plan:
        """Have the larger model plan a request; says so, because that takes a while."""
        if self._progress and self.writing.there:
            self._progress("The larger model plans", 0, 0)
        return self.writing.plan(asked)

    def close(self) -> None:
        self.writing.close()
        self.reads.close()
        self.index.close()
