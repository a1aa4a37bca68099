"""Small judgements about turns: what leans on the turn before, what a plan of nothing says, what a run said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nearhand.agent.approve import Card
from nearhand.agent.calls.act import Act
from nearhand.agent.calls.found import Found
from nearhand.agent.calls.prepare import Prepared
from nearhand.agent.effects.outcomes import Outcome
from nearhand.agent.effects.records import Entry, Kind, Ref, State, Turn
from nearhand.agent.effects.steps import Later, Ready
from nearhand.agent.effects.steps import Step as Part
from nearhand.agent.home import Home
from nearhand.agent.policy.rules import Case, risk_of
from nearhand.agent.reply import Reply, Result, Status
from nearhand.agent.search.query import Query
from nearhand.connectors.base import Risk, Span
from nearhand.models.language import Enum, Plan, PlanError, Quote, Step, ordered, parse
from nearhand.models.language import Ref as Pointer
from nearhand.models.worker import Answer

_LEANS = re.compile(
    r"\b(?:it|its|them|they|that|those|these|this one|that one|ones?|same|too|also|as well|instead|again|actually|"
    r"rather|another|both(?= of (?:them|those|these)\b| (?:to|into|in|on|from|and|with|for)\b|\W*$)|make it|no|not|yes|"
    r"nope|him|her|there)\b",
    re.I,
)


_CLEARER = 0.05
"""How much surer the plan with the turn before must be, where the words make a whole plan alone."""


@dataclass(frozen=True, slots=True)
class Before:
    """The turn before as the planner sees it."""

    entry: Entry
    plan: Plan

    @property
    def turn(self) -> Turn:
        return self.entry.turn

    @property
    def asked(self) -> bool:
        """Whether it was left with a question."""
        return any(step.ask for step in self.plan.steps)


def before(entry: Entry, text: str, alone: Plan) -> Before | None:
    """The turn before, if the new words can lean on it: it asked something, they point back, or lack a thing.

    `alone` is the plan that they make without it.
    """
    if entry.turn.kind is not Kind.REQUEST:
        return None
    try:
        plan = parse(entry.turn.plan)
    except PlanError:
        return None
    if plan.steps[0].action == "none":
        return None
    found = Before(entry, plan)
    return found if found.asked or _points(text) or alone.steps[0].ask in _THING else None


def leans(text: str, before: Before, alone: Answer, leaning: Answer) -> bool:
    """Whether the plan made with the turn before is the better one: words that stand on their own do not need it."""
    if leaning.plan == alone.plan:
        return True
    if _open(leaning.plan) or _named_anew(text, before, alone.plan, leaning.plan):
        return False
    if not _open(alone.plan) and _quoted(alone.plan) - _quoted(leaning.plan):
        return False
    if not before.asked and not _points(text):
        return _filled(alone.plan.steps[0], leaning.plan.steps[0])
    if _open(alone.plan) or (before.asked and _short(text)):
        return True
    return _points(text) and leaning.confidence > alone.confidence + _CLEARER


def _quoted(plan: Plan) -> set[str]:
    """The words that a plan uses; one that passes over some of them is no better for what was said before."""
    quotes = (value.text for step in plan.steps for _, value in step.slots if isinstance(value, Quote))
    return {word for text in quotes for word in text.split()}


def _named_anew(text: str, before: Before, alone: Plan, leaning: Plan) -> bool:
    """Whether the words themselves name what the other plan would take from the turn before: "move the invoices"."""
    said = {name for name, value in alone.steps[0].slots if isinstance(value, Quote)}
    taken = {n for n, v in leaning.steps[0].slots if not (isinstance(v, Quote) and v.text in text)}
    if alone.steps[0].action != leaning.steps[0].action:
        return False
    points = before.asked or _LEANS.search(text)
    return bool(said & taken) or bool("what" in said and taken and not points)


def pointed(text: str, before: Before, alone: Answer) -> Answer | None:
    """What the words mean if "it" is what the turn before found or made; None if they do not say so."""
    step = alone.plan.steps[0]
    fits = any(ref.connector == step.action.partition(".")[0] for ref in before.entry.refs)
    if before.asked or step.ask != "what" or not fits or not _IT.search(text):
        return None
    whole = replace(step, slots=ordered([*step.slots, ("what", Pointer(0))]), ask=None)
    return replace(alone, plan=Plan((whole, *alone.plan.steps[1:])))


_IT = re.compile(r"\b(?:it|them|that|those|these|this)\b", re.I)
_THING = ("what", "attach")
"""What the turn before can give: the thing that it found or made."""


def _filled(alone: Step, leaning: Step) -> bool:
    """Whether the turn before gives the thing that is missing, and changes nothing else of what is done."""
    given = next((value for name, value in leaning.slots if name == alone.ask), None)
    rest = tuple(pair for pair in leaning.slots if pair[0] != alone.ask)
    return isinstance(given, Pointer) and (leaning.action, rest) == (alone.action, alone.slots)


def _points(text: str) -> bool:
    return _short(text) or bool(_LEANS.search(text))


def _short(text: str) -> bool:
    return len(text.split()) <= 3


def _open(plan: Plan) -> bool:
    """Whether a plan does nothing, or lacks something."""
    return plan.steps[0].action == "none" or any(step.ask for step in plan.steps)


_IDLE = {
    "scope": "Sorry, that is not something I can do: I take care of your files, mail, calendar and lists.",
    "danger": "I will not do that: nothing is ever deleted for good, nor everything cleared out or sent at once.",
    "nothing": "All right, nothing was done.",
    "chat": "I am here for your files, mail, calendar and lists. Just say what you need.",
    "unclear": "I did not understand that. Say it in other words, or ask: what can you do?",
}


def idle(reply: Reply) -> Reply | None:
    """The reply to a plan of nothing; None if there is something to do."""
    step = reply.plan.steps[0] if reply.plan else None
    if step is None or step.action != "none":
        return None
    why = next((value.word for _, value in step.slots if isinstance(value, Enum)), "unclear")
    status = Status.REFUSED if why in ("scope", "danger", "unclear") else Status.DONE
    return replace(reply, status=status, answer=_IDLE[why])


def stopped(reply: Reply) -> Reply:
    """The reply to a request that was broken off before anything was done."""
    return replace(reply, status=Status.REFUSED, answer="You stopped it. Nothing was done.")


def refs(prepared: Prepared) -> tuple[Ref, ...]:
    """What a turn found, for "them" in the next one."""
    last = prepared.found[-1] if prepared.found else Found()
    free = [Ref(_TIME, f"{s.start.isoformat()}/{s.end.isoformat()}") for s in last.spans[:50] if s.start and s.end]
    text = [Ref(_TEXT, last.text)] if last.text else []
    return (*(Ref(item.connector, item.ref, item.title) for item in last.items[:50]), *free, *text)


def text_of(entry: Entry) -> str:
    """The text that a turn had written, for "that" in the next one."""
    return next((ref.ref for ref in entry.refs if ref.connector == _TEXT), "")


def free_times(entry: Entry, home: Home) -> tuple[Span, ...]:
    """The free times that a turn found, for "there" in the next one."""
    ends = [ref.ref.split("/") for ref in entry.refs if ref.connector == _TIME]
    moments = [[datetime.fromisoformat(end).astimezone(home.zone) for end in pair] for pair in ends]
    return tuple(Span(start, end, "minute") for start, end in moments)


_TIME, _TEXT = "time", "text"
"""Stand for a connector where a turn remembers a free time, or a text that a model wrote."""


def sentence(act: Act) -> str:
    """What an act does, where no effect can say it yet."""
    verb = act.call.action.partition(".")[2].replace("_", " ")
    titles = ", ".join(item.title for item in act.call.items[:5])
    return f"{verb.capitalize()} {titles or 'what comes out of the step before'}."


def risk(act: Act) -> Risk:
    return risk_of(Case(act.call.action, values=act.values))


def written_to(home: Home) -> frozenset[str]:
    """Addresses that the person has written to."""
    if not home.has("mail"):
        return frozenset()
    sent = home.find(Query(area="mail", place="Sent"))
    return frozenset(p.address.casefold() for item in sent for role, p in item.people if role in ("to", "cc"))


def planned(prepared: Prepared, card: Card) -> tuple[Result, ...]:
    """Results of a plan that has not run: what each step found, and the card's lines on the first that changes."""
    out = list(prepared.results)
    first = prepared.owners[0]
    out[first] = replace(out[first], lines=card.lines, diff=card.diff)
    return tuple(out)


def results(prepared: Prepared, parts: Sequence[Part], outcomes: Sequence[Outcome]) -> tuple[Result, ...]:
    """Give every step the outcomes of its acts."""
    out = list(prepared.results)
    left = list(outcomes)
    for number, (owner, part) in enumerate(zip(prepared.owners, parts, strict=True)):
        last = number == len(parts) - 1
        mine = left if last else _taken(part, left)
        out[owner] = replace(out[owner], outcomes=(*out[owner].outcomes, *mine))
        left = left[len(mine) :]
    return tuple(out)


def _taken(part: Part, left: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of one part; a later call has those of its connector that come next."""
    if isinstance(part, Ready):
        return list(left[: len(part.effects)])
    assert isinstance(part, Later)
    mine = []
    for outcome in left:
        if outcome.effect is not None and outcome.effect.connector != part.connector:
            break
        mine.append(outcome)
    return mine


_PAST = {
    "Move": "Moved", "Rename": "Renamed", "Copy": "Copied", "Pack": "Packed", "Unpack": "Unpacked", "Mark": "Marked",
    "Save": "Saved", "Make": "Made", "Take": "Took", "Bring": "Brought", "Keep": "Kept", "Write": "Wrote",
    "Pause": "Paused",
}  # fmt: skip


def past(text: str) -> str:
    """What a card announces, told after it has happened."""
    verb, space, rest = text.partition(" ")
    if verb == "Send":
        return f"{rest.replace('(into Outbox)', 'waits in the Outbox')}"
    return _PAST.get(verb, verb) + space + rest


def areas(outcomes: Sequence[Outcome]) -> set[str]:
    """The areas that a run changed."""
    return {outcome.effect.connector for outcome in outcomes if outcome.effect is not None}


def said(outcomes: Sequence[Outcome], most: int = 6) -> str:
    """What was done, as evidence reads."""
    texts = [past(o.text).rstrip(".") for o in outcomes if o.state is State.DONE]
    more = f" … and {len(texts) - most} more." if len(texts) > most else ""
    return ". ".join(texts[:most]) + ("." if texts else "") + more
