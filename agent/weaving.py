"""Where a composed text goes, when the plan does not say it in so many words: decided by what was asked for.

"Write a friendly reply to Olga" is a text and then an answer to her latest mail; "write a birthday poem for Ana" is a
draft to Ana, if she is in the contacts; anything else is a text to look at. Whatever it becomes stands on a card first.
Deliberately not here: writing (`calls/writing.py`), and any recipient or action that the person's words do not name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nearhand.agent.resolve import who
from nearhand.connectors.base import Source
from nearhand.models.language import Enum, Plan, Quote, Ref, Step, Value, missing, ordered

if TYPE_CHECKING:
    from nearhand.agent.home import Home

COMPOSE = "text.compose"
_LETTERS = frozenset({"mail.send", "mail.draft", "mail.reply", "mail.reply_all", "mail.forward"})
_BODY = ("text", "say", "attach", "subject")
_REPLY = re.compile(r"\b(?:repl(?:y|ies)|answers?|responses?)\b", re.I)
_SORT = re.compile(
    r"(?:(?:an?|the|my|some|few|short|long|nice|friendly|kind|polite|formal|warm|little|quick)\s+)*"
    r"(?:e-?mail|mail|letter|message|note|text|words|lines)", re.I)  # fmt: skip
"""A sort of text, which says nothing about what it is about."""
_CHOOSING = ("kind", "in", "who", "from", "when", "size", "state", "which", "count", "except")


def woven(plan: Plan, home: Home) -> Plan:
    """The plan in which a composed text has a place to go to, if the words give it one."""
    for number, step in enumerate(plan.steps, 1):
        if step.action != COMPOSE or _used(plan, number):
            continue
        if later := next((n for n in range(number, len(plan.steps)) if _lacks_text(plan.steps[n])), None):
            given = _with(plan.steps[later], ("text", Ref(number)))
            return Plan((*plan.steps[:later], given, *plan.steps[later + 1 :]))
        if len(plan.steps) == 1 and home.has("mail") and home.writing.there:
            return _answering(step) or _drafted(step, home) or plan
    return plan


def without(plan: Plan, number: int) -> Plan:
    """The plan without a composed text (step `number`, from 1) that nothing uses any more."""
    if plan.steps[number - 1].action != COMPOSE or _used(plan, number) or len(plan.steps) == 1:
        return plan
    kept = (*plan.steps[: number - 1], *plan.steps[number:])
    return Plan(tuple(_renumbered(step, number) for step in kept))


def _renumbered(step: Step, gone: int) -> Step:
    def moved(value: Value) -> Value:
        return Ref(value.step - 1) if isinstance(value, Ref) and value.step > gone else value

    guard = step.guard
    guard = replace(guard, step=guard.step - 1) if guard and guard.step > gone else guard
    return replace(step, slots=tuple((name, moved(value)) for name, value in step.slots), guard=guard)


def _used(plan: Plan, number: int) -> bool:
    """Whether anything points at a step."""
    pointed = any(value == Ref(number) for step in plan.steps for _, value in step.slots)
    return pointed or any(step.guard is not None and step.guard.step == number for step in plan.steps)


def _lacks_text(step: Step) -> bool:
    return step.action in _LETTERS and not step.has(*_BODY)


def _with(step: Step, *more: tuple[str, Value]) -> Step:
    whole = replace(step, slots=ordered([*step.slots, *more]), ask=None)
    return replace(whole, ask=missing(whole))


def _answering(step: Step) -> Plan | None:
    """A reply: find the latest mail of whom it goes to, write, answer it."""
    said = [value.text for value in step.values("what") if isinstance(value, Quote)]
    pointed = [value for value in step.values("what") if isinstance(value, Ref)]
    if not any(map(_REPLY.search, said)) or not (pointed or step.has("from", "to", "who")):
        return None
    if pointed:
        return Plan((step, Step("mail.reply", ordered([("what", pointed[0]), ("text", Ref(1))]))))
    chosen: list[tuple[str, Value]] = [(name, value) for name, value in step.slots if name in _CHOOSING]
    chosen += [("from", value) for value in step.values("to")] if not step.has("from") else []
    chosen += [("what", Quote(text)) for text in said if not _REPLY.search(text)]
    chosen += [("which", Enum("latest"))] if not step.has("which") else []
    kept = [(name, value) for name, value in step.slots if name in ("what", "say", "text")]
    return Plan((
        Step("mail.find", ordered(chosen)),
        Step(COMPOSE, ordered([*kept, ("what", Ref(1))])),
        Step("mail.reply", ordered([("what", Ref(1)), ("text", Ref(2))])),
    ))  # fmt: skip


def _drafted(step: Step, home: Home) -> Plan | None:
    """A draft, if everybody whom the text is for can be written to."""
    people = [value for value in step.values("to") if isinstance(value, Quote)]
    if not people or not all(_reachable(value.text, home) for value in people):
        return None
    topics = [v for v in step.values("what") if isinstance(v, Quote) and not _SORT.fullmatch(v.text)]
    slots: list[tuple[str, Value]] = [*(("what", topic) for topic in topics), *(("to", person) for person in people)]
    return Plan((step, Step("mail.draft", ordered([*slots, ("text", Ref(1))]))))


def _reachable(name: str, home: Home) -> bool:
    """Whether a name is somebody of the contacts, or several of them: which one is asked then."""
    match home.named(name):
        case who.Found(people, source):
            return source is not Source.OUTSIDE and all(person.address for person in people)
        case who.Ambiguous():
            return True
    return False
