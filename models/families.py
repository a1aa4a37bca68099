"""How families of larger models write a call of a tool: the marks around it, and the key of its arguments.

The family is told by a mark in the file's chat template, which is looked through as text and never executed; a model of
none of them writes a plain JSON list, as the xLAM sets have it. Reading is strict: anything else is no plan.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from nearhand.models.language import Plan, PlanError
from nearhand.models.schema import Json
from nearhand.models.toolcalls import ToolCall, calls, plan_of


@dataclass(frozen=True, slots=True)
class Family:
    """One way of writing calls."""

    name: str
    mark: str
    """What stands in the chat templates of this family and of no other."""
    opens: str
    between: str
    """What stands between two calls."""
    closes: str
    key: str = "arguments"

    def said(self, plan: Plan) -> str:
        """A plan as a model of this family writes it."""
        told = ({"name": call.name, self.key: dict(call.arguments)} for call in calls(plan))
        return self.opens + self.between.join(json.dumps(one, ensure_ascii=False) for one in told) + self.closes

    def read(self, text: str) -> Plan:
        """The plan that a model wrote; it still has to pass `language.check`. Raises PlanError."""
        if not (text.startswith(self.opens) and text.endswith(self.closes)):
            raise PlanError(f"no calls as {self.name} models write them: {text[:40]}")
        found, at, end = [], len(self.opens), len(text) - len(self.closes)
        while True:
            value, at = _decoded(text, at)
            found.append(self._call(value))
            if at == end:
                return plan_of(found)
            if not text.startswith(self.between, at):
                raise PlanError(f"another call should stand here: {text[at : at + 40]}")
            at += len(self.between)

    def _call(self, value: Json) -> ToolCall:
        name, given = (value.get("name"), value.get(self.key)) if isinstance(value, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(given, dict):
            raise PlanError(f"a call has a name and {self.key}: {str(value)[:40]}")
        return ToolCall(name, given)


_FAMILIES = (
    Family("hermes", "<tool_call>", "<tool_call>\n", "\n</tool_call>\n<tool_call>\n", "\n</tool_call>"),
    Family("mistral", "[TOOL_CALLS]", "[TOOL_CALLS][", ", ", "]"),
    Family("phi", "<|tool_call|>", "<|tool_call|>[", ", ", "]<|/tool_call|>"),
    Family("llama", "<|python_tag|>", "", "; ", "", "parameters"),
)
PLAIN = Family("xlam", "", "[", ", ", "]")
FAMILIES = (*_FAMILIES, PLAIN)


def family(template: str) -> Family:
    """The family whose marks stand in a chat template."""
    return next((each for each in _FAMILIES if each.mark in template), PLAIN)


def _decoded(text: str, at: int) -> tuple[Json, int]:
    try:
        return json.JSONDecoder().raw_decode(text, at)
    except (ValueError, RecursionError):
        raise PlanError(f"a call should stand here: {text[at : at + 40]}") from None
