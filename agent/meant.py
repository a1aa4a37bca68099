"""Which turns "undo" means: the last, the last three, the second of today, those of this morning, the one about scans.

Whoever says more than "undo" is shown what will be taken back before it is (`Meant.sure` is False), and what fits
several turns is asked about. Deliberately not here: taking anything back (`effects/undo.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from nearhand.agent.asking import QuestionError
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.records import Entry, Kind, State
from nearhand.agent.errors import UndoError
from nearhand.agent.home import Home
from nearhand.agent.resolve.amounts import count
from nearhand.agent.resolve.when.spans import spans
from nearhand.connectors.base import Span
from nearhand.connectors.errors import NearhandError
from nearhand.models.language import Plan

KEY = "turn"
"""Where the turn that was picked from a question is kept (see `Home.picked`)."""
_FAR, _SHOWN = 50, 6
_PLACES = {"first": 0, "second": 1, "third": 2}
_EMPTY = frozenset(
    "the this that these those was were what when with from into have has had did done does not and but for you your"
    " undo back take took put revert reverse restore roll get again thing things one ones last please sorry just"
    " after all are can could don't isn't let made make mean meant say said who why will would wrong".split()
)
_AREAS = {
    "email": "mail", "message": "mail", "letter": "mail", "answer": "mail", "event": "calendar", "date": "calendar",
    "appointment": "calendar", "meeting": "calendar", "document": "file", "reminder": "task",
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Meant:
    """The turns to take back; none stands for the last one."""

    turns: tuple[int, ...] = ()
    sure: bool = True
    """Whether the words left no doubt, so that nobody need look before it is done."""


def meant(plan: Plan, request: str, journal: Journal, home: Home) -> Meant:
    """The turns that a plan to undo is about; raises QuestionError where several, or none, may be meant."""
    if isinstance(picked := home.picked.get(KEY), str):
        return Meant((int(picked),))
    what, when, which, number = (_said(plan, slot) for slot in ("what", "when", "which", "count"))
    able, many = _able(journal), count("".join(number)) or 1
    if when:
        able = _during(able, when, home)
    if what:
        return _these([_one(_about(able, _words(what)), able, " ".join(what))])
    of_day = able if when else _today(able, home)
    if which and which[0] in _PLACES:
        return _these(_counted(of_day, which[0], many))
    if many > 1:
        return Meant(tuple(entry.id for entry in able[:many]), sure=not when)
    if which == ["all"] or (when and not which):
        return _these(of_day)
    if when:
        return _these(able[:1])
    return Meant() if which else _unsaid(able, request)


def _said(plan: Plan, slot: str) -> list[str]:
    return [str(value).strip('"') for name, value in plan.steps[0].slots if name == slot]


def _these(entries: Iterable[Entry]) -> Meant:
    return Meant(tuple(entry.id for entry in entries), sure=False)


def _able(journal: Journal) -> list[Entry]:
    """What could be taken back, the newest first."""
    kinds = (Kind.REQUEST, Kind.REDO)
    turns = journal.turns(_FAR)
    return [e for e in turns if e.turn.kind in kinds and any(r.state is State.DONE for r in e.effects)]


def _during(able: Sequence[Entry], said: Sequence[str], home: Home) -> list[Entry]:
    readings = spans(said, home.clock, "past")
    if not readings:
        raise QuestionError("when", f"When is “{' '.join(said)}”? I do not understand that time.")
    found = [entry for entry in able if any(_in(entry.turn.now, reading.span) for reading in readings)]
    if not found:
        raise QuestionError("when", f"Nothing was done {' '.join(said)} that could be taken back.")
    return found


def _in(moment: datetime, span: Span) -> bool:
    return (span.start is None or span.start <= moment) and (span.end is None or moment < span.end)


def _today(able: Sequence[Entry], home: Home) -> list[Entry]:
    """What was done today, or all there is if that is nothing."""
    today = home.clock.now.date()
    return [e for e in able if e.turn.now.astimezone(home.zone).date() == today] or list(able)


def _counted(able: Sequence[Entry], which: str, many: int) -> Sequence[Entry]:
    """The second is counted from the first that was done; where that is another from the last, the person is asked."""
    place = _PLACES[which]
    if place >= len(able):
        raise _ask(f"There is no {which} thing to take back. Which one do you mean?", able)
    oldest = list(reversed(able))
    if place == 0 or oldest[place].id == able[place].id:
        return oldest[place : place + many]
    raise _ask(f"Which one is the {which}?", [oldest[place], able[place]])


def _words(texts: Iterable[str]) -> set[str]:
    """What is said in texts, each word without its plural."""
    found = {word for text in texts for word in _WORD.findall(text.casefold()) if len(word) > 2}
    bare = {word.removesuffix("s") if len(word) > 3 else word for word in found - _EMPTY}
    return {_AREAS.get(word, word) for word in bare}


def _about(able: Sequence[Entry], words: set[str]) -> list[Entry]:
    """Those that most of the words are about."""
    scores = {entry.id: len(words & _told(entry)) for entry in able}
    most = max(scores.values(), default=0)
    return [entry for entry in able if most and scores[entry.id] == most]


def _told(entry: Entry) -> set[str]:
    turn = entry.turn
    texts = (turn.request, turn.plan, *(f"{r.text} {r.effect.connector}" for r in entry.effects))
    return _words(texts)


def _one(found: Sequence[Entry], able: Sequence[Entry], said: str) -> Entry:
    if len(found) == 1:
        return found[0]
    told = "" if found else f"Nothing that was done is about “{said}”. "
    raise _ask(f"{told}Which one do you mean?", found or able)


def _unsaid(able: Sequence[Entry], request: str) -> Meant:
    """The last one, unless the request speaks of another that was done and not of the last."""
    found = _about(able, _words([request]))
    if not found or able[0] in found:
        return Meant()
    return _these([_one(found, able, request)])


def _ask(text: str, entries: Sequence[Entry]) -> NearhandError:
    if not entries:
        return UndoError("There is nothing to undo.")
    shown = entries[:_SHOWN]
    return QuestionError("what", text, [e.turn.request for e in shown], [str(e.id) for e in shown], KEY)
