"""Where a composed text goes, when the plan does not say it in so many words: decided by what was asked for.

"Write a friendly reply to Olga saying I am ill" is a text and then an answer to her latest mail, and so it is where the
action model takes it for an answer of those very words; "write a birthday poem for Ana" is a draft to Ana, if she is in
the contacts; anything else is a text to look at. Whatever it becomes stands on a card first.
Deliberately not here: writing (`calls/writing.py`), and any recipient or action that the person's words do not name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
_STYLED = re.compile(
    r"\b(?:write|compose|word|formulate|phrase|come up with|make up|put together|draft)\b[^.!?:]{0,30}\b(?:friendly|"
    r"polite|nice|warm|formal|kind|funny|cheerful|firm|tactful|diplomatic|professional|heartfelt|sympathetic|witty|apologetic)\b"
    r"[^.!?:]{0,20}\b(?:reply|answer|response|e-?mail|mail|letter|message|note|few words|lines)\b", re.I)  # fmt: skip
"""Words by which somebody asks for more than that their own words be passed on."""
_CHOOSING = ("kind", "in", "who", "from", "when", "size", "state", "which", "count", "except")


def woven(plan: Plan, request: str, home: Home) -> Plan:
    """The plan in which a composed text has a place to go to, if the words give it one."""
    if len(plan.steps) == 1 and home.writing.there and _STYLED.search(request):
        return _styled(plan.steps[0]) or plan if plan.steps[0].action != COMPOSE else _sent(plan, home)
    for number, step in enumerate(plan.steps, 1):
        if step.action != COMPOSE or _used(plan, number):
            continue
        if later := next((n for n in range(number, len(plan.steps)) if _lacks_text(plan.steps[n])), None):
            given = _with(plan.steps[later], ("text", Ref(number)))
            return Plan((*plan.steps[:later], given, *plan.steps[later + 1 :]))
        if len(plan.steps) == 1:
            return _sent(plan, home)
    return plan


def _sent(plan: Plan, home: Home) -> Plan:
    """A text alone, with the mail that it is for if it is for one."""
    if not (home.has("mail") and home.writing.there):
        return plan
    return _answering(plan.steps[0]) or _drafted(plan.steps[0], home) or plan


def _styled(step: Step) -> Plan | None:
    """A mail whose words are told only roughly: they are written first."""
    if step.action not in ("mail.reply", "mail.send", "mail.draft") or step.has("text", "attach", "cc"):
        return None
    if not (step.has("say") or step.ask in _BODY):
        return None
    if step.action == "mail.reply":
        return _answered(step, [pair for pair in step.slots if pair[0] in (*_CHOOSING, "what")])
    told = [(name, value) for name, value in step.slots if name in ("what", "to", "say")]
    rest = replace(step, slots=tuple(pair for pair in step.slots if pair[0] != "say"))
    return Plan((Step(COMPOSE, ordered(told)), _with(rest, ("text", Ref(1)))))


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
    replies = [str(Quote(text)) for text in said if _REPLY.search(text)]
    if not replies or not (pointed or step.has("from", "to", "who")):
        return None
    chosen: list[tuple[str, Value]] = [(name, value) for name, value in step.slots if name in _CHOOSING]
    chosen += [("from", value) for value in step.values("to")] if not step.has("from") else []
    chosen += [("what", value) for value in step.values("what") if str(value) not in replies]
    return _answered(step, chosen, replies)


def _answered(step: Step, chosen: list[tuple[str, Value]], sort: Sequence[str] = ()) -> Plan:
    """Find what is answered (what was pointed at is found already), write, answer it."""
    told = [pair for pair in step.slots if pair[0] in ("say", "text") or str(pair[1]) in sort]
    pointed = next((value for name, value in chosen if name == "what" and isinstance(value, Ref)), None)
    which = [] if step.has("which") else [("which", Enum("latest"))]
    found = () if pointed else (Step("mail.find", ordered([*chosen, *which])),)
    mail = pointed or Ref(1)
    text = Step(COMPOSE, ordered([*told, ("what", mail)]))
    return Plan((*found, text, Step("mail.reply", ordered([("what", mail), ("text", Ref(len(found) + 1))]))))


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
