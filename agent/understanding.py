"""From words to a plan: the action model's, alone or leaning on the turn before; a larger one's where that is in doubt.

The action model plans everything. Where it is so unsure that the person would have to be asked, a larger model that
they have added is asked once. Its plan comes from the same words under the same grammar, and is shown before anything
changes; if it gives none, or policy refuses it, everything is as if it were not there.
Deliberately not here: what a plan does, and how the larger model is made to plan (`models/caller.py`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from nearhand.agent import quoting, turns
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.records import Entry
from nearhand.agent.home import Home
from nearhand.agent.rules.from_now_on import from_now_on
from nearhand.agent.weaving import woven
from nearhand.connectors.base import Risk
from nearhand.connectors.catalogue import ACTIONS
from nearhand.connectors.errors import NearhandError
from nearhand.models.language import Enum, Plan, Step
from nearhand.models.tasks import Asked
from nearhand.models.worker import Answer, PlanSource
from nearhand.models.writer import StoppedError

_MEMORY = timedelta(minutes=10)
"""How long the turn before is something that "it" and "them" can mean."""
_UNDO = "agent.undo"
_HANDED_ON = frozenset({"scope", "unclear"})
"""Why nothing is done, where another model may know better. A danger is none of them."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A plan of a request."""

    plan: Plan
    confidence: float
    """How sure the action model is of its own plan; nobody knows how sure to be of a larger one's."""
    took: Mapping[str, float]
    """Milliseconds."""
    before: Entry | None = None
    """The turn before, if the words lean on it."""
    instead: Understood | None = None
    """Of the larger model's plan: what the action model has made of the words."""


def understood(text: str, planner: PlanSource, home: Home, journal: Journal) -> Understood:
    """The plan of a request. Raises NearhandError if there is none, StoppedError if the person stopped it."""
    answer, before = _answered(text, planner, home, journal)
    tokens, ms = answer.tokens, answer.seconds * 1000
    took = {"plan": ms, **({"token": ms / tokens} if tokens else {})}
    small = Understood(_settled(text, answer.plan, home), answer.confidence, took, before.entry if before else None)
    if not home.writing.there or answer.confidence >= planner.threshold or not in_question(answer.plan):
        return small
    begun = time.perf_counter()
    plan = _handed_on(text, before, home)
    if plan is None or plan == answer.plan:
        return small
    took = {**took, "plan": ms + (time.perf_counter() - begun) * 1000}
    return replace(small, plan=_settled(text, plan, home), took=took, instead=small)


def in_question(plan: Plan) -> bool:
    """Whether the person is asked about a plan that is not sure: it changes or lacks something, or is no plan at all.

    What only reads runs, as it does without a larger model; a refusal of a danger stands.
    """
    first = plan.steps[0]
    if first.action == "none":
        return any(isinstance(value, Enum) and value.word in _HANDED_ON for _, value in first.slots)
    return any(step.ask or _changes(step) for step in plan.steps)


def _changes(step: Step) -> bool:
    return ACTIONS[step.action].risk is not Risk.READ and step.action != _UNDO


def _answered(text: str, planner: PlanSource, home: Home, journal: Journal) -> tuple[Answer, turns.Before | None]:
    """Ask the model; words that may lean on the turn before are planned both ways, and the clearer plan wins."""
    answer = planner.plan(text)
    before = _before(text, answer.plan, home, journal)
    if before is None:
        return answer, None
    leaning = planner.plan(text, (before.turn.request, before.plan))
    seconds, tokens = answer.seconds + leaning.seconds, answer.tokens + leaning.tokens
    if turns.leans(text, before, answer, leaning):
        answer = leaning
    elif pointed := turns.pointed(text, before, answer):
        answer = pointed
    else:
        before = None
    return replace(answer, seconds=seconds, tokens=tokens), before


def _before(text: str, alone: Plan, home: Home, journal: Journal) -> turns.Before | None:
    """The turn before, if it is recent and the words may lean on it."""
    entry = journal.context()
    if entry is None or home.clock.now - entry.turn.now > _MEMORY:
        return None
    return turns.before(entry, text, alone)


def _handed_on(text: str, before: turns.Before | None, home: Home) -> Plan | None:
    """The larger model's plan; None if it gives none. What was done is taken back by name or not at all."""
    asked = Asked(text, (before.turn.request, str(before.plan)) if before else None)
    try:
        plan = home.plan(asked)
    except StoppedError:
        raise
    except NearhandError:
        return None
    return None if any(step.action in ("none", _UNDO) for step in plan.steps) else plan


def _settled(text: str, plan: Plan, home: Home) -> Plan:
    """The plan as code reads it, whoever made it."""
    return woven(from_now_on(quoting.settled(text, plan, home), text), text, home)
