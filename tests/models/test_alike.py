"""Words that say the same: only words outside the marks change, and never what is quoted."""

from __future__ import annotations

import random
from collections.abc import Sequence

from nearhand.connectors.catalogue import ACTIONS
from nearhand.models import alike
from nearhand.models.marked import Part, split
from nearhand.models.written import Row


def _said(marked: str, action: str, times: int = 400) -> set[str]:
    draw = random.Random(4)
    return {"".join(part.text for part in alike.vary(split(marked), [action], draw)) for _ in range(times)}


def test_every_scope_of_the_file_is_an_action_or_an_area() -> None:
    areas = {name.partition(".")[0] for name in ACTIONS}
    assert set(alike.sets()) <= {*ACTIONS, *areas, "*"}


def test_a_verb_that_begins_a_clause_is_exchanged_for_others_of_its_action() -> None:
    said = _said("please delete {what:the old draft}", "files.trash")
    assert {"please bin the old draft", "please throw the old draft away", "pls delete the old draft"} <= said


def test_a_verb_in_the_middle_of_a_clause_stays() -> None:
    assert _said("what did they delete in {in:Taxes}", "files.trash") == {"what did they delete in Taxes"}


def test_a_capital_at_the_beginning_is_kept() -> None:
    assert all(text[0].isupper() for text in _said("Delete {what:notes.txt}", "files.trash"))


def test_what_is_quoted_is_never_touched(corpus: Sequence[Row]) -> None:
    draw = random.Random(1)
    for row in list(corpus)[::7]:
        parts = split(row.marked)
        varied = alike.vary(parts, [step.action for step in row.turn.plan.steps], draw)
        assert [p for p in varied if p.roles] == [p for p in parts if p.roles]


def test_a_phrase_with_a_gap_needs_something_to_go_around() -> None:
    assert all("to done" not in text for text in _said("please tick off", "tasks.complete"))
    assert alike.vary([Part("")], ["files.trash"], random.Random(0)) == [Part("")]
