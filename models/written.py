"""Reads the written corpus: one request a line, its gold plan in the line.

    PLAN | request with {slot:words} marked
    PLAN | request  ==>  PLAN | request                a conversation of two turns; the last one is the example

PLAN is the plan language without the quotes: `files.move kind=scan | put {when:yesterday}'s scans into {to:Receipts}`.
With several steps a mark says which step it fills, `{2.to:Olga}` (no number is step 1); words that fill several slots
carry all of them, `{what,2.name:report}`. A quote from the turn before is written out in the plan: `who="Olga"`.
`python -m nearhand.models.written FILE...` checks files and prints what it cannot accept.
"""

from __future__ import annotations

import gc
import hashlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from nearhand.models.language import Plan, PlanError, Quote, Step, Value, check, ordered, parse
from nearhand.models.words import normalize

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Turn:
    """A request and its plan."""

    request: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Row:
    """One written example."""

    turn: Turn
    before: Turn | None = None
    source: str = ""
    """File and line."""
    marked: str = ""
    """The request with its marks, for the synthesizer."""
    marked_before: str = ""


_MARK = re.compile(r"\{([a-z0-9_.,]+):([^{}]*)\}")
_ROLE = re.compile(r"(?:(\d)\.)?([a-z_]+)$")
_NUMBER = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"twenty|thirty|forty|fifty|sixty|ninety"
)
_AMOUNT = rf"(?:\d|(?:an?|half|{_NUMBER}|the next|another|about|around|under|less)\b)"
_TIME_LEAD = re.compile(rf"^(?:(?:on|at|for)\s+|in\s+(?!{_AMOUNT}))", re.I)
_DETERMINER = re.compile(r"(?:the|a|an|my|our|your|this|that|these|those|all|any|some)\s+(?=\S)", re.I)
_OWNER = re.compile(r"^(?:his|her|their|its)\s+(?=\S)", re.I)
_UNTIL = re.compile(r"^(?:until|till?|to)\s+(?=\S)", re.I)
_BARE_NOUN = {
    area: re.compile(rf"(?<=\w)\s+{noun}s?$", re.I) for area, noun in (("calendar", "appointment"), ("rules", "rule"))
}
"""What a thing is in its area anyway, at the end of its name: the vet appointment, the newsletter rule."""
_PLACE_NOUN = re.compile(r"(?<=\w)\s+(?:folder|directory|list|mailbox|calendar)$", re.I)
_TIMES = frozenset({"when", "repeat", "remind", "by", "for", "size", "count"})
_VERBATIM = frozenset({"text", "say", "subject", "name", "email", "phone"})
EDGE = " ,;:.!?\"'“”‘’"


def trim(action: str, slot: str, text: str) -> str:
    """The canonical extent of a quote: no determiner before a thing or person, no bare preposition before a time."""
    if slot == "text":
        return text.strip()
    if slot == "say":
        return re.sub(r"^that\s+(?=\S)", "", text.strip(), flags=re.I)
    text = text.strip(' ,;:!?"“”‘') if slot in ("name", "subject") else text.strip(EDGE)
    if slot == "to" and action in ("calendar.move", "tasks.change"):
        return _TIME_LEAD.sub("", _UNTIL.sub("", text))
    if slot in _TIMES:
        return _TIME_LEAD.sub("", text)
    if slot not in _VERBATIM:
        while found := _DETERMINER.match(text):
            text = text[found.end() :]
    if slot == "what":
        return _thing(action, text)
    if slot in ("in", "to") and action not in ("calendar.move", "mail.send", "mail.forward", "mail.draft"):
        text = _PLACE_NOUN.sub("", text)
    elif slot == "name" and (found := re.match(r"(?:the|a|an|my|our)\s+(?=\S)", text, re.I)):
        text = text[found.end() :]
    return text


def _thing(action: str, text: str) -> str:
    """What names a thing, without whose it is and without the noun that the action says anyway."""
    text = _OWNER.sub("", text)
    noun = _BARE_NOUN.get(action.partition(".")[0])
    return noun.sub("", text) if noun and action != "calendar.respond" else text


def read_line(line: str, source: str = "") -> Row:
    """Read one line of the corpus. Raises PlanError with what is wrong."""
    turns = re.split(r"\s+==>\s+", line.strip())
    if len(turns) > 2:
        raise PlanError("at most two turns")
    before = _read_turn(turns[0]) if len(turns) == 2 else None
    earlier = before[0].request if before else ""
    turn, marked = _read_turn(turns[-1], earlier)
    return Row(turn, before[0] if before else None, source, marked, before[1] if before else "")


def _read_turn(text: str, earlier: str = "") -> tuple[Turn, str]:
    head, bar, marked = text.partition("|")
    if not bar:
        raise PlanError("write PLAN | request")
    plan, marked = trimmed(parse(head)), normalize(marked)
    request = normalize(_MARK.sub(lambda m: m[2], marked))
    if "{" in request or "}" in request:
        raise PlanError("a mark is not closed or not {slot:words}")
    turn = Turn(request, fill(plan, _marks(marked)))
    check(turn.plan, request, earlier)
    return turn, marked


def _marks(marked: str) -> list[tuple[int, str, str]]:
    """(step, slot, words) of every mark, steps from 1."""
    found = []
    for mark in _MARK.finditer(marked):
        for role in mark[1].split(","):
            parts = _ROLE.match(role)
            if parts is None:
                raise PlanError(f"cannot read the mark {{{mark[1]}:...}}")
            found.append((int(parts[1] or 1), parts[2], mark[2]))
    return found


def trimmed(plan: Plan) -> Plan:
    """The plan with every quote at its canonical extent, unless that were no words at all."""

    def value(action: str, slot: str, item: Value) -> Value:
        return Quote(trim(action, slot, item.text) or item.text) if isinstance(item, Quote) else item

    return Plan(tuple(replace(s, slots=tuple((n, value(s.action, n, v)) for n, v in s.slots)) for s in plan.steps))


def fill(plan: Plan, marks: list[tuple[int, str, str]]) -> Plan:
    """Put the marked words into the steps they are marked for."""
    steps = list(plan.steps)
    for number, slot, words in marks:
        if not 1 <= number <= len(steps):
            raise PlanError(f"the mark {number}.{slot} has no step")
        step = steps[number - 1]
        text = trim(step.action, slot, words)
        if not text:
            raise PlanError(f"the mark {slot} holds no words")
        steps[number - 1] = _with_slot(step, slot, Quote(text))
    return Plan(tuple(map(_once, steps)))


def _once(step: Step) -> Step:
    """A time that is said inside a recurrence is not said again."""
    repeated = step.values("repeat")
    return replace(step, slots=tuple(p for p in step.slots if p[0] != "when" or p[1] not in repeated))


def _with_slot(step: Step, slot: str, value: Value) -> Step:
    try:
        return replace(step, slots=ordered([*step.slots, (slot, value)]))
    except KeyError:
        raise PlanError(f"there is no slot '{slot}'") from None


def read_file(path: Path) -> Iterator[Row | tuple[str, str]]:
    """Yield a Row for every good line and (place, reason) for every bad one. `#` starts a comment line."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            yield read_line(line, f"{path.name}:{number}")
        except PlanError as error:
            yield f"{path.name}:{number}", str(error)


def rows(folder: Path = CORPUS) -> list[Row]:
    """Every good row of the corpus, in the order of file and line."""
    with _uncollected():
        return [row for path in sorted(folder.glob("*.txt")) for row in read_file(path) if isinstance(row, Row)]


@contextmanager
def _uncollected() -> Iterator[None]:
    """A million small things stay: in a large process to search them for garbage takes longer than to make them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def held_out(row: Row) -> bool:
    """Whether a row is kept from training to watch it (one in forty, by a hash of its words)."""
    return hashlib.sha256(row.turn.request.lower().encode()).digest()[0] < 6


def main(paths: list[str]) -> int:
    """Check files; print every line that cannot be accepted, then counts."""
    good, seen, bad = 0, set(), 0
    for path in paths or [str(p) for p in sorted(CORPUS.glob("*.txt"))]:
        for row in read_file(Path(path)):
            if not isinstance(row, Row):
                print(f"{row[0]}: {row[1]}")
                bad += 1
                continue
            key = (row.before.request.lower() if row.before else "", row.turn.request.lower())
            if key in seen:
                print(f"{row.source}: said already: {row.turn.request}")
            good += 1
            seen.add(key)
    print(f"{good} requests ({len(seen)} distinct), {bad} not accepted")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
