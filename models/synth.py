"""Multiplies the written corpus: other values in the same words, joined requests, remarks, manners, noise of typing.

Values are exchanged for others that stand in the same kind of place (same slot, same word before them, same shape), so
that the sentence stays one that somebody could say. Endless, deterministic for a seed. A row whose plan no longer
checks against its request is dropped.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from nearhand.models import alike, denial, noise
from nearhand.models.language import Enum, Guard, Plan, PlanError, Quote, Ref, Step, Value, check
from nearhand.models.marked import Part, split
from nearhand.models.pools import POOLS
from nearhand.models.words import normalize
from nearhand.models.written import Row, Turn, fill, trim

_PEOPLE = frozenset({"who", "from", "invite", "cc", "bcc"})
_LEADS = frozenset(
    "the my our a an on at in for from to by until till before after with since between of about named called every "
    "and or that if whether into under as saying it's".split()
)


def family(action: str, slot: str) -> str:
    """What sort of value a slot of an action takes, for exchanging."""
    area = action.partition(".")[0]
    if slot in _PEOPLE or (slot == "to" and action.startswith("mail.") and action not in _TO_BOX | _TO_FOLDER):
        return "person"
    if slot in ("to", "in"):
        if area == "files" or action in _TO_FOLDER:
            return "folder"
        if action in ("calendar.move", "tasks.change") and slot == "to":
            return "newtime"
        return f"{area}.{slot}"
    if slot == "when":
        return "newtime" if action in ("calendar.add", "tasks.add", "mail.send") else "time"
    if slot in ("what", "name", "except"):
        return f"{area}.thing" if area in ("files", "mail", "calendar", "tasks") else f"{area}.{slot}"
    if slot == "attach":
        return "files.thing"
    return slot


UNRELATED = 0.06
"""Share of requests that follow a turn they have nothing to do with."""
REMARKED = 0.05
"""Share of requests beside which a person says something that is no request."""
_TO_BOX = frozenset({"mail.move"})
_TO_FOLDER = frozenset({"mail.save_attachments"})


def shape(text: str) -> str:
    """A rough form: values of one form can stand for one another."""
    first = text.split(" ", 1)[0]
    if "@" in text:
        return "address"
    if "/" in text or re.search(r"\.\w{2,4}$", text):
        return "path"
    kind = "A" if first[:1].isupper() else "0" if first[:1].isdigit() else "a"
    return kind + (first.lower() if first.lower() in _LEADS else "") + ("+" if text.count(" ") > 2 else "")


def _lead(parts: Sequence[Part], i: int) -> str:
    """The word before part i, where it shapes what may follow."""
    before = parts[i - 1].text.rstrip() if i else ""
    word = before.rsplit(" ", 1)[-1].lower()
    return word if word in _LEADS else ("," if before.endswith((",", ":", "-")) else "")


def _tail(parts: Sequence[Part], i: int) -> bool:
    """Whether a possessive ending follows part i."""
    return i + 1 < len(parts) and parts[i + 1].text[:2].lower() in ("'s", "’s")


class Synth:
    """Draws examples from written rows without end."""

    def __init__(self, rows: Sequence[Row], seed: int, swap: float = 0.6, join: float = 0.12) -> None:
        self.rows = list(rows)
        self.random = random.Random(seed)
        self.swap, self.join = swap, join
        self.pools: dict[tuple[str, str, str, bool], list[str]] = defaultdict(list)
        self.joinable = [row for row in self.rows if _joinable(row)]
        self.remarks = [row.turn.request for row in self.rows if _remark(row)]
        for row in self.rows:
            self._harvest(row)

    def __iter__(self) -> Iterator[Row]:
        order: list[Row] = []
        while True:
            if not order:
                order = self.random.sample(self.rows, len(self.rows))
            if made := self.make(order.pop()):
                yield made

    def make(self, row: Row) -> Row | None:
        """One variation of a row, or None if it did not come out as a legal example."""
        roll = self.random.random() if _joinable(row) else 1.0
        try:
            if roll < self.join:
                return self._joined(row)
            if roll < self.join + REMARKED and self.remarks:
                return self.remarked(row)
            return self._varied(row)
        except PlanError:
            return None

    # --- exchanging values ------------------------------------------------------------------------------------------

    def _harvest(self, row: Row) -> None:
        for marked, plan in ((row.marked, row.turn.plan), (row.marked_before, row.before.plan if row.before else None)):
            if not marked or plan is None:
                continue
            parts = split(marked)
            for i, part in enumerate(parts):
                if len(part.roles) == 1:
                    self.pools[self._key(parts, i, plan)].append(part.text)

    def _key(self, parts: Sequence[Part], i: int, plan: Plan) -> tuple[str, str, str, bool]:
        step, slot = parts[i].roles[0]
        kind = family(plan.steps[step - 1].action, slot)
        return kind, _lead(parts, i), shape(parts[i].text), _tail(parts, i)

    def _exchange(self, parts: list[Part], plan: Plan) -> dict[str, str]:
        """Swap values in place; returns old to new."""
        swapped: dict[str, str] = {}
        for i, part in enumerate(parts):
            if part.roles and self.random.random() < self.swap:
                new = self._another(self._key(parts, i, plan), part.text)
                if new != part.text and not re.search(r"[{}|]", new):
                    swapped[part.text] = new
                    parts[i] = replace(part, text=new)
        return swapped

    def _another(self, key: tuple[str, str, str, bool], old: str) -> str:
        kind, _, form, _ = key
        if (made := POOLS.get((kind, form))) and self.random.random() < 0.5:
            return made(self.random)
        return self.random.choice(self.pools.get(key) or [old])

    def _varied(self, row: Row) -> Row:
        parts, source = split(row.marked), row.source
        before, swapped = row.before, dict[str, str]()
        if row.before and row.marked_before:
            earlier = split(row.marked_before)
            swapped = self._exchange(earlier, row.before.plan)
            before = rebuild(earlier, bare(row.before.plan, row.marked_before))
        skeleton = bare(row.turn.plan, row.marked)
        if swapped:
            skeleton = _carried(skeleton, row.before, swapped)
        self._exchange(parts, row.turn.plan)
        parts = alike.vary(parts, [step.action for step in row.turn.plan.steps], self.random)
        plain, roll = _plain(row) and denial.commands(parts), self.random.random()
        if plain and roll < denial.DENIED:
            parts, skeleton = denial.denied(parts, self.random), NOTHING
        elif plain and roll < denial.DENIED + denial.SEEMING:
            parts = denial.seeming(parts, self.random)
        parts = noise.disturb(parts, self.random, framed=row.before is None and skeleton.steps[0].action != "none")
        turn = rebuild(parts, skeleton, before.request if before else "")
        if before is None and self.random.random() < UNRELATED:
            other = self.random.choice(self.rows)
            before = other.before or other.turn  # the words of a first turn stand in it; a second turn's may not
        return Row(turn, before, source)

    # --- joining two requests ----------------------------------------------------------------------------------------

    def _joined(self, row: Row) -> Row:
        other = self.random.choice(self.joinable)
        first, second = split(row.marked), split(other.marked)
        self._exchange(first, row.turn.plan)
        self._exchange(second, other.turn.plan)
        first = alike.vary(first, [step.action for step in row.turn.plan.steps], self.random)
        second = alike.vary(second, [step.action for step in other.turn.plan.steps], self.random)
        offset = len(row.turn.plan.steps)
        if offset + len(other.turn.plan.steps) > 4:
            raise PlanError("too long")
        _lower_first(second)
        _chop(first)
        glue = self.random.choice((" and ", " and then ", ", then ", ", and ", " and also ", "; ", ". Then ", " then "))
        shifted = [Part(p.text, tuple((s + offset, slot) for s, slot in p.roles)) for p in second]
        plan = Plan(
            bare(row.turn.plan, row.marked).steps
            + tuple(_shift(step, offset) for step in bare(other.turn.plan, other.marked).steps)
        )
        parts = noise.disturb([*first, Part(glue), *shifted], self.random, framed=False)
        return Row(rebuild(parts, plan), None, f"{row.source}+{other.source}")

    # --- a remark beside a request ------------------------------------------------------------------------------------

    def remarked(self, row: Row) -> Row:
        """The same wish with something said by the way before it or after it."""
        parts, remark = split(row.marked), self.random.choice(self.remarks)
        self._exchange(parts, row.turn.plan)
        parts = alike.vary(parts, [step.action for step in row.turn.plan.steps], self.random)
        if self.random.random() < 0.3:
            _lower_first(parts)
            parts = [Part(remark.rstrip(" .") + self.random.choice((". ", ", so ", ", ", " - ", "; "))), *parts]
        else:
            _chop(parts)
            parts = [*parts, Part(self.random.choice((", ", ", ", ". ", " - ", "; ", " (")) + remark)]
            if parts[-1].text.startswith(" ("):
                parts[-1] = Part(parts[-1].text + ")")
        parts = noise.disturb(parts, self.random, framed=False)
        return Row(rebuild(parts, bare(row.turn.plan, row.marked)), None, row.source)


def bare(plan: Plan, marked: str) -> Plan:
    """The plan without the quotes that the marks of its request will fill in."""
    words = {(step, slot, trim(plan.steps[step - 1].action, slot, part.text))
             for part in split(marked) for step, slot in part.roles}  # fmt: skip

    def kept(number: int, pair: tuple[str, Value]) -> bool:
        return not (isinstance(pair[1], Quote) and (number, pair[0], pair[1].text) in words)

    return Plan(tuple(replace(s, slots=tuple(p for p in s.slots if kept(n, p))) for n, s in enumerate(plan.steps, 1)))


def rebuild(parts: Sequence[Part], skeleton: Plan, before: str = "") -> Turn:
    """Put a request and its plan together again. Raises PlanError if they do not fit."""
    request = normalize("".join(part.text for part in parts))
    plan = fill(skeleton, [(step, slot, part.text) for part in parts for step, slot in part.roles])
    check(plan, request, before)
    return Turn(request, plan)


def _carried(plan: Plan, before: Turn | None, swapped: dict[str, str]) -> Plan:
    """Follow values that were exchanged in the turn before."""
    words = {trim("", slot, old): trim("", slot, new) for old, new in swapped.items()
             for slot in ("what", "when", "text")}  # fmt: skip
    assert before is not None

    def value(item: Value) -> Value:
        return Quote(words.get(item.text, item.text)) if isinstance(item, Quote) else item

    return Plan(tuple(replace(s, slots=tuple((n, value(v)) for n, v in s.slots)) for s in plan.steps))


def _shift(step: Step, offset: int) -> Step:
    """Renumber the references of a step that moved behind `offset` others."""
    guard = Guard(step.guard.wants_any, step.guard.step + offset) if step.guard else None
    slots = tuple((n, Ref(v.step + offset) if isinstance(v, Ref) else v) for n, v in step.slots)
    return replace(step, guard=guard, slots=slots)


NOTHING = Plan((Step("none", (("why", Enum("nothing")),)),))


def _plain(row: Row) -> bool:
    """Whether a request is one step that its words alone tell of."""
    return row.before is None and len(row.turn.plan.steps) == 1 and row.turn.plan.steps[0].action != "none"


def _remark(row: Row) -> bool:
    """Whether a row is something said by the way: of some length, and neither asks nor wants anything."""
    told = row.before is None and str(row.turn.plan) == "none why=chat" and "?" not in row.turn.request
    return told and not row.marked.count("{") and 4 <= row.turn.request.count(" ") + 1 <= 16


def _joinable(row: Row) -> bool:
    steps = row.turn.plan.steps
    return (
        row.before is None
        and len(steps) <= 2
        and all(s.action not in ("none", "rules.add") and not s.ask for s in steps)
        and not row.turn.request.rstrip().endswith("?")
        and len(row.turn.request) < 90
        and not any(v[0] in ("text", "say") for v in steps[-1].slots)
    )


def _lower_first(parts: list[Part]) -> None:
    if parts and not parts[0].roles and parts[0].text[:1].isupper() and not parts[0].text.startswith("I"):
        parts[0] = replace(parts[0], text=parts[0].text[:1].lower() + parts[0].text[1:])


def _chop(parts: list[Part]) -> None:
    if parts and not parts[-1].roles:
        parts[-1] = replace(parts[-1], text=parts[-1].text.rstrip(" .!"))
