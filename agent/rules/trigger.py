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
from nearhand.agent.resolve.addresses import typed
from nearhand.agent.resolve.selecting import query_of
from nearhand.agent.resolve.when.types import Clock, Repeat
from nearhand.agent.rules.files import ON, Rule
from nearhand.agent.rules.lasting import Lasting, lasting
from nearhand.agent.rules.repeating import moment, mornings, recurrence, spoken
from nearhand.agent.search.query import Query
from nearhand.connectors.base import Person, Risk
from nearhand.connectors.catalogue import ACTIONS, SLOTS
from nearhand.models.language import Enum, Plan, PlanError, Quote, Step, check, ordered, parse

AREAS = {"mail": "mail", "file": "files", "event": "calendar", "task": "tasks"}
"""Which area the things of an `event=` lie in."""
STATES_THAT_COME = frozenset(
    {"read", "flagged", "unflagged", "answered", "done", "overdue", "accepted", "declined", "duplicate"}
)
"""States that a thing gets while it is there, so that it need not be new to set a rule off."""
_SELECTS = frozenset({"what", "kind", "in", "who", "from", "size", "state", "except"})
_CHANGES = re.compile(r"\b(?:chang|edit|modif|updat)(?:e|es|ed|ing|ied|ies|s)?\b", re.I)
_STARTS = re.compile(r"\b(?:starts?|begins?|comes? up|is due|(?:is|am) about to|on (?:any|every|each|some)\w*)\b", re.I)


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
    begins: datetime | None = None
    until: datetime | None = None
    """When the rule ends."""
    at: Repeat | None = None
    """The days, and the part of them, on which a mail or a file has to come, or an event or a task itself has to be."""
    by: str = ""
    """How long before (or after) the start, in words."""
    repeat: Repeat | None = None
    once: datetime | None = None

    @property
    def waits(self) -> bool:
        """Whether some time has to pass before what has come meets it."""
        return self.delay is not None or (self.query is not None and "overdue" in self.query.states)


def _makes_rules(step: Step) -> bool:
    return step.action.startswith("rules.") and ACTIONS[step.action].risk is not Risk.READ


def work_of(rule: Rule) -> Plan:
    """The plan of a rule without its first step, which only says what sets it off; raises RuleError."""
    try:
        plan = parse(rule.plan)
        first = Step("rules.add", (("event", Enum("mail")),))
        steps = plan.steps[1:] if plan.steps[0].action == "rules.add" else plan.steps
        if not steps or any(_makes_rules(step) for step in steps):
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
    timed = area in ("calendar", "tasks") or "invitation" in said.get("kind", ())
    held = lasting(when, clock, timed) if when else Lasting()
    if held is None:
        raise QuestionError("when", f"What does “{when}” mean for this rule? "
                            "Say “after 3 days”, “until Friday” or “on weekdays after 6 pm”.")
    on = (said.get(ON) or (_on(rule),))[0]
    query = query_of(_words(rule, area, home))
    if area == "mail" and query.place is None:
        query = replace(query, place="Inbox")
    near = "by" in said or on == "start"
    sort: Literal["near", "come"] = "near" if near and area in ("calendar", "tasks") else "come"
    by = " ".join(said.get("by", ()))
    news: Literal["changed", "new"] = "changed" if on == "changed" else "new"
    return Trigger(sort, area, query, news, held.delay, held.begins, held.until, held.at, by)


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


def _timed(rule: Rule, clock: Clock) -> Trigger:
    """Moments that the rule names itself."""
    repeated = " ".join(rule.trigger.get("repeat", ()))
    said = " ".join((repeated, *rule.trigger.get("when", ()))).strip()
    about = mornings([step.action for step in work_of(rule).steps], rule.request)
    parts = (said, repeated, spoken(repeated, rule.request)) if repeated else ()
    found = next((r for part in parts if (r := recurrence(part, clock, about))), None)
    if found is not None:
        return Trigger("time", repeat=found)
    since = replace(clock, now=rule.created.astimezone(clock.zone))
    once = moment(said, since) if said and not repeated else None
    if once is None:
        slot = "repeat" if repeated else "when"
        raise QuestionError(slot, f"When is “{said or 'this'}”? Say it as “every weekday at 8” or “on 3 May at 9”.")
    return Trigger("time", once=once)


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
