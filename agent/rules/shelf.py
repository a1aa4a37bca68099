"""The rules that are at work: read, understood, said yes to, neither paused nor over; and why each other one is not.

A rule counts only as the person said yes to it: its file must hold the very bytes that an approved turn wrote. One that
was changed by hand, or put there by somebody else, waits until the person says yes again. Deliberately not here: what
happens when one is set off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from nearhand.agent.asking import QuestionError
from nearhand.agent.effects.journal import Journal
from nearhand.agent.loop import Engine
from nearhand.agent.rules.connector import RulesConnector
from nearhand.agent.rules.files import Rule
from nearhand.agent.rules.trigger import Trigger, settled, trigger_of, work_of
from nearhand.agent.senses.watch_store import WatchStore
from nearhand.connectors.errors import ConnectorError, NearhandError
from nearhand.connectors.vdir.connector import unpacked
from nearhand.connectors.vdir.store import digest
from nearhand.models.language import Plan

WAITS = "changed by hand, so it waits until you allow it"


@dataclass(frozen=True, slots=True)
class Active:
    """A rule at work."""

    key: str
    """Its name and when it was made: another rule of the same name is another rule."""
    ref: str
    rule: Rule
    trigger: Trigger
    work: Plan
    since: float
    """Since when it is at work, in seconds since 1970."""
    born: int = 0
    """What was born under a lower number is older than that."""


class Shelf:
    """Reads the rules again whenever their files have changed."""

    def __init__(self, engine: Engine, store: WatchStore | None = None) -> None:
        self._engine = engine
        self._store = store
        self.rules = cast(RulesConnector, engine.home.connectors["rules"])
        self.idle: dict[str, str] = {}
        """By ref: why a rule is not at work."""
        self._versions: object = None
        self._head: object = None
        """The last entry of the journal when the rules were read."""
        self._active: tuple[Active, ...] = ()
        self._turns: list[datetime] = []
        """When a rule begins or ends by itself."""

    def active(self) -> Sequence[Active]:
        """The rules at work, the oldest first."""
        now = self._engine.home.clock.now
        versions, head = sorted(self.rules.scan()), self._engine.journal.head()
        unheard = WAITS in self.idle.values() and head != self._head  # a file is there before the journal has its yes
        if versions != self._versions or unheard or any(turn <= now for turn in self._turns):
            self._read()
            self._versions, self._head = versions, head
        return self._active

    def turn(self) -> datetime | None:
        """When a rule begins or ends next by itself."""
        return min(self._turns, default=None)

    def named(self, name: str) -> Active | None:
        """The rule of this name or key, if it is at work."""
        return next((each for each in self.active() if name in (each.rule.name, each.key)), None)

    def _read(self) -> None:
        home, found = self._engine.home, []
        self.idle, self._turns = {}, []
        for ref, _ in self.rules.scan():
            try:
                each = self._one(ref)
            except ConnectorError as error:
                self.idle[ref] = str(error)
            except QuestionError as error:
                self.idle[ref] = f"it is not clear any more: {error}"
            except NearhandError as error:
                self.idle[ref] = str(error)
            else:
                found += [each] if each else []
        found.sort(key=lambda each: (each.since, each.key))
        if self._store is not None:
            since = self._store.set_active({each.key: each.since for each in found}, home.clock.now.timestamp())
            found = [_begun(each, *since[each.key]) for each in found]
        self._active = tuple(found)

    def _one(self, ref: str) -> Active | None:
        home = self._engine.home
        rule = self.rules.rule(ref)
        if rule.paused:
            self.idle[ref] = "paused"
            return None
        made = said_yes(self._engine.journal, self.rules, ref)
        if made is None:
            self.idle[ref] = WAITS
            return None
        with settled(rule, home):
            trigger = trigger_of(rule, home)
        now = home.clock.now
        self._turns += [turn for turn in (trigger.begins, trigger.until) if turn is not None and turn > now]
        if trigger.until is not None and trigger.until <= now:
            self.idle[ref] = "over"
            return None
        if trigger.begins is not None and trigger.begins > now:
            self.idle[ref] = f"at work from {trigger.begins:%d %b %Y} on"
            return None
        since = max(made, trigger.begins.timestamp()) if trigger.begins else made
        return Active(key_of(rule), ref, rule, trigger, work_of(rule), since)


def key_of(rule: Rule) -> str:
    """Names a rule for ever."""
    return f"{rule.name}@{int(rule.created.timestamp())}"


def said_yes(journal: Journal, rules: RulesConnector, ref: str) -> float | None:
    """When the person said yes to a rule as it stands now (when it was made, if it is new); None if they did not."""
    last = journal.made(rules.name, ref)
    if last is None:
        return None
    same = rules.store.matches(ref, last.version)
    if not same and last.effect.verb == "put":
        same = rules.store.matches(ref, digest(unpacked(last.effect)))
    if not same:
        return None
    created, at = rules.rule(ref).created.timestamp(), last.at.timestamp()
    return at if 0 <= at - created < 2 else created  # the file knows the second, the journal more


def _begun(each: Active, born: int, since: float) -> Active:
    return Active(each.key, each.ref, each.rule, each.trigger, each.work, since, born)
