"""Records in the formats that other small models are trained in: xLAM, Qwen/Hermes and FunctionGemma.

Tools and arguments come from `schema.py` and `toolcalls.py`. A request or value that holds a control mark of a format
could break out of its place, so such a record raises PlanError instead of being converted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from nearhand.models.language import Plan, PlanError
from nearhand.models.schema import Json, tools
from nearhand.models.toolcalls import ToolCall, calls
from nearhand.models.trajectory import Trajectory
from nearhand.models.written import Turn

Tools = Sequence[Mapping[str, Json]]
Message = dict[str, str]

HERMES_SYSTEM = """# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{tools}
</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{{"name": <function-name>, "arguments": <args-json-object>}}
</tool_call>"""
GEMMA_SYSTEM = "You are a model that can do function calling with the following functions"


def xlam(record: Trajectory, offered: Tools | None = None) -> dict[str, str]:
    """A row as the xLAM sets have it; tools and answers are JSON inside strings, a turn before stands in the query."""
    answers: Json = [_call(one) for one in calls(record.plan)]
    query = f"{record.context.request}\n{record.request}" if record.context else record.request
    return {"query": query, "tools": _json(list(_offered(offered))), "answers": _json(answers)}


def hermes(record: Trajectory, offered: Tools | None = None) -> list[Message]:
    """Messages as the Qwen and Hermes chat templates lay them out: tools in the system message, calls as tags."""
    listed = "\n".join(_json({"type": "function", "function": dict(one)}) for one in _offered(offered))
    out = [{"role": "system", "content": HERMES_SYSTEM.format(tools=listed)}]
    for turn in _turns(record):
        _refuse(turn, ("<tool_call>", "</tool_call>", "<|im_start|>", "<|im_end|>"))
        said = "\n".join(f"<tool_call>\n{_json(_call(one))}\n</tool_call>" for one in calls(turn.plan))
        out += [{"role": "user", "content": turn.request}, {"role": "assistant", "content": said}]
    return out


def functiongemma(record: Trajectory, offered: Tools | None = None) -> list[Message]:
    """Messages as FunctionGemma has them: declarations in the developer turn, strings between <escape> marks."""
    listed = "".join(map(_declaration, _offered(offered)))
    out = [{"role": "developer", "content": GEMMA_SYSTEM + listed}]
    for turn in _turns(record):
        _refuse(turn, ("<escape>", "<start_", "<end_"))
        said = "".join(f"<start_function_call>call:{one.name}{_gemma(one.arguments)}<end_function_call>"
                       for one in calls(turn.plan))  # fmt: skip
        out += [{"role": "user", "content": turn.request}, {"role": "model", "content": said}]
    return out


def for_plans(plans: Iterable[Plan]) -> Tools:
    """The tools that some plans use, for prompts that have no room for all."""
    return tools({step.action for plan in plans for step in plan.steps})


def _offered(offered: Tools | None) -> Tools:
    return tools() if offered is None else offered


def _turns(record: Trajectory) -> list[Turn]:
    return [*([record.context] if record.context else []), Turn(record.request, record.plan)]


def _call(call: ToolCall) -> dict[str, Json]:
    return {"name": call.name, "arguments": dict(call.arguments)}


def _json(value: Json | Sequence[Mapping[str, Json]]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _refuse(turn: Turn, marks: Iterable[str]) -> None:
    for mark in marks:
        if mark in turn.request or mark in str(turn.plan):
            raise PlanError(f"the request holds {mark}, which is a mark of the format")


def _declaration(one: Mapping[str, Json]) -> str:
    body = {"description": one["description"], "parameters": _typed(one["parameters"])}
    return f"<start_function_declaration>declaration:{one['name']}{_gemma(body)}<end_function_declaration>"


def _typed(schema: Json) -> Json:
    """A schema with the type names in capitals, as that format writes them."""
    if not isinstance(schema, dict):
        return schema
    return {key: value.upper() if key == "type" and isinstance(value, str) else _typed(value)
            for key, value in schema.items() if key not in ("additionalProperties", "minItems", "pattern")}  # fmt: skip


def _gemma(value: Json | Mapping[str, Json]) -> str:
    """A value in FunctionGemma's notation."""
    if isinstance(value, str):
        return f"<escape>{value}<escape>"
    if isinstance(value, list):
        return f"[{','.join(map(_gemma, value))}]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_gemma(each)}" for key, each in value.items()) + "}"
    return json.dumps(value)
