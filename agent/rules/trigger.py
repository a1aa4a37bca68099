"""What sets a rule off, understood: something that comes, something that changes, a moment, or a while around an event.

The words of [trigger] are read by the same resolvers as a request, by code. Deliberately not here: whether something
meets it (`rules/match.py`), moments (`rules/times.py`), and the plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from nearhand.agent.asking import QuestionError
from nearhand.agent.calls.found import Words
from nearhand.agent.errors import AgentError
from nearhand.agent.home import Home
from nearhand.agent.resolve import when as times
from nearhand.agent.resolve.addresses import typed
from nearhand.agent.resolve.selecting import query_of
from nearhand.agent.resolve.when_types import Clock, Repeat
from nearhand.agent.rules.files import ON, Rule
from nearhand.agent.search.query import Query
from nearhand.connectors.base import Person
from nearhand.connectors.catalogue import SLOTS
from nearhand.models.language import Enum, Plan, PlanError, Quote, Step, check, ordered, parse

AREAS = {"mail": "mail", "file": "files", "event": "calendar", "task": "tasks"}
"""Which area the things of an `event=` lie in."""
_SELECTS = frozenset({"what", "kind", "in", "who", "from", "size", "state", "except"})
_CHANGES = re.compile(r"\b(?:chang|edit|modif|updat)(?:e|es|ed|ing|ied|ies|s)?\b", re.I)
_STARTS = re.compile(r"\b(?:starts?|begins?|comes? up|is due|(?:is|am) about to|on (?:any|every|each|some)\w*)\b", re.I)
_DELAY = re.compile(
    r"^(?:after|older than|more than|over|for(?: more than)?|(?:once|when) (?:they|it)(?:'s| is| are))\s+"
    r"(?P<how>.+?)(?:\s+old)?$|^(?P<late>.+?)\s+(?:old|later|after(?:wards)?)$",
    re.I,
)  # fmt: skip
_UNTIL = re.compile(r"^(?:until|till|as long as|up to|before)\b", re.I)
_SPAN = re.compile(r"^(?:(?:till|until|up to)\s+)", re.I)


class RuleError(AgentError):
    """A rule that cannot be understood; says what to change in it."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What sets a rule off."""

    sort: Literal["come", "time", "near"]
    """Something comes or changes; a moment comes; an event, or the time a task is due, is near."""
    area: str = ""
    query: Query | None = None
    """What the thing has to be."""
    on: Literal["new", "changed", "start"] = "new"
    delay: timedelta | None = None
    """How long it has to be there first."""
    until: datetime | None = None
    """When the rule ends."""
    by: str = ""
    """How long before (or after) the start, in words."""
    repeat: Repeat | None = None
    once: datetime | None = None

    @property
    def waits(self) -> bool:
        """Whether some time has to pass before what has come meets it."""
        return self.delay is not None or (self.query is not None and "overdue" in self.query.states)


def work_of(rule: Rule) -> Plan:
    """The plan of a rule without its first step, which only says what sets it off; raises RuleError."""
    try:
        plan = parse(rule.plan)
        first = Step("rules.add", (("event", Enum("mail")),))
        steps = plan.steps[1:] if plan.steps[0].action == "rules.add" else plan.steps
        if not steps or any(step.action.startswith("rules.") for step in steps):
            raise PlanError("a rule needs something to do, and may not make or change rules")
        said = "\n".join(v.text for step in steps for _, v in step.slots if isinstance(v, Quote))
        check(Plan((first, *steps)), said)
    except PlanError as error:
        raise RuleError(f'"plan" of the rule “{rule.name}” cannot be run: {error}.') from error
    return Plan(steps)


def trigger_of(rule: Rule, home: Home) -> Trigger:
    """Understand what sets a rule off; raises QuestionError or RuleError where that cannot be done."""
    said = rule.trigger
    # From midnight on, so that "at 6:45" is in the morning whenever the rule was made.
    midnight = rule.created.astimezone(home.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    clock = replace(home.clock, now=midnight)
    if "event" not in said:
        return _timed(rule, clock)
    area = AREAS[said["event"][0]]
    when = " ".join(said.get("when", ()))
    delay, until = _delayed(when), _ends(when, clock)
    if when and delay is None and until is None:
        raise QuestionError("when", f"What does “{when}” mean for this rule? Say “after 3 days” or “until Friday”.")
    on = (said.get(ON) or (_on(rule),))[0]
    query = query_of(_words(rule, area, home))
    if area == "mail" and query.place is None:
        query = replace(query, place="Inbox")
    near = "by" in said or on == "start"
    sort: Literal["near", "come"] = "near" if near and area in ("calendar", "tasks") else "come"
    by = " ".join(said.get("by", ()))
    return Trigger(sort, area, query, "changed" if on == "changed" else "new", delay, until, by)


def _on(rule: Rule) -> str:
    """Whether the person's words mean what is new, what changes, or what starts."""
    event, kinds = rule.trigger["event"][0], rule.trigger.get("kind", ())
    if event in ("event", "task") and (_STARTS.search(rule.request) or "birthday" in kinds):
        return "start"
    return "changed" if event != "mail" and _CHANGES.search(rule.request) else "new"


def _words(rule: Rule, area: str, home: Home) -> Words:
    """The selecting words of a trigger, as those of a step that finds."""
    slots = [
        (name, Enum(word) if SLOTS[name].values else Quote(word))
        for name, words in rule.trigger.items()
        for word in words
        if name in _SELECTS
    ]
    return Words(Step(f"{area}.find", ordered(slots)), rule.request, home, ())


def _delayed(said: str) -> timedelta | None:
    found = _DELAY.match(said)
    shift = times.amount(found["how"] or found["late"], "") if found else None
    if shift is None:
        return None
    return abs(timedelta(days=shift.days + 30 * shift.months) + shift.time)


def _ends(said: str, clock: Clock) -> datetime | None:
    """The end of "until the end of February"."""
    if not _UNTIL.match(said):
        return None
    readings = times.span(said, clock) or times.span(_SPAN.sub("", said), clock)
    return readings[0].span.end or readings[0].span.start if readings else None


_MONTH_END = re.compile(r"\bat (?:the )?end of (?:every|each|the) month\b", re.I)


def _timed(rule: Rule, clock: Clock) -> Trigger:
    """Moments that the rule names itself."""
    repeated = " ".join(rule.trigger.get("repeat", ()))
    said = " ".join((repeated, *rule.trigger.get("when", ()))).strip()
    said = _MONTH_END.sub("on the last day of every month", said)
    parts = [said, _MONTH_END.sub("on the last day of every month", repeated)]
    found = next((r for part in parts if part and (r := times.repeat(part, clock))), None) if repeated else None
    if found is not None:
        return Trigger("time", repeat=found)
    since = replace(clock, now=rule.created.astimezone(clock.zone))
    readings = times.span(said, since) if said and not repeated else ()
    if len(readings) != 1 or readings[0].span.start is None:
        slot = "repeat" if repeated else "when"
        raise QuestionError(slot, f"When is “{said or 'this'}”? Say it as “every weekday at 8” or “on 3 May at 9”.")
    return Trigger("time", once=readings[0].span.start)


@contextmanager
def settled(rule: Rule, home: Home) -> Iterator[None]:
    """Inside, the words of a rule mean what they were found to mean when it was made, whatever has come since."""
    before, home.picked = home.picked, {key: _meant(key, text) for key, text in rule.grant.means.items()}
    try:
        yield
    finally:
        home.picked = before


def _meant(key: str, text: str) -> Person | str:
    return (typed(text) or Person(text)) if key.startswith("person:") else text
