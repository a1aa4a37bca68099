"""Words are compared without case, accents, punctuation and plural."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.texts.folding import forms, key, sought, spellings, telling


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Floor_plan-v2.pdf", "floor plan v2 pdf"),
        ("Jörg Müller", "jorg muller"),
        ("Größe", "grosse"),
        ("Olga's", "olga"),
        ("the Webers\u2019", "the webers"),
        ("Łukasz", "lukasz"),
        ("", ""),
        ("…!?", ""),
    ],
)
def test_a_key_is_the_words_without_case_and_accents(text: str, expected: str) -> None:
    assert key(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("contract", "contracts"), ("invoice", "invoices"), ("party", "parties"), ("box", "boxes"), ("movie", "movies"),
     ("photo", "photos"), ("address", "addresses"), ("church", "churches"), ("key", "keys")],
)  # fmt: skip
def test_singular_and_plural_share_their_forms(one: str, other: str) -> None:
    assert one in forms(other) and other in forms(one)


@pytest.mark.parametrize("word", ["v2", "1", "140", "cv", "q1"])
def test_short_words_and_numbers_stay_as_they_are(word: str) -> None:
    assert forms(word) == {word}


def test_umlauts_can_be_said_with_two_letters() -> None:
    assert {"muller", "mueller"} <= sought("Müller")[0]
    assert "muller" in sought("mueller")[0]
    assert spellings("Jörg Müller") == {"jorg muller", "joerg mueller"}


def test_small_words_are_dropped_unless_nothing_else_is_there() -> None:
    assert telling("the notes about my boiler") == ("notes", "boiler")
    assert telling("the") == ("the",)


@given(st.text())
def test_any_text_has_words_and_keys_are_stable(text: str) -> None:
    assert key(key(text)) == key(text)
    assert all(sought(text)) and len(telling(text)) == len(sought(text))
