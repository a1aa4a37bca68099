"""The catalogue as JSON schema, one tool for each action, for models and programs that speak tool calls.

Derived from `connectors/catalogue.py`; nothing is declared here. How a plan becomes calls is in `toolcalls.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from nearhand.connectors.catalogue import ACTIONS, MAX_STEPS, SLOTS, Action, Slot

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

ASK, IF_ANY, IF_NONE = "ask", "if_any", "if_none"
"""Arguments that are no slots: what to ask the person for, and the two conditions."""
_REF = rf"^\$[0-{MAX_STEPS - 1}]$"


def tool_name(action: str) -> str:
    """The name of an action as tool formats allow it (letters, digits and underscores)."""
    return action.replace(".", "_")


ACTION_OF = {tool_name(name): name for name in ACTIONS}
"""Tool name to action."""


def tool(action: Action) -> dict[str, Json]:
    """One action as a tool: name, description and the JSON schema of its arguments."""
    return {
        "name": tool_name(action.name),
        "description": " ".join([action.doc, *needs(action)]),
        "parameters": {"type": "object", "properties": _properties(action), "additionalProperties": False},
    }


@cache
def _all() -> tuple[dict[str, Json], ...]:
    return tuple(map(tool, ACTIONS.values()))


def tools(names: Iterable[str] = ACTIONS) -> list[dict[str, Json]]:
    """The tools of some actions, in the order of the catalogue; by default all."""
    wanted = {tool_name(name) for name in names}
    return [one for one in _all() if one["name"] in wanted]


def needs(action: Action) -> list[str]:
    """What an action cannot do without, as sentences."""
    return [f"Needs {_either(group)}." for group in action.needs]


def _either(group: tuple[str, ...]) -> str:
    return group[0] if len(group) == 1 else f"one of {', '.join(group)}"


def _properties(action: Action) -> dict[str, Json]:
    out: dict[str, Json] = {name: argument(SLOTS[name]) for name in SLOTS if name in action.slots}
    if needed := [slot for group in action.needs for slot in group]:
        asks: list[Json] = [*dict.fromkeys(needed)]
        out[ASK] = {"type": "string", "enum": asks, "description": "the needed argument the request leaves open"}
    out[IF_ANY] = {"type": "string", "pattern": _REF, "description": "only if that step found something"}
    out[IF_NONE] = {"type": "string", "pattern": _REF, "description": "only if that step found nothing"}
    return out


def argument(slot: Slot) -> dict[str, Json]:
    """The schema of one slot's value; a list where the slot may come more than once."""
    one: dict[str, Json] = {"type": "string"}
    if slot.values:
        one["enum"] = [*slot.values]
    if not slot.many:
        return {**one, "description": _description(slot)}
    return {"type": "array", "items": one, "minItems": 1, "description": _description(slot)}


def _description(slot: Slot) -> str:
    if slot.values:
        return slot.doc
    refs = "; or $1, $2, ... for what an earlier step found, $0 for the turn before" if slot.ref else ""
    return f"{slot.doc} (words of the request, unchanged{refs})"
