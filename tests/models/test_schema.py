"""The catalogue as JSON schema."""

from __future__ import annotations

import json
import re

from nearhand.connectors.catalogue import ACTIONS, SLOTS
from nearhand.models.schema import ACTION_OF, argument, tool, tools


def test_every_action_is_one_tool_with_a_name_that_every_format_allows() -> None:
    assert list(ACTION_OF.values()) == list(ACTIONS)
    assert [one["name"] for one in tools()] == list(ACTION_OF)
    assert all(re.fullmatch(r"[a-z_]{1,64}", name) for name in ACTION_OF)


def test_a_tool_takes_exactly_the_slots_of_its_action_and_the_conditions() -> None:
    for action in ACTIONS.values():
        parameters = tool(action)["parameters"]
        assert isinstance(parameters, dict)
        properties = parameters["properties"]
        assert isinstance(properties, dict)
        extra = {"if_any", "if_none", *(["ask"] if action.needs else [])}
        assert set(properties) == {*action.slots, *extra}
        assert parameters["additionalProperties"] is False


def test_closed_slots_are_enums_and_repeatable_ones_lists() -> None:
    assert argument(SLOTS["which"])["enum"] == list(SLOTS["which"].values)
    kind = argument(SLOTS["kind"])
    assert kind["type"] == "array" and kind["items"] == {"type": "string", "enum": list(SLOTS["kind"].values)}
    assert argument(SLOTS["name"])["type"] == "string"


def test_what_an_action_needs_is_said_in_its_description() -> None:
    assert str(tool(ACTIONS["contacts.change"])["description"]).endswith(
        "Needs who. Needs one of email, phone, name, where, when."
    )


def test_the_schema_is_json() -> None:
    assert json.loads(json.dumps(tools())) == tools()
