"""Resolves a plan step by step: what only looks runs now, what changes something is collected for the card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from nearhand.agent.asking import QuestionError
from nearhand.agent.calls import calendar, files, lists, mail, other, reading
from nearhand.agent.calls.act import Act
from nearhand.agent.calls.found import Found, Words
from nearhand.agent.home import Home
from nearhand.agent.reply import Result
from nearhand.connectors.base import Risk
from nearhand.connectors.catalogue import ACTIONS, SLOTS
from nearhand.models.language import Plan, Ref, Step

Build = Callable[[Words], tuple[list[Act], Found]]
_BUILDERS: dict[str, Build] = {
    "files": files.build, "mail": mail.build, "calendar": calendar.build, "tasks": lists.tasks,
    "contacts": lists.contacts, "rules": other.rules, "text": other.text,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan whose every word is understood."""

    acts: tuple[Act, ...]
    results: tuple[Result, ...]
    """One for each step; those of acts are filled when they have run."""
    owners: tuple[int, ...]
    """For each act, the number (from 0) of its step."""
    answer: str
    """What the steps that only looked have to say."""
    found: tuple[Found, ...]


def prepare(plan: Plan, request: str, home: Home, before: Found, given: Sequence[Found] = ()) -> Prepared:
    """Resolve every step in order; raises QuestionError for the first thing that is missing or unclear.

    `given` is what $1, $2, ... mean already, before the first step: for a rule, what set it off.
    """
    if plan.steps[0].action == "rules.add":
        return _rule(plan, request, home, before)
    results: list[Result] = []
    found: list[Found] = list(given)
    acts: list[Act] = []
    owners: list[int] = []
    said: list[str] = []
    sought: dict[int, str] = {}
    for number, step in enumerate(plan.steps):
        words = Words(step, request, home, tuple(found), before, len(acts))
        if reason := _off(words):
            results.append(Result(step.action, skipped=reason))
            found.append(Found())
            said.append(reason)
            continue
        ask(words)
        _missed(words, sought, len(given))
        if ACTIONS[step.action].risk is Risk.READ or step.action == COMPOSE:
            sentence, result, come = reading.run(words)
            sought[number] = "" if come.items or come.spans or come.text else sentence
            results.append(result)
            found.append(come)
            said.append(sentence)
            continue
        made, come = _BUILDERS[step.action.partition(".")[0]](words)
        acts += made
        owners += [number] * len(made)
        results.append(Result(step.action, come.items))
        found.append(_after(step, come, len(acts) - 1))
    shown = said if not acts else [s for s, r in zip(said, _spoken(results), strict=False) if r]
    return Prepared(tuple(acts), tuple(results), tuple(owners), " ".join(shown), tuple(found))


def _spoken(results: Sequence[Result]) -> list[bool]:
    """Beside changes only a condition that did not hold, and questions that were asked, are worth a sentence."""
    return [bool(r.skipped) or not r.action.endswith((".find", COMPOSE))
            for r in results if r.skipped or r.action == COMPOSE or ACTIONS[r.action].risk is Risk.READ]  # fmt: skip


COMPOSE = "text.compose"
"""Changes nothing by itself; what becomes of the text is a step of its own."""
_KEEPS = frozenset(
    {"mail.reply", "mail.reply_all", "mail.forward", "mail.save_attachments", "mail.mark_read", "mail.mark_unread",
     "mail.flag", "mail.unflag", "calendar.change", "calendar.rename", "calendar.respond", "contacts.change"}
)  # fmt: skip
"""Actions after which `$n` means the thing itself and not what was made."""


def _after(step: Step, come: Found, last: int) -> Found:
    return come if step.action in _KEEPS else replace(come, made=last)


def ask(words: Words) -> None:
    """Ask for the slot that the plan says is missing."""
    if slot := words.step.ask:
        raise QuestionError(slot, _QUESTIONS.get((words.step.action, slot)) or question(words.step.action, slot))


def question(action: str, slot: str) -> str:
    """A question for any slot."""
    area = action.partition(".")[0]
    asked = {
        "what": f"Which {_THING.get(area, 'one')} do you mean?", "to": "Where should it go?",
        "name": "What should it be called?",
        "when": "When?", "text": "What should it say?", "who": "Who do you mean?", "in": "Where?", "by": "By how much?",
        "answer": "Do you accept, decline, or are you not sure yet?", "for": "How long?", "where": "Which place?",
        "invite": "Who should be invited?", "from": "From whom?", "email": "What is the e-mail address?",
    }  # fmt: skip
    return asked.get(slot, f"I need to know: {SLOTS[slot].doc}.")


_THING = {"files": "file", "mail": "mail", "calendar": "event", "tasks": "task", "contacts": "person", "rules": "rule"}
_QUESTIONS = {
    ("mail.send", "to"): "Who should get it?",
    ("mail.forward", "to"): "Who should it be passed on to?",
    ("mail.draft", "to"): "Who is it for?",
    ("calendar.move", "to"): "To when?",
    ("calendar.add", "name"): "What is the event?",
    ("calendar.change", "to"): "What should change about it?",
    ("tasks.add", "name"): "What should be put down?",
    ("tasks.change", "to"): "To when?",
    ("mail.move", "to"): "Into which mailbox?",
}


def _off(words: Words) -> str:
    """Why a guarded step does not run; "" if it does."""
    guard = words.step.guard
    if guard is None:
        return ""
    looked = words.at(guard.step)
    some = bool(looked.items or looked.spans or looked.made is not None)
    if some == guard.wants_any:
        return ""
    what = f": {looked.items[0].title}" if looked.items else ""
    return f"Nothing was done, because there is {'something' if some else 'nothing'} there{what}."


def _missed(words: Words, sought: Mapping[int, str], given: int) -> None:
    """Say so when a step works on what an earlier one was to find, and that found nothing."""
    for _, value in words.step.slots:
        if isinstance(value, Ref) and (sentence := sought.get(value.step - 1 - given)):
            raise QuestionError("what", f"{sentence} So nothing was changed.")


def _rule(plan: Plan, request: str, home: Home, before: Found) -> Prepared:
    """A standing rule: the whole plan is kept, and none of it runs now."""
    for step in plan.steps:
        ask(Words(step, request, home, (), before))
    made = other.rules_added(plan, request, home)
    count = made[-1][0] + 1
    results = tuple(Result(step.action) for step in plan.steps[:count])
    return Prepared(tuple(act for _, act in made), results, tuple(n for n, _ in made), "", (Found(),) * count)
