"""Making a rule out of a plan: its trigger is understood, its places are settled, and its grant is worked out, once.

What the words mean is found out now and written into the file, so that nothing that comes later, in a mail or as a new
folder of the same name, can make them mean something else. Deliberately not here: the file, and running.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nearhand.agent.asking import QuestionError
from nearhand.agent.calls.found import Found, Words
from nearhand.agent.home import Home
from nearhand.agent.resolve.when import spans as times
from nearhand.agent.rules.files import ON, Rule
from nearhand.agent.rules.grants import LASTS, Grant, Permit
from nearhand.agent.rules.trigger import AREAS, trigger_of, work_of
from nearhand.connectors.base import Person, Risk
from nearhand.connectors.catalogue import ACTIONS
from nearhand.models.language import Plan, Quote, Ref, Step, Value, ordered

_INTO_FOLDER = frozenset(
    {"files.move", "files.copy", "files.zip", "files.unzip", "files.sort", "mail.save_attachments"}
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule that is not kept yet."""

    request: str
    plan: str
    trigger: Mapping[str, tuple[str, ...]]
    grant: Grant

    def rule(self, name: str, created: datetime) -> Rule:
        """The rule it becomes."""
        return Rule(name, created, False, self.request, self.plan, self.trigger, self.grant)


def draft_of(plan: Plan, request: str, home: Home) -> Draft:
    """Understand a plan that begins with rules.add; raises QuestionError for what is not clear."""
    first, work = plan.steps[0], Plan(tuple(_pointed(step, request) for step in plan.steps[1:]))
    if not work.steps:
        raise QuestionError("what", "What should be done then? Say it in the same sentence.")
    trigger = {slot: tuple(map(_words, first.values(slot))) for slot, _ in first.slots}
    trigger = {slot: words for slot, words in trigger.items() if slot != "when" or not _told(words, work, request)}
    trigger |= _overheard(trigger, request) | _in_a_root(trigger, plan, request, home)
    draft = Draft(request, str(work), trigger, Grant())
    rule = draft.rule("new", home.clock.now)
    understood = trigger_of(rule, home)
    work_of(rule)
    if understood.on != "new" and "by" not in trigger:
        trigger[ON] = (understood.on,)
    elif understood.sort == "near" and "by" not in trigger:
        trigger[ON] = ("start",)
    return replace(draft, trigger=trigger, grant=grant_of(rule, home))


def each_of(plan: Plan) -> list[tuple[int, Plan]]:
    """The rules that one request asks for ("X to A, and Y to B, from now on"): where each begins, and its own plan."""
    starts = [number for number, step in enumerate(plan.steps) if step.action == "rules.add"]
    ends = [*starts[1:], len(plan.steps)]
    return [
        (start, Plan(tuple(_shifted(step, start) for step in plan.steps[start:end])))
        for start, end in zip(starts, ends, strict=True)
    ]


def _shifted(step: Step, back: int) -> Step:
    """A step with its references counted from a later beginning."""
    slots = tuple((slot, Ref(v.step - back) if isinstance(v, Ref) else v) for slot, v in step.slots)
    guard = replace(step.guard, step=step.guard.step - back) if step.guard else None
    return replace(step, slots=slots, guard=guard)


_AFTER = re.compile(r"\bafter (?:an?|one|two|three|\w+|\d+) (?:minute|hour|day|week|month)s?\b", re.I)
_BEFORE = re.compile(r"\b(?:(?:half )?an?|\w+|\d+) (?:minute|hour|day|week)s? before\b", re.I)
_ITS_DATE = re.compile(r"\b(?:its|their|the) (?:due date|deadline|date it is due)\b", re.I)


def _told(when: Sequence[str], work: Plan, request: str) -> bool:
    """Whether a time is only part of what is to be said ("answer them with I am back on Monday")."""
    values = [value for step in work.steps for slot, value in step.slots if slot in ("text", "say")]
    texts = [value.text for value in values if isinstance(value, Quote)]
    return all(request.count(words) == 1 and any(words in text for text in texts) for words in when)


def _overheard(trigger: Mapping[str, tuple[str, ...]], request: str) -> dict[str, tuple[str, ...]]:
    """A delay that the person said and the plan left out: without it the rule would act too soon."""
    if "event" not in trigger or trigger.keys() & {"when", "by", "repeat"}:
        return {}
    near = trigger["event"][0] in ("event", "task")
    found = _BEFORE.search(request) if near else _AFTER.search(request)
    return {"by" if near else "when": (found[0],)} if found else {}


def _in_a_root(
    trigger: Mapping[str, tuple[str, ...]], plan: Plan, request: str, home: Home
) -> dict[str, tuple[str, ...]]:
    """A connected folder that the person said and the plan left out: without it the rule would act on too much."""
    if trigger.get("event") != ("file",) or "in" in trigger:
        return {}
    names = [root.name for root in home.config.files.roots if root.name.casefold() not in str(plan).casefold()]
    said = "|".join(map(re.escape, names))
    found = re.search(rf"\b(?:in|into|inside|from) (?:my |the )?({said})\b", request, re.I) if said else None
    return {"in": (found[1],)} if found else {}


def _pointed(step: Step, request: str) -> Step:
    """A task "for its due date" is about what set the rule off."""
    if step.action not in ("tasks.add", "calendar.add") or step.has("from", "when") or not _ITS_DATE.search(request):
        return step
    kept = [(slot, value) for slot, value in step.slots if slot != "name"]
    return replace(step, slots=ordered([("from", Ref(1)), *kept]), ask=None)


def grant_of(rule: Rule, home: Home) -> Grant:
    """What a rule needs to be allowed, no more, for a year; and what its words mean today."""
    work, means = work_of(rule), dict[str, str]()
    permits = [_permit(step, rule, home, means) for step in work.steps if ACTIONS[step.action].risk is Risk.REVERSIBLE]
    if "in" in rule.trigger and "event" in rule.trigger:
        _place(AREAS[rule.trigger["event"][0]], rule.trigger["in"][0], home, means)
    means |= {key: str(pick) for key, pick in home.picked.items() if isinstance(pick, Person)}
    until = home.clock.today + LASTS if permits else None
    return replace(rule.grant, may=tuple(dict.fromkeys(permits)), until=until, means=means)


def _permit(step: Step, rule: Rule, home: Home, means: dict[str, str]) -> Permit:
    words = Words(step, rule.request, home, (Found(),) * 9)
    to, within = "", ""
    if words.quotes("to"):
        to = _target(words, home, means)
    if words.quotes("in"):
        within = _place(step.action.partition(".")[0], words.quote("in"), home, means)
    return Permit(step.action, to, within)


def _target(words: Words, home: Home, means: dict[str, str]) -> str:
    """Where a step puts things; "" if `to` is a time or a person."""
    action, said = words.step.action, words.quote("to")
    if action in _INTO_FOLDER:
        return _kept(f"place:files:{said}", home.places.folder(said, "to"), means)
    if action == "mail.move":
        return _kept(f"place:mail:{said}", home.places.mailbox(said), means)
    if action == "tasks.change" and not times.span(said, home.clock):
        return _place("tasks", said, home, means)
    return ""


def _place(area: str, said: str, home: Home, means: dict[str, str]) -> str:
    return _kept(f"place:{area}:{said}", home.places.named(area, said, new=area == "tasks"), means)


def _kept(key: str, place: str, means: dict[str, str]) -> str:
    means[key] = place
    return place


def _words(value: Value) -> str:
    return value.text if isinstance(value, Quote) else str(value)
