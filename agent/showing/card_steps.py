"""The steps of a card in full: for each argument what was said and what code made of it, people with whole addresses,
times with weekday and zone. Pure, but for asking connectors to preview. Deliberately not here: verdicts (`judging.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from nearhand.agent.approve import Argument, CardStep
from nearhand.agent.calls.act import Act
from nearhand.agent.effects.steps import Made
from nearhand.agent.showing import show
from nearhand.agent.weaving import without
from nearhand.connectors.base import Person, Risk, Shift, Span
from nearhand.connectors.catalogue import ACTIONS, SLOTS
from nearhand.models.language import Enum, Plan, PlanError, Quote, Ref, Step, Value, missing, ordered

Shown = tuple[Risk, Sequence[str], str]
"""Risk, lines and diff of one act."""


def steps_of(
    plan: Plan, acts: Sequence[Act], owners: Sequence[int], shown: Sequence[Shown], roots: Sequence[str] = ()
) -> tuple[CardStep, ...]:
    """One for each step of the plan that changes something; paths are told from their root on."""
    made = []
    for number in sorted(set(owners)):
        mine = [(act, seen) for act, owner, seen in zip(acts, owners, shown, strict=True) if owner == number]
        made.append(_step(number, plan.steps[number], mine, [f"{root.rpartition('/')[0]}/" for root in roots]))
    return tuple(made)


def _step(number: int, step: Step, mine: Sequence[tuple[Act, Shown]], above: Sequence[str]) -> CardStep:
    items = tuple({item.ref: item for act, _ in mine for item in act.call.items}.values())
    lines = tuple(line for _, (_, told, _) in mine for line in told)
    return CardStep(
        number=number,
        action=step.action,
        risk=max(risk for _, (risk, _, _) in mine),
        lines=lines,
        arguments=_arguments(step, mine[-1][0], above),
        items=items,
        count=max(len(items), len(lines)),
        diff="\n".join(diff for _, (_, _, diff) in mine if diff),
    )


def _arguments(step: Step, act: Act, above: Sequence[str]) -> tuple[Argument, ...]:
    """Every slot that was said, and those that code filled."""
    found = []
    for slot in ACTIONS[step.action].slots:
        said = " + ".join(_said(value) for value in step.values(slot))
        means = meaning(act.call.args.get(slot))
        if slot == "say" and said:
            means = meaning(act.call.args.get("text"))
        means = means.removeprefix(next((path for path in above if means.startswith(path)), ""))
        if said or (means and slot in act.call.args and not (slot == "text" and step.has("say"))):
            found.append(Argument(slot, said, means if means != said else ""))
    return tuple(found)


def _said(value: Value) -> str:
    match value:
        case Quote(text):
            return text
        case Enum(word):
            return word
        case Ref(step):
            return f"what step {step} found" if step else "what was found before"


def meaning(value: object) -> str:
    """A resolved argument in words."""
    told = next((tell(value) for sort, tell in _TOLD.items() if isinstance(value, sort)), "")
    return told.strip()


def _span(span: Span) -> str:
    whole = span.grain not in ("minute", "part")
    if span.start is None:
        return f"before {show.moment(span.end, None, whole)}{_zone(span.end)}"
    text = show.span(span.start, span.end, None, whole)
    return text if whole else f"{text}{_zone(span.start)}"


def _zone(moment: datetime | None) -> str:
    zone: tzinfo | None = moment.tzinfo if moment else None
    name = getattr(zone, "key", None) or (moment.tzname() if moment else None)
    return f" ({name})" if name else ""


def _moment(moment: datetime) -> str:
    return f"{show.moment(moment)}{_zone(moment)}"


def _length(length: timedelta) -> str:
    minutes, sign = divmod(int(abs(length).total_seconds()), 60)[0], "-" if length < timedelta() else ""
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = [f"{n} {word}" for n, word in ((days, "d"), (hours, "h"), (rest, "min")) if n]
    return sign + (" ".join(parts) or "0 min")


def _shift(shift: Shift) -> str:
    parts = [f"{shift.months} months"] if shift.months else []
    parts += [f"{shift.days} days"] if shift.days else []
    return " ".join([*parts, _length(shift.time)] if shift.time or not parts else parts)


def _several(values: tuple[object, ...]) -> str:
    return ", ".join(filter(None, map(meaning, values)))


_TOLD: dict[type, Callable[..., str]] = {
    Span: _span, datetime: _moment, timedelta: _length, Shift: _shift, tuple: _several, Person: str,
    str: str, Made: lambda made: f"what change {made.step + 1} makes",
}  # fmt: skip


# --- changing what was understood -----------------------------------------------------------------------------------


def edited(plan: Plan, number: int, slot: str, text: str) -> Plan:
    """The plan with one argument as the person wrote it on the card ("" takes it out); raises PlanError."""
    step = plan.steps[number]
    if slot not in ACTIONS[step.action].slots:
        raise PlanError(f"{step.action} takes no {slot}.")
    left_out = {slot, "say"} if slot == "text" else {slot, "text"} if slot == "say" else {slot}
    kept = [(name, value) for name, value in step.slots if name not in left_out]
    new = [(slot, value) for value in _values(slot, text.strip())]
    changed = replace(step, slots=ordered([*kept, *new]), ask=None)
    changed = replace(changed, ask=missing(changed))
    whole = Plan((*plan.steps[:number], changed, *plan.steps[number + 1 :]))
    written = (value.step for value in step.values(slot) if isinstance(value, Ref) and value.step)
    return without(whole, unused) if (unused := next(written, 0)) else whole


def _values(slot: str, text: str) -> list[Value]:
    allowed = SLOTS[slot].values
    if not text:
        return []
    if not allowed:
        several = SLOTS[slot].many and slot in ("to", "cc", "bcc", "invite", "who")
        return [Quote(part.strip()) for part in (text.split(";") if several else [text]) if part.strip()]
    words = [word for word in text.casefold().replace(",", " ").replace("+", " ").split()]
    if wrong := next((word for word in words if word not in allowed), None):
        raise PlanError(f"“{wrong}” is not possible here. Choose from: {', '.join(allowed)}.")
    return [Enum(word) for word in (words if SLOTS[slot].many else words[:1])]
