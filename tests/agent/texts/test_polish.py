"""Polishing corrects what is certainly wrong, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.texts.polish import diff, polish
from nearhand.agent.texts.polish_words import SPELLINGS


@pytest.mark.parametrize(
    ("rough", "fair"),
    [
        ("i am writting becuase the heater dont works", "I am writing because the heater don't works."),
        ("thanks for lunch it was lovely see you in june", "Thanks for lunch it was lovely see you in June."),
        ("I recieved your letter yesturday", "I received your letter yesterday."),
        ("Teh bus was late.  adn cold .", "The bus was late. And cold."),
        ("we we will come at the the end.", "We will come at the end."),
        ("I think that that is fine, very very fine.", "I think that that is fine, very very fine."),
        ("can you come on friday", "Can you come on Friday?"),
        ("how much does it cost", "How much does it cost?"),
        ("i'm here and i'll stay, i said. so i do", "I'm here and I'll stay, I said. So I do."),
        ("Hello ,how are you ?fine", "Hello, how are you? Fine."),
        ("you should of told me", "You should have told me."),
        ("see you alot ( soon )", "See you a lot (soon)."),
        ("It is late..", "It is late."),
        ("Wait... what", "Wait... what"),
        ("first line is done\n\nsecond line is done", "First line is done.\n\nSecond line is done."),
    ],
)
def test_a_rough_text_is_made_fair(rough: str, fair: str) -> None:
    assert polish(rough) == fair


@pytest.mark.parametrize(
    ("rough", "fair"),
    [
        ("hi olga\n\nthe plan is done", "Hi Olga,\n\nThe plan is done."),
        ("hi olga, the plan is done", "Hi Olga, the plan is done."),
        ("hello\n\nthe plan is done", "Hello,\n\nThe plan is done."),
        ("dear mrs weber\nthe plan is done", "Dear Mrs Weber,\nthe plan is done."),
        ("hi all!\n\nthe plan is done", "Hi all!\n\nThe plan is done."),
        ("hi i am late today", "Hi i am late today.".replace(" i ", " I ")),
        ("Hi Olga,\n\nit works now\n\nbest regards\nRobin", "Hi Olga,\n\nIt works now.\n\nBest regards\nRobin"),
    ],
)
def test_greeting_and_closing_are_set(rough: str, fair: str) -> None:
    assert polish(rough) == fair


@pytest.mark.parametrize(
    "kept",
    [
        'He wrote "teh cat  dont care" to me.',
        "She said “i recieve it” twice.",
        "Look at https://example.org/teh/adress?q=dont now.",
        "Write to adress.teh@example.org today.",
        "It is in ~/docs/teh/dont.txt already.",
        "The file is called teh.txt here.",
        "It costs 1,234.56 EUR at 12:30 on 3/4/2027, that is 12.5% more.",
        "Ask McTeh and iPhone users.",
        "Mr. Weber and Dr. Amato come at 5 p.m. to us.",
        "Use e.g. the blue one.",
        "- eggs\n- milk",
        "> teh quoted mail dont change",
        "My son Teh-Wei is here :) and well.",
        "New York New York is a song.",
        "",
        "   ",
    ],
)
def test_quotes_addresses_links_numbers_and_names_stay(kept: str) -> None:
    assert polish(kept) == kept.rstrip(" ") or kept.strip() == ""


@given(st.text(max_size=200))
def test_polishing_never_fails(text: str) -> None:
    assert isinstance(polish(text), str)


_PIECES = st.sampled_from(
    [
        "hi",
        "olga",
        "i",
        "dont",
        "teh",
        "the",
        "the",
        ".",
        ",",
        " ",
        "\n\n",
        "\n",
        '"a b"',
        "3.5",
        "a@b.example",
        "?",
        "friday",
        "can you",
    ]
)


@given(st.lists(_PIECES, max_size=14).map(" ".join))
def test_polishing_twice_changes_nothing_more(text: str) -> None:
    once = polish(text)
    assert polish(once) == once


@given(st.lists(st.sampled_from(["12.50", '"teh  x"', "x@teh.example", "https://a.example/dont", "McTeh"]), max_size=6))
def test_what_must_stay_is_still_there(kept: list[str]) -> None:
    polished = polish(" and then ".join(kept))
    assert all(part in polished for part in kept)


def test_no_right_word_is_listed_as_wrong() -> None:
    assert not set(SPELLINGS) & {right.lower() for right in SPELLINGS.values()}


def test_the_diff_has_one_sentence_a_line() -> None:
    old = "It is fine. teh bus was late. Bye for now."
    assert diff(old, polish(old)).splitlines()[3:] == [
        " It is fine.", "-teh bus was late.", "+The bus was late.", " Bye for now.",
    ]  # fmt: skip
    assert diff(old, old) == ""
