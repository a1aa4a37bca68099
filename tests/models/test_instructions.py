"""What a larger model is told before it plans: the whole catalogue, legal examples, and room for the rest."""

from __future__ import annotations

from nearhand.connectors.catalogue import ACTIONS, SLOTS
from nearhand.models.families import FAMILIES, PLAIN
from nearhand.models.instructions import EXAMPLES, request, rules
from nearhand.models.language import check, parse
from nearhand.models.schema import tool_name
from nearhand.models.tasks import Asked


def test_the_instruction_names_every_tool_every_argument_and_every_word() -> None:
    said = rules(PLAIN)
    for action in ACTIONS:
        assert f"\n{tool_name(action)}(" in said
    for slot in SLOTS.values():
        assert f"\n{slot.name}" in said and ", ".join(slot.values) in said


def test_its_examples_are_legal_plans_of_their_requests() -> None:
    for asked, plan in EXAMPLES:
        check(parse(plan), asked)
        assert asked in rules(PLAIN)


def test_it_is_short_enough_for_a_context_of_8192() -> None:
    assert max(len(rules(each)) for each in FAMILIES) < 11_000  # about 3,000 tokens


def test_a_request_that_leans_on_the_turn_before_stands_after_it() -> None:
    asked = Asked("make it two", ("call Ivo", 'tasks.add name="call Ivo"'))
    assert request(asked, PLAIN) == f"BEFORE\ncall Ivo\n{PLAIN.said(parse(asked.before[1]))}\nNOW\nmake it two"  # type: ignore[index]
    assert request(Asked("make it two"), PLAIN) == "make it two"
