"""When new words lean on the turn before, and when they stand on their own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nearhand.agent import turns
from nearhand.agent.effects.records import Entry, Ref, Turn
from nearhand.models.language import parse
from nearhand.models.worker import Answer

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)


def before(said: str, plan: str) -> turns.Before:
    turn = Turn(said, plan, NOW)
    return turns.Before(Entry(1, turn, NOW), parse(plan))


def answer(plan: str, confidence: float = 0.8) -> Answer:
    return Answer(parse(plan), confidence, 0.0)


@pytest.mark.parametrize(
    ("said", "alone", "leaning", "wanted"),
    [
        ("move them to Receipts", 'files.move to="Receipts" ask(what)', 'files.move what=$0 to="Receipts"', True),
        ("make it half past", 'calendar.move to="half past" ask(what)', 'calendar.move what=$0 to="half past"', True),
        ("move the invoices", 'files.move what="invoices" ask(to)', 'files.move what=$0 to="invoices"', False),
        ("move the lease", 'files.move what="lease" ask(to)', 'files.move what="lease" to="stick"', False),
        ("copy both contracts to the stick", 'files.copy count="both" what="contracts" to="stick"',
         'files.copy what="floor plan" to="stick"', False),
        ("tell Zebulon hi", 'mail.send to="Zebulon" text="hi"', 'mail.reply what=$0 text="hi"', False),
        ("and bread too", 'tasks.add name="bread"', 'tasks.add name="bread" in="shopping list"', True),
    ],
)  # fmt: skip
def test_what_is_named_now_outweighs_what_was_said_before(said: str, alone: str, leaning: str, wanted: bool) -> None:
    earlier = before("copy the contracts to the stick", 'files.copy what="contracts" to="stick"')
    assert turns.leans(said, earlier, answer(alone), answer(leaning, 0.9)) is wanted


@pytest.mark.parametrize(
    ("said", "alone", "leaning", "wanted"),
    [
        ("remind me half an hour before", 'calendar.change remind="half an hour before" ask(what)',
         'calendar.change what=$0 remind="half an hour before"', True),
        ("add Olga to the guests", 'calendar.change invite="Olga" ask(what)',
         'calendar.change what="contracts" invite="Olga"', False),
        ("send Jon the minutes", 'mail.send to="Jon" ask(text)', 'mail.send to="Jon" attach=$0', False),
    ],
)  # fmt: skip
def test_the_thing_that_is_missing_is_the_one_of_the_turn_before(
    said: str, alone: str, leaning: str, wanted: bool
) -> None:
    earlier = before("copy the contracts to the stick", 'files.copy what="contracts" to="stick"')
    assert turns.leans(said, earlier, answer(alone), answer(leaning, 0.9)) is wanted


@pytest.mark.parametrize(
    ("said", "alone", "wanted"),
    [
        ("cancel it", "calendar.cancel ask(what)", "calendar.cancel what=$0"),
        ("cancel the dentist", "calendar.cancel ask(what)", None),
        ("delete it", "files.trash ask(what)", None),
    ],
)
def test_it_is_what_the_turn_before_made_if_that_is_of_the_same_kind(said: str, alone: str, wanted: str | None) -> None:
    made = Turn("lunch on Friday", 'calendar.add when="Friday" name="lunch"', NOW)
    earlier = turns.Before(Entry(1, made, NOW, found=(Ref("calendar", "lunch.ics", "Lunch"),)), parse(made.plan))
    found = turns.pointed(said, earlier, answer(alone))
    assert (str(found.plan) if found else None) == wanted


def test_an_answer_to_a_question_goes_on_with_it() -> None:
    earlier = before("move the lease", 'files.move what="lease" ask(to)')
    alone, leaning = 'files.move to="Receipts" ask(what)', 'files.move what="lease" to="Receipts"'
    assert turns.leans("to Receipts", earlier, answer(alone), answer(leaning))
