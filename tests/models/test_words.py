"""Cutting a request into pieces, and finding quotes in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.models.words import MAX_PIECES, may_cut, normalize, pieces, spans

_SHORT = st.text(max_size=80)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Olga's scans", ["Olga", "'s", "scans"]),
        ("Olga’s scans", ["Olga", "’s", "scans"]),
        ("don't at o'clock", ["don't", "at", "o'clock"]),
        ("O'Shea's", ["O'Shea", "'s"]),
        ("16:30", ["1", "6", ":", "3", "0"]),
        ("a_b.pdf", ["a", "_", "b", ".", "pdf"]),
        ("olga@x.org", ["olga", "@", "x", ".", "org"]),
        ("Zoë, bitte", ["Zoë", ",", "bitte"]),
        ("", []),
        (" \t\n ", []),
    ],
)
def test_a_request_is_cut_into_words_endings_digits_and_marks(text: str, cut: list[str]) -> None:
    assert [piece.strip() for piece in pieces(text)] == cut


@given(_SHORT)
@settings(deadline=None)
def test_the_pieces_together_are_the_normalized_request(text: str) -> None:
    assert "".join(pieces(text)).removeprefix(" ") == normalize(text)


@given(_SHORT)
@settings(deadline=None)
def test_normalizing_twice_changes_nothing_and_leaves_no_control_characters(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once
    assert once.isprintable()


@given(_SHORT, st.data())
@settings(deadline=None)
def test_every_run_of_pieces_between_legal_cuts_is_found_where_it_stands(text: str, data: st.DataObject) -> None:
    parts = pieces(text)
    cuts = [0, *(i for i in range(1, len(parts)) if may_cut(parts[i - 1], parts[i])), len(parts)]
    first, end = sorted((data.draw(st.sampled_from(cuts)), data.draw(st.sampled_from(cuts))))
    if first < end:
        assert (first, end) in spans(text, "".join(parts[first:end]))


@pytest.mark.parametrize("quote", ["6:30", "1", "10 scans", "can", "", "Scans", "the  moon"])
def test_a_quote_may_not_cut_a_number_or_a_word_or_differ_by_a_letter(quote: str) -> None:
    assert spans("at 16:30 and 310 scans", quote) == []


def test_a_quote_is_found_at_every_place_it_stands() -> None:
    assert spans("tea, tea and tea", "tea") == [(0, 1), (2, 3), (4, 5)]
    assert spans('he said "hi"', '"hi"') == [(2, 5)]


def test_a_very_long_request_is_cut_off() -> None:
    assert len(pieces("word " * 1000)) == MAX_PIECES
