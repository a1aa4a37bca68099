"""Tries a rule without doing anything: what it would have done to the last 30 days, item by item.

Nothing is written, opened or sent: every item is prepared as it would be, and the effects are only put into words.
Deliberately not here: keeping the rule, and running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nearhand.agent import turns
from nearhand.agent.asking import QuestionError, RefusedError, describe
from nearhand.agent.calls.found import Found
from nearhand.agent.calls.prepare import prepare
from nearhand.agent.effects.steps import Ready
from nearhand.agent.home import Home
from nearhand.agent.policy.judging import parts_of
from nearhand.agent.rules.files import Rule
from nearhand.agent.rules.match import matched
from nearhand.agent.rules.shelf import Active, key_of
from nearhand.agent.rules.times import moments, near
from nearhand.agent.rules.trigger import Trigger, settled, trigger_of, work_of
from nearhand.connectors.base import Item, Span
from nearhand.connectors.catalogue import ACTIONS
from nearhand.connectors.errors import NearhandError

BACK = timedelta(days=30)
MOST = 25
"""Items that are tried one by one; of more only the number is said."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule would have done on one occasion."""

    title: str
    when: datetime | None
    lines: tuple[str, ...]
    problem: str = ""
    """Why it would have asked instead."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done."""

    count: int
    tried: tuple[Tried, ...] = ()
    next: datetime | None = None
    """When it is due next, for one that names its own times."""

    @property
    def sentence(self) -> str:
        """It in one line."""
        if self.next is not None:
            return f"It is due next on {self.next:%a %d %b %Y at %H:%M}."
        if not self.count:
            return "In the last 30 days nothing would have set it off."
        times = "once" if self.count == 1 else f"{self.count} times"
        return f"In the last 30 days it would have been set off {times}."


def trial(rule: Rule, home: Home) -> Trial:
    """Try a rule over the last 30 days; raises QuestionError or RuleError where it is not understood."""
    with settled(rule, home):
        trigger = trigger_of(rule, home)
        each = Active(key_of(rule), "", rule, trigger, work_of(rule), 0.0)
        home.trying = True
        try:
            if trigger.sort == "time":
                return _timed(each, home)
            items = occasions(trigger, home)
            return Trial(len(items), tuple(_tried(each, item, home) for item in items[:MOST]))
        finally:
            home.trying = False


def occasions(trigger: Trigger, home: Home, back: timedelta | None = BACK) -> list[Item]:
    """What would have set a rule off, the latest first."""
    now = home.clock.now
    assert trigger.query is not None
    query = trigger.query
    if trigger.sort == "near":
        span = Span(now - (back or BACK), now, "minute")
        items = [item for item in home.find(replace(query, span=span)) if near(trigger, item, home.clock)]
    else:
        there = {item.ref: item for item in home.find(query)}
        items = list(matched(home, trigger, there.keys()).values()) if there else []
        items = [item for item in items if _ripe(trigger, item, now) and _lately(trigger, item, now, back)]
    return sorted(items, key=lambda item: item.when.timestamp() if item.when else 0.0, reverse=True)


def _ripe(trigger: Trigger, item: Item, now: datetime) -> bool:
    """Whether its time has passed, where it has to wait."""
    return trigger.delay is None or item.when is None or item.when + trigger.delay <= now


def _lately(trigger: Trigger, item: Item, now: datetime, back: timedelta | None) -> bool:
    if back is None or trigger.area == "calendar" or item.when is None:
        return True
    return now - back - (trigger.delay or timedelta()) <= item.when


def _timed(rule: Active, home: Home) -> Trial:
    now = home.clock.now
    if rule.trigger.once is not None:
        return Trial(0, (_tried(rule, None, home),), rule.trigger.once)
    assert rule.trigger.repeat is not None
    found = moments(rule.trigger.repeat, now - BACK, now + timedelta(days=8), home.clock)
    past = [moment for moment in found if now - BACK <= moment <= now]
    ahead = [m for m in found if m > now] or moments(rule.trigger.repeat, now, now + timedelta(days=400), home.clock)
    following = next((moment for moment in ahead if moment > now), None)
    return Trial(len(past), (_tried(rule, None, home),), following)


def _tried(rule: Active, item: Item | None, home: Home) -> Tried:
    """What it would do about one thing, in words."""
    title, when = (describe(item), item.when) if item else ("", None)
    found = Found(items=(item,) if item else ())
    try:
        prepared = prepare(rule.work, rule.rule.request, home, Found(), (found,))
        lines: list[str] = []
        for act, part in zip(prepared.acts, parts_of(home, prepared), strict=True):
            effects = part.effects if isinstance(part, Ready) else ()
            texts = [home.need(effect.connector).preview(effect).text for effect in effects]
            lines += texts or [act.text or turns.sentence(act)]
    except (QuestionError, RefusedError) as question:
        return Tried(title, when, (), str(question))
    except NearhandError as error:
        return Tried(title, when, (), str(error))
    return Tried(title, when, (*lines, *_spoken(rule, prepared.answer)))


def _spoken(rule: Active, answer: str) -> Sequence[str]:
    """What it would have told the person."""
    tells = any(ACTIONS[step.action].risk.value == 0 for step in rule.work.steps)
    return (f"Tell you: {answer}",) if tells and answer else ()
