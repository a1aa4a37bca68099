"""An approval binds to everything that matters, and to nothing that does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nearhand.agent.effects.steps import Later, Made, Ready
from nearhand.agent.policy.digest import digest
from nearhand.connectors.base import Call, Effect, Item

EFFECT = Effect("files", "move", "/a", "v1", {"to": "/b", "like": "x"})
ITEM = Item("files", "/a", "v1", "file", "a")


def test_it_is_the_same_on_every_machine_and_in_every_version() -> None:
    found = digest("files.move", (Ready((EFFECT,)),))
    assert found == "ac4db2a29dea86ce865a7936d227695ce22e57c61093fedd41ce8dfaf831f5e0"


def test_the_order_of_arguments_does_not_matter() -> None:
    other = replace(EFFECT, args={"like": "x", "to": "/b"})
    assert digest("p", (Ready((EFFECT,)),)) == digest("p", (Ready((other,)),))


@pytest.mark.parametrize("change", [{"seen": "v2"}, {"ref": "/c"}, {"verb": "copy"}, {"args": {"to": "/c"}}])
def test_any_change_of_an_effect_changes_it(change: dict[str, str]) -> None:
    assert digest("p", (Ready((EFFECT,)),)) != digest("p", (Ready((replace(EFFECT, **change),)),))


def test_plan_order_and_repetition_change_it() -> None:
    other = replace(EFFECT, ref="/c")
    different = {
        digest("p", (Ready((EFFECT, other)),)), digest("p", (Ready((other, EFFECT)),)),
        digest("p", (Ready((EFFECT, other, other)),)), digest("q", (Ready((EFFECT, other)),)),
        digest("p", (Ready((EFFECT,)), Ready((other,)))), digest("p", ()),
    }  # fmt: skip
    assert len(different) == 6


def test_the_version_of_an_item_of_a_later_call_changes_it() -> None:
    later = Later("files", Call("files.move", (ITEM,), {"to": Made(0)}), "move")
    other = replace(later, call=replace(later.call, items=(replace(ITEM, version="v2"),)))
    assert digest("p", (later,)) != digest("p", (other,))


def test_versions_of_what_is_only_read_change_it() -> None:
    assert digest("p", (), {"a": "1"}) != digest("p", (), {"a": "2"})
