"""A plan as tool calls, and tool calls as a plan: the bridge to models that were trained on other formats.

A reference is the string "$1"; a quote that happens to read like one is escaped with a backslash. Reading is strict:
what the plan language does not allow raises PlanError, so that a brought model is held to the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nearhand.connectors.catalogue import SLOTS
from nearhand.models.language import Enum, Guard, Plan, PlanError, Quote, Ref, Step, Value, ordered
from nearhand.models.schema import ACTION_OF, ASK, IF_ANY, IF_NONE, Json, tool_name

_REF = re.compile(r"\$(\d)")
LIKE_REF = re.compile(r"\\*\$\d")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool: its name, and its arguments as JSON values."""

    name: str
    arguments: Mapping[str, Json] = field(default_factory=dict)


def calls(plan: Plan) -> list[ToolCall]:
    """The plan as one call for each step."""
    return [ToolCall(tool_name(step.action), _arguments(step)) for step in plan.steps]


def _arguments(step: Step) -> dict[str, Json]:
    out: dict[str, Json] = {}
    if step.guard:
        out[IF_ANY if step.guard.wants_any else IF_NONE] = f"${step.guard.step}"
    for name in dict.fromkeys(name for name, _ in step.slots):
        values: list[Json] = [_written(value) for value in step.values(name)]
        out[name] = values if SLOTS[name].many else values[0]
    if step.ask:
        out[ASK] = step.ask
    return out


def _written(value: Value) -> str:
    if isinstance(value, Quote):
        return f"\\{value.text}" if LIKE_REF.fullmatch(value.text) else value.text
    return str(value)


def plan_of(given: Iterable[ToolCall]) -> Plan:
    """The plan that calls stand for. It still has to pass `language.check` against its request."""
    return Plan(tuple(map(_step, given)))


def _step(call: ToolCall) -> Step:
    if call.name not in ACTION_OF:
        raise PlanError(f"there is no tool '{call.name}'")
    slots: list[tuple[str, Value]] = []
    ask, guard = None, None
    for name, value in call.arguments.items():
        if name == ASK:
            ask = _text(name, value)
        elif name in (IF_ANY, IF_NONE):
            guard = Guard(name == IF_ANY, _ref(name, value).step)
        else:
            slots += [(name, _value(name, one)) for one in _listed(name, value)]
    return Step(ACTION_OF[call.name], ordered(slots), ask, guard)


def _listed(name: str, value: Json) -> Sequence[Json]:
    if name not in SLOTS:
        raise PlanError(f"there is no slot '{name}'")
    return value if isinstance(value, list) else [value]


def _value(name: str, value: Json) -> Value:
    text = _text(name, value)
    if SLOTS[name].values:
        return Enum(text)
    if found := _REF.fullmatch(text):
        return Ref(int(found[1]))
    return Quote(text[1:] if text.startswith("\\") and LIKE_REF.fullmatch(text) else text)


def _ref(name: str, value: Json) -> Ref:
    if found := _REF.fullmatch(_text(name, value)):
        return Ref(int(found[1]))
    raise PlanError(f"'{name}' takes a reference like $1")


def _text(name: str, value: Json) -> str:
    if isinstance(value, str):
        return value
    raise PlanError(f"'{name}' takes words, not {value!r}")
