"""Questions tell things apart that would otherwise read the same."""

from __future__ import annotations

from nearhand.agent.asking import which_of
from nearhand.connectors.base import Item


def task(title: str, place: str) -> Item:
    return Item("tasks", f"{place}/{title}", "1", "task", title, place=place)


def test_choices_that_would_read_the_same_say_where_they_are() -> None:
    question = which_of([task("Milk", "shopping"), task("Milk", "party"), task("Bread", "shopping")])
    assert question.choices == ("Milk in shopping", "Milk in party", "Bread")


def test_choices_in_one_place_are_numbered() -> None:
    question = which_of([task("Milk", "shopping"), task("Milk", "shopping")])
    assert question.choices == ("Milk in shopping, number 1", "Milk in shopping, number 2")
