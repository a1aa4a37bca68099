"""The plan language: what an action model may say, as values and as text.

A plan is a line of steps; a step is an action with slots, each filled by quotes of the request, enum words, or
references to what an earlier step ($1, $2, ...) or the turn before ($0) found or made. Nothing else can be written:

    calendar.rename which=first when="Tuesday" name="Site visit"
    calendar.find when="noon" ; if_none($1) calendar.add when="noon" name="a run"
    mail.send text="see you" ask(to)

Slots stand in the order of `catalogue.SLOTS`; a slot that may come more than once keeps the order of the request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nearhand.connectors.catalogue import ACTIONS, MAX_STEPS, SLOTS
from nearhand.connectors.errors import NearhandError
from nearhand.models.words import spans


class PlanError(NearhandError):
    """A plan text or plan value that the language does not allow; says where."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of the request, verbatim."""

    text: str

    def __str__(self) -> str:
        return '"' + self.text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, slots=True)
class Ref:
    """What step `step` of this plan found or made; 0 is the turn before."""

    step: int

    def __str__(self) -> str:
        return f"${self.step}"


@dataclass(frozen=True, slots=True)
class Enum:
    """One word of the closed set of its slot."""

    word: str

    def __str__(self) -> str:
        return self.word


Value = Quote | Ref | Enum


@dataclass(frozen=True, slots=True)
class Guard:
    """The step runs only if step `step` found something (`if_any`) or nothing (`if_none`)."""

    wants_any: bool
    step: int

    def __str__(self) -> str:
        return f"{'if_any' if self.wants_any else 'if_none'}(${self.step})"


@dataclass(frozen=True, slots=True)
class Step:
    """One action with its filled slots."""

    action: str
    slots: tuple[tuple[str, Value], ...] = ()
    ask: str | None = None
    """The needed slot that the request leaves open."""
    guard: Guard | None = None

    def __str__(self) -> str:
        parts = [str(self.guard)] if self.guard else []
        parts.append(self.action)
        parts += [f"{name}={value}" for name, value in self.slots]
        if self.ask:
            parts.append(f"ask({self.ask})")
        return " ".join(parts)

    def values(self, slot: str) -> tuple[Value, ...]:
        """Everything that fills `slot`, in order."""
        return tuple(value for name, value in self.slots if name == slot)

    def has(self, *slots: str) -> bool:
        return any(name in slots for name, _ in self.slots)


@dataclass(frozen=True, slots=True)
class Plan:
    """One to six steps."""

    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return " ; ".join(map(str, self.steps))


ALONE = frozenset({"none"})
"""Actions that stand for the whole plan."""
_ORDER = {name: i for i, name in enumerate(SLOTS)}
_ALL = frozenset("all any anything each every everything everyone everybody whatever whenever always".split())
_NAMES_NOTHING = _ALL | frozenset("my our new incoming mail mails email emails message messages file files".split())


def missing(step: Step) -> str | None:
    """The first slot that the action needs and the step leaves open."""
    for group in ACTIONS[step.action].needs:
        if not step.has(*group):
            return group[0]
    return None


def sweeps(plan: Plan) -> bool:
    """Whether a step clears away or gives out everything of its area, now or whenever something comes.

    "All" is said, or a rule is set off by anything, and nothing narrows it; words that name nobody and nothing do not.
    """
    first = plan.steps[0]
    everything: list[list[tuple[str, Value]]] = [[("which", Enum("all"))]]
    if first.action == "rules.add" and [name for name, value in first.slots if _narrows(value)] == ["event"]:
        everything.append([("what", Ref(1))])
    bounded = [step for step in plan.steps if ACTIONS[step.action].bounded and not step.ask]
    return any(_chosen_by(step) in everything or _names_all(step) for step in bounded)


def _chosen_by(step: Step) -> list[tuple[str, Value]]:
    return [pair for pair in step.slots if pair[0] in ACTIONS[step.action].needs[0] and _narrows(pair[1])]


def _names_all(step: Step) -> bool:
    """Whether all that chooses is a word for everything; "the message" alone is merely not found."""
    empty = [value for _, value in step.slots if isinstance(value, Quote) and not _narrows(value)]
    return not _chosen_by(step) and any(_words(value) & _ALL for value in empty)


def _narrows(value: Value) -> bool:
    """Whether a value leaves anything out: "whenever mail" quoted as a sender names nobody."""
    return not isinstance(value, Quote) or not _words(value) <= _NAMES_NOTHING


def _words(quote: Quote) -> set[str]:
    return set(quote.text.lower().split())


def askable(step: Step) -> frozenset[str]:
    """The slots a step may ask for: those of every needed group that it leaves open."""
    return frozenset(slot for group in ACTIONS[step.action].needs if not step.has(*group) for slot in group)


def ordered(slots: Iterable[tuple[str, Value]]) -> tuple[tuple[str, Value], ...]:
    """Slots in canonical order; values of one slot keep theirs."""
    return tuple(sorted(slots, key=lambda pair: _ORDER[pair[0]]))


def check(plan: Plan, request: str, before: str = "") -> None:
    """Raise PlanError unless the plan is legal and every quote stands in the request (or in the turn before)."""
    if not 1 <= len(plan.steps) <= MAX_STEPS:
        raise PlanError(f"a plan has 1 to {MAX_STEPS} steps, not {len(plan.steps)}")
    for number, step in enumerate(plan.steps, 1):
        if step.action in ALONE and (number > 1 or step.guard):
            raise PlanError(f"{step.action} can only be the first step")
        if number > 1 and plan.steps[0].action == "none":
            raise PlanError("nothing can follow none")
        try:
            _check_step(step, number, request, before)
        except PlanError as error:
            raise PlanError(f"step {number} ({step.action}): {error}") from None


def _check_step(step: Step, number: int, request: str, before: str) -> None:
    action = ACTIONS.get(step.action)
    if action is None:
        raise PlanError("there is no such action")
    for name, _ in step.slots:
        if name not in SLOTS:
            raise PlanError(f"there is no slot '{name}'")
    if step.guard and not 0 <= step.guard.step < number:
        raise PlanError(f"the guard looks at ${step.guard.step}, which is not an earlier step")
    if tuple(step.slots) != ordered(step.slots):
        raise PlanError("slots are out of order")
    seen: set[str] = set()
    for name, value in step.slots:
        if name not in action.slots:
            raise PlanError(f"takes no slot '{name}' (it takes {', '.join(action.slots)})")
        if name in seen and not SLOTS[name].many:
            raise PlanError(f"slot '{name}' comes twice")
        seen.add(name)
        _check_value(name, value, number, request, before)
    if step.ask is None and (gap := missing(step)):
        raise PlanError(f"needs '{gap}' or ask({gap})")
    if step.ask is not None and step.ask not in askable(step):
        raise PlanError(f"cannot ask({step.ask}): it may ask for {', '.join(sorted(askable(step))) or 'nothing'}")


def _check_value(name: str, value: Value, number: int, request: str, before: str) -> None:
    slot = SLOTS[name]
    match value:
        case Enum(word):
            if word not in slot.values:
                allowed = ", ".join(slot.values) or "a quote"
                raise PlanError(f"slot '{name}' cannot be {word} (it takes {allowed})")
        case Ref(step):
            if not (slot.ref or slot.written) or not 0 <= step < number:
                raise PlanError(f"slot '{name}' cannot be ${step}")
        case Quote(text):
            if slot.values:
                raise PlanError(f"slot '{name}' takes one of {', '.join(slot.values)}, not a quote")
            if not spans(request, text) and not (before and spans(before, text)):
                raise PlanError(f"slot '{name}': \"{text}\" does not stand in the request")


_STEP = re.compile(r"(?:(if_any|if_none)\(\$(\d)\)\s+)?([a-z]+(?:\.[a-z_]+)?)(?=\s|$)")
_SLOT = re.compile(r"\s+([a-z_]+)=(?:\"((?:[^\"\\]|\\.)*)\"|\$(\d)|([a-z_]+))(?=\s|$)")
_ASK = re.compile(r"\s+ask\(([a-z_]+)\)(?=\s|$)")


def parse(text: str) -> Plan:
    """Read the text form. Raises PlanError at the first thing that is not in the language."""
    steps, rest = [], text.strip()
    while True:
        step, rest = _parse_step(rest)
        steps.append(step)
        if not rest:
            return Plan(tuple(steps))
        if not rest.startswith(";"):
            raise PlanError(f"cannot read: {rest[:40]}")
        rest = rest[1:].lstrip()


def _parse_step(text: str) -> tuple[Step, str]:
    head = _STEP.match(text)
    if head is None:
        raise PlanError(f"an action should stand here: {text[:40]}")
    guard = Guard(head[1] == "if_any", int(head[2])) if head[1] else None
    at, slots, ask = head.end(), [], None
    while found := _SLOT.match(text, at):
        slots.append((_slot_name(found[1]), _parse_value(found)))
        at = found.end()
    if found := _ASK.match(text, at):
        ask, at = _slot_name(found[1]), found.end()
    return Step(head[3], ordered(slots), ask, guard), text[at:].lstrip()


def _slot_name(name: str) -> str:
    if name not in SLOTS:
        raise PlanError(f"there is no slot '{name}'")
    return name


def _parse_value(found: re.Match[str]) -> Value:
    if found[2] is not None:
        return Quote(re.sub(r"\\(.)", r"\1", found[2]))
    return Ref(int(found[3])) if found[3] else Enum(found[4])
